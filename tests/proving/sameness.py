"""`same` against what is known: rewrites that keep the meaning, and edits that do not.

A rewrite is made by a law of logic or of the language, so that its meaning is known to stay. An
edit is one that a case of the mapping's own test notices, so that there is a person who tells.

    python -m tests.proving.sameness            # 52 of each, 13 of each mapping
    python -m tests.proving.sameness --only scim
"""

import argparse
import copy
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oneway.core.diagnostics import Refused, Span
from oneway.documents.yaml_source import parse
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import parse as parsed
from oneway.mapping.expressions.steps import text_of
from oneway.runs.mapping_tests.check import holds_for
from oneway.runs.mapping_tests.load import load_test
from oneway.runs.prepare.compilation import compile_data
from oneway.runs.prepare.request import parse_instant
from oneway.runs.proving.mutate import edits
from oneway.runs.proving.prove import Sameness, VersionComparison
from oneway.runs.proving.solver.decide import decide

ROOT = Path(__file__).resolve().parents[2]
MAPPINGS = (
    "mappings/staffology-to-expensein.yaml",
    "mappings/examples/staffology-to-scim.yaml",
    "mappings/examples/hr-export-to-expensein.yaml",
    "mappings/examples/cascade-hr-to-expensein.yaml",
)
MOST = 2_000
"""Situations for each comparison."""

Data = dict[str, Any]


def compiled(data: Data, file: str) -> Compiled:
    return compile_data(json.dumps(data).encode(), file, ())[0]


def conditions(text: str) -> Iterator[str]:
    """Yield the condition in other words: by the laws of Kleene's logic.

    The sides of `a && b` are only exchanged where neither calls a function: one that fails makes
    an error where it comes first, and none where `a` has decided before it.
    """
    yield f"({text}) && ({text})"
    yield f"({text}) || ({text})"
    yield f"!(!({text}))"
    tree = parsed(text, Span("")).tree
    if tree["type"] in ("or_expression", "and_expression"):
        left, right = map(text_of, tree["children"])
        other = "&&" if tree["type"] == "or_expression" else "||"
        yield f"!(!({left}) {other} !({right}))"
        same_sign = "||" if tree["type"] == "or_expression" else "&&"
        if "(" not in left + right:  # what stands second is not needed, and may fail unseen
            yield f"({right}) {same_sign} ({left})"
    if tree["type"] == "comparator":
        left, right = map(text_of, tree["children"])
        yield f"{right} {'==' if tree['value'] == 'eq' else '!='} {left}"


def values(text: str) -> Iterator[str]:
    """Yield the value in other words."""
    yield f"{text} | @"
    yield f"iif(`true`, {text}, null_)".replace(", null_)", ", `null`)")
    yield f"({text}) || ({text})"


def rewrites(data: Data) -> Iterator[tuple[str, Data]]:
    """Yield a mapping rewritten in one place, with what was done."""

    def changed(what: str, edit: Callable[[Data], None]) -> tuple[str, Data]:
        other = copy.deepcopy(data)
        edit(other)
        return what, other

    for number, rule in enumerate(data.get("eligible", ())):
        for text in conditions(rule["when"]):
            yield changed(text, lambda d, n=number, t=text: d["eligible"][n].update(when=t))  # type: ignore[misc]
        yield changed(
            f"`for` of {rule['id']} written out",
            lambda d, n=number: d["eligible"][n].setdefault("for", ["movers", "joiners"]),  # type: ignore[misc]
        )
    for key in ("when", "left", "scheduled"):
        for text in conditions(data["leavers"][key]) if key in data["leavers"] else ():
            yield changed(text, lambda d, k=key, t=text: d["leavers"].update({k: t}))  # type: ignore[misc]
    for name, written in data["fields"].items():
        rule = {"from": written} if isinstance(written, str) else written
        for text in values(rule["from"]) if "lookup" not in rule else ():
            if name not in {each["target"] for each in data["match"]}:
                made = {**rule, "from": text}
                yield changed(text, lambda d, n=name, m=made: d["fields"].update({n: m}))  # type: ignore[misc]
        full = {"write": "overwrite", "on_blank": "keep", "compare": "exact", **rule}
        yield changed(f"{name} in full", lambda d, n=name, m=full: d["fields"].update({n: m}))  # type: ignore[misc]
    backwards: Data = dict(reversed(data["fields"].items()))
    yield changed("fields backwards", lambda d: d.update(fields=backwards))
    yield changed("rules backwards", lambda d: d["eligible"].reverse())
    yield changed("`unless_taken` backwards", lambda d: d["joiners"]["unless_taken"].reverse())
    yield changed("`absent: ignore`", lambda d: d.update(absent=d.get("absent", "ignore")))


