"""The nights one by one: lived, asked about everywhere, and compared with what is true."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from .nights import Bad, Truth
from .stage import Said, Theatre

PAGE = Path(__file__).resolve().parents[2] / "docs" / "bad-nights.md"
HEADINGS = {
    "refused": r"The run was stopped",
    "interrupted": r"The run was interrupted",
}


@dataclass(frozen=True)
class Row:
    """A night, what each place said of it, and where that is not what is true."""

    bad: Bad
    said: tuple[str, ...]
    wrong: tuple[str, ...]


def lived(bad: Bad, shared: Theatre) -> Row:
    """Live through a night and return what was said of it."""
    with TemporaryDirectory(prefix="night-") as name, shared.stage(Path(name)) as found:
        writes = found.target.writes
        try:
            bad.live(found)
            told = found.told()
        except Exception as error:  # one night must not hide the others
            return Row(bad, ("not lived", *[""] * 5), (f"{type(error).__name__}: {error}"[:400],))
        truth = bad.truth
        if truth.done < 0:  # only the target knows; what hung had been carried out, unanswered
            done = found.target.writes - writes - 1
            truth = replace(truth, done=done)
        wrong = [*_differences(told, truth)]
        if truth.exit is not None and found.exit != truth.exit:
            wrong.append(f"exit code: {found.exit}, not {truth.exit}")
        following = told.status["next"]
        if (following is not None and _seconds(following) <= found.day.timestamp()) != truth.waits:
            wrong.append(f"status: next is {following}, and a due waits: {truth.waits}")
    return Row(bad, _words(told), tuple(wrong))


def _differences(said: Said, truth: Truth) -> Iterator[str]:
    done = {"status": _last(said).get("counts"), "runs": said.runs.get("counts")}
    done["runs show"] = said.shown.get("counts")
    states = {
        "status": _last(said).get("state"),
        "runs": said.runs["state"],
        "runs show": said.shown["state"],
    }
    for place, state in states.items():
        if state is not None and state != truth.state:
            yield f"{place}: {state}, not {truth.state}"
    for place, counts in done.items():
        if counts is not None and counts.get("done", 0) != truth.done:
            yield f"{place}: {counts.get('done', 0)} done, not {truth.done}"
    need = (said.status["fleet"]["connections"][0]["needs"] or [""])[0]
    if need != truth.need:
        yield f"status: {need or 'nothing'} needs a person, not {truth.need or 'nothing'}"
    if said.shown["lost_output"] != list(truth.lost):
        yield f"runs show: lost {said.shown['lost_output']}, not {list(truth.lost)}"
    yield from _of_people(said, truth)
    yield from _of_metrics(said, truth)
    told = tuple(_about(each) for each in said.notices)
    if told != truth.told:
        yield f"notices: {told}, not {truth.told}"
    heading = _heading(said.report)
    wanted = HEADINGS.get(truth.state)
    if wanted and not re.search(wanted, heading):
        yield f"report: {heading!r}, not {wanted!r}"
    if not wanted and re.search("|".join(HEADINGS.values()), heading):
        yield f"report: {heading!r} of a run that is {truth.state}"
    if truth.unsynced and "up to date" in heading:
        yield f"report: {heading!r}, and {truth.unsynced} do not sync"
    if truth.still_in and "can still get in" not in heading:
        yield f"report: {heading!r} names nobody who can still get in"


def _of_people(said: Said, truth: Truth) -> Iterator[str]:
    found = {
        "status": len(said.status["still_in"]),
        "runs show": len(said.shown["still_in"]),
        "metrics": said.metric("oneway_leavers_with_access"),
    }
    for place, number in found.items():
        if number != truth.still_in:
            yield f"{place}: {number:g} can still get in, not {truth.still_in}"
    unsynced = sum(each["number"] for each in said.status["unsynced"] or ())
    if unsynced != truth.unsynced:
        yield f"status: {unsynced} do not sync, not {truth.unsynced}"
    stories = {(s["source_id"], s["ending"]) for s in said.status["stories"] or ()}
    shown = {
        (p["source_id"], p["story"]["ending"])
        for p in said.shown["people"]
        if p["story"] is not None
    }
    if said.shown["people"] and stories != shown:
        yield f"status tells {sorted(stories)}, and runs show {sorted(shown)}"


def _of_metrics(said: Said, truth: Truth) -> Iterator[str]:
    expected = {
        "oneway_failing_records": truth.failing,
        "oneway_held_actions": truth.held,
        "oneway_interrupted_runs": float(truth.state == "interrupted"),
    }
    for name, number in expected.items():
        found = said.metric(name)
        if found != number:
            yield f"metrics: {name} is {found:g}, not {number:g}"
    run = said.runs
    ended = run["ended"] if truth.completed else None
    last = said.metric("oneway_last_completed_timestamp_seconds")
    is_last = ended is not None and abs(last - _seconds(ended)) < 1
    if is_last is not truth.completed:
        yield f"metrics: the last run {'moved' if is_last else 'did not move'} last_completed"


def _last(said: Said) -> dict[str, object]:
    return dict(said.status["last"] or {})


def _seconds(instant: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(instant).timestamp()


def _about(notice: object) -> str:
    assert isinstance(notice, dict)
    data = notice["data"]
    names = [each.get("code") or each.get("guard") for each in data.get("causes", [])]
    names += [each["guard"] for each in data.get("guards", [])]
    return " ".join(sorted(names)) or notice["type"].partition(".")[2]


def _heading(report: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", report, re.S)
    return " ".join(re.sub(r"<[^>]+>", "", found[1]).split()) if found else ""


def _words(said: Said) -> tuple[str, ...]:
    counts = ", ".join(f"{n} {word}" for word, n in dict(said.shown["counts"]).items())
    needs = ", ".join(said.status["fleet"]["connections"][0]["needs"]) or "nothing"
    completed = (
        "moved" if said.runs["state"] in ("done", "done_with_failures", "held") else "not moved"
    )
    told = "; ".join(map(_about, said.notices)) or "none"
    return (said.shown["state"], counts or "nothing", needs, completed, told, _heading(said.report))


HEAD = """\
<!-- Written by `python -m tests.bad_nights --write`: live the nights again, not this page. -->

# Bad nights

What each place says about a night on which something goes wrong: `status`, `runs`, `runs show`, the
metrics, the notices and the report. Real processes ran each of these nights, over a real HTTP
server, with the clock moved, for a connection of eight people after one good night. A test compares
what each place said with what was true. "Completed" is the metric
`oneway_last_completed_timestamp_seconds`, which does not move if a run does not finish.

| Night | Run | Actions | `status`: needs | Completed | Notices | Report |
|---|---|---|---|---|---|---|
"""


def page(rows: list[Row]) -> str:
    """Return the page of the documentation."""
    lines = [
        "| " + " | ".join([row.bad.name, *(each.replace("|", "\\|") for each in row.said)]) + " |"
        for row in rows
    ]
    return HEAD + "\n".join(lines) + "\n"
