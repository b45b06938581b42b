"""The one table of documented outcomes: `docs/reference/faults.md`, which people read too."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from .kinds import FAULTS, USUAL, Call
from .matrix import Cell, Outcome, Place

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "faults.md"
COLUMNS = ((Place.FIRST, False), (Place.MIDDLE, False), (Place.FIRST, True), (Place.MIDDLE, True))


def documented() -> Mapping[Cell, str]:
    """Return the documented outcome of every cell."""
    faults = {fault.name: fault for fault in FAULTS}
    calls = {call.value: call for call in Call}
    found: dict[Cell, str] = {}
    call = Call.TOKEN
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## ") and line[3:] in calls:
            call = calls[line[3:]]
        parts = [part.strip() for part in line.strip("|").split("|")]
        if line.startswith("| ") and parts[0] in faults:
            for (place, lasts), text in zip(COLUMNS, parts[1:], strict=True):
                found[Cell(call, faults[parts[0]], place, lasts)] = text
    return found


def as_documented(cell: Cell) -> Cell:
    """Return the cell of the table that a cell over sockets stands in: a drip is a drip."""
    name = "slow drip" if cell.fault.name == "slow headers" else cell.fault.name
    return replace(cell, fault=next(fault for fault in FAULTS if fault.name == name))


def written(outcomes: Mapping[Cell, Outcome]) -> str:
    """Return the page with these outcomes."""
    return "\n".join(_lines(outcomes)) + "\n"


def _lines(outcomes: Mapping[Cell, Outcome]) -> Iterator[str]:
    yield from _INTRODUCTION.strip().splitlines()
    for call in USUAL:
        yield from ("", f"## {call.value}", "", _HEAD, "|---|---|---|---|---|")
        for fault in FAULTS:
            if fault.befalls(call):
                row = [outcomes[Cell(call, fault, place, lasts)].text for place, lasts in COLUMNS]
                yield f"| {fault.name} | {' | '.join(row)} |"


_HEAD = "| Fault | first, once | middle, once | first, from then on | middle, from then on |"

_INTRODUCTION = """
# What each fault leads to

One night of `oneway sync`: 32 people, 8 joiners, then 8 movers, then 8 leavers; a target that
gives tokens, and takes two users of one email without a word. One kind of call meets one fault:
once, at the first or a middle call of the kind, or at every call from that one on. *after* means
that the system has done what it was asked for all the same. Each request is tried three times,
where that does no harm. A record of the source is read for the plan, and again before it is written
for: both are a *detail*, and the middle one is among the last that the plan needs.

`done` ends with exit code 0, `refused` with 1 and nothing written, all else with 5; but `unread`,
a record that could not be read and is in the report as an error, leaves it at 0. Whatever is not
named was done. The codes are in [codes.md](codes.md), the words in
[operating.md](../operating.md#how-writes-end).

Whatever the cell: nobody is created twice, nothing is written after a read that is refused, no
other record is harmed, no other host is asked. Once the fault is gone, `oneway resume` or the next
`sync` settles what was left, the target ends as on a night without faults, and the plan after
that is empty.

An empty answer to an update is a success, as 204 would be: where a system says so and has done
nothing, the next plan holds the update again.

Every cell is run by `python -m tests.faults`, which compares it with this page.
"""