def spread(found: list[Any], count: int) -> list[Any]:
    """Return so many of a list, from all parts of it."""
    return [found[len(found) * n // count] for n in range(min(count, len(found)))]


@dataclass
class Tally:
    """How the comparisons ended: right, not decided, and wrong with what was wrong."""

    kept: int = 0
    shown: int = 0
    undecided: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def run(count: int, only: str = "") -> Tally:
    """Compare so many rewrites and so many edits, of all mappings or of those with a name."""
    tally = Tally()
    files = [each for each in MAPPINGS if only in each]
    share = -(-count // len(MAPPINGS))
    for file in files:
        path = ROOT / file
        beside = path.with_name(f"{path.stem}.test.yaml")
        test = load_test(beside.read_bytes(), str(beside))
        document = parse(path.read_bytes(), str(path))
        data: Data = document.data  # type: ignore[assignment]
        original, as_of = compiled(data, str(path)), parse_instant(test.as_of)

        def compared(other: Data) -> VersionComparison:
            return decide(original, compiled(other, str(path)), as_of, test, MOST)  # noqa: B023

        for what, other in spread(list(rewrites(data)), share):
            found = compared(other)
            tally.kept += found.verdict is Sameness.SAME
            note(tally, found, Sameness.DIFFERENT, f"{file}: rewrite {what}")
        for edit in noticed(list(edits(document)), share, test, str(path)):
            found = compared(edit.data)
            tally.shown += found.verdict is Sameness.DIFFERENT
            note(tally, found, Sameness.SAME, f"{file}: edit {edit.text} at {edit.place}")
    return tally


def note(tally: Tally, found: VersionComparison, is_wrong: Sameness, what: str) -> None:
    """Keep what could not be decided, and what was decided wrongly."""
    if found.verdict is Sameness.UNDECIDED:
        tally.undecided.append(f"{what}: {'; '.join(found.because)}")
    elif found.verdict is is_wrong:
        tally.wrong.append(f"{what}: {found.verdict.value}")


def noticed(found: list[Any], count: int, test: Any, file: str) -> Iterator[Any]:
    """Yield the first edit of each of so many parts that a case of the mapping's test notices.

    Guards are left out.
    """

    def notices(edit: Any) -> bool:
        try:
            return not edit.counted and not holds_for(test, compiled(edit.data, file))
        except Refused:
            return False

    for n in range(count):
        part = found[len(found) * n // count : len(found) * (n + 1) // count]
        yield from itertools.islice(filter(notices, part), 1)


def main() -> None:
    """Print how many of each are right, not decided and wrong."""
    options = argparse.ArgumentParser()
    options.add_argument("--count", type=int, default=52, help="of each kind, over four mappings")
    options.add_argument("--only", default="", metavar="TEXT", help="mappings with this name")
    given = options.parse_args()
    tally = run(given.count, given.only)
    for each in tally.undecided:
        print(f"not decided: {each}")
    for each in tally.wrong:
        print(f"wrong: {each}")
    print(f"rewrites that keep the meaning: {tally.kept} the same for every record")
    print(f"edits that change something: {tally.shown} shown by a person")
    print(f"{len(tally.undecided)} not decided, {len(tally.wrong)} wrong")


if __name__ == "__main__":
    main()
