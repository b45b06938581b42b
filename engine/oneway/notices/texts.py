"""The text of a notice: a subject and a few plain lines."""

import json
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import PurePosixPath
from textwrap import wrap
from typing import Any

from oneway.core.instants import moment_in_words
from oneway.core.phrases import count, people
from oneway.history.allow_command import effect_of_allowing
from oneway.history.discrepancies import DiscrepancyKind
from oneway.history.words import DISCREPANCY_WORDS, REASONS, VERBS_DONE
from oneway.notices.instants import instant_of
from oneway.notices.remedies import CLOCK, remedy_of
from oneway.notices.remedy import TroubleKind

Data = dict[str, Any]

_MOST = 10
"""How many lines of a list are shown."""


def subject_of(body: str) -> str:
    """Return the subject of a notice: the connection, what happened, and the code."""
    notice = json.loads(body)
    data = notice["data"]
    whose = data["connection"] if "connection" in data else data["folder"]
    return _plain(f"[oneway] {whose}: {_gist(notice)}")


def _gist(notice: Data) -> str:
    data = notice["data"]
    still = ", still" if data.get("reminder") else ""
    match notice["type"]:
        case "connection.failure" | "folder.failure":
            codes = list(dict.fromkeys(each["code"] for each in data["causes"]))
            first = data["causes"][0]["title"]
            more = " and more" if len(codes) > 1 else ""
            return f"{first}{more}{still} ({', '.join(codes)})"
        case "connection.guard":
            what = ", ".join(each["guard"] for each in data["guards"])
            return f"held back by a guard{still} ({what})"
        case "connection.recovery":
            return (
                f"recovered ({', '.join(name for each in _ended(data) for name in each['about'])})"
            )
        case "folder.recovery":
            codes = list(dict.fromkeys(each["code"] for each in data["ended"]))
            return f"recovered ({', '.join(codes)})"
        case "connection.weekly":
            return "the week"
        case _:
            return "a test"


def _ended(data: Data) -> list[Data]:
    """Return the incidents that are over; an older notice is about only one."""
    found = data["ended"]
    return found if isinstance(found, list) else [found]


def text_of(body: str) -> str:
    """Return a notice as plain text for people."""
    notice = json.loads(body)
    data = notice["data"] | {"timestamp": notice.get("timestamp", "")}
    lines = [*_still_in(data), *_LINES.get(notice["type"], _test)(data)]
    return "\n".join(map(_plain, [*lines, "", f"See: {data['command']}", ""]))


def _plain(line: str) -> str:
    """Return a line with invisible and control characters escaped.

    A guard's name may contain any target field's name, and some people read mail on terminals.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def _still_in(data: Data) -> Iterator[str]:
    """Yield the number of people who left and can still get in, before everything else."""
    run = data.get("run", data)
    number, unsure = run.get("still_in") or 0, run.get("may_have_left", 0)
    held = sum(each["records"] for each in data.get("guards", ()) if each["guard"] == "leavers")
    if run.get("still_in") is not None:
        held = min(held, number)  # the others have not reached the end of their last day
    if held and unsure > number - held:
        said = "have left, or may have" if unsure < number else "have perhaps left"
        yield from _wrapped(
            f"By the source, people who are held back {said}, and they can still get in. Confirm "
            "it first; if it is true, block them by hand, or let the run do it by the command "
            "below."
        )
        yield ""
    elif held:
        people = f"this {held:,} has" if held == 1 else f"these {held:,} have"
        yield f"The source says that {people} left, and they can still get in. Confirm it first;"
        yield "if it is true, block them by hand, or let the run do it by the command below."
        yield ""
    if number > held:
        number -= held
        people = f"{number:,} {'person' if number == 1 else 'people'}"
        left = ("perhaps left" if unsure == number else "left, or may have,") if unsure else "left"
        yield f"{people} who {left} can still get in: `oneway status` names them."
        yield ""


def _failure(data: Data) -> Iterator[str]:
    yield from _wrapped(_gravity(data))
    if data["reminder"]:
        yield "This was reported before, and continues."
    yield from _access(data)
    yield ""
    for each in data["causes"]:
        records = f" ({count(each['records'])})" if each["records"] else ""
        system = f", {each['system']}" if each.get("system") else ""
        yield f"  {each['code']}: {each['title']}{system}{records}"
        yield from _known(each)
        yield from _remedied(each)
    yield from _run(data)


def _gravity(data: Data) -> str:
    """Return whether only some records of a connection fail, or all of it."""
    name, since, held = data["connection"], _since(data), data["run"]["counts"].get("held", 0)
    failed, unknown = _missed(data)
    if data["run"]["state"] != "done_with_failures" or not failed + unknown:
        return f"The connection {name} fails, since {since}."
    were = "was" if failed == 1 else "were"
    said = [f"{count(failed)} {were} not carried over"] if failed else []
    said += [f"of {count(unknown)} it is not known"] if unknown else []
    rest = "" if held or data["run"]["still_in"] else "; the rest is fine"
    return f"Connection {name}: {', '.join(said)}{rest}. Since {since}."


def _missed(data: Data) -> tuple[int, int]:
    """Return how many records were not written, and for how many that is unknown."""
    if "records" in data:
        return data["records"]["missed"], data["records"]["unknown"]
    counts = data["run"]["counts"]  # an older notice, which counted writes
    known = [counts.get(each, 0) for each in ("done", "held", "unknown")]
    return sum(counts.values()) - sum(known), counts.get("unknown", 0)


def _when(data: Data, instant: str) -> str:
    """Return an instant in the zone of the notice's connection."""
    return moment_in_words(instant_of(instant), data.get("zone", ""))


def _since(data: Data) -> str:
    return _when(data, data["since"])


def _access(data: Data) -> Iterator[str]:
    """Yield who keeps access while no run completes."""
    if "access" in data:
        since, system = data["access"]["since"], data["access"]["system"] or "the target"
        died = data["run"]["state"] == "interrupted"
        began = _when(data, since) if since else ""
        yield from ("", *_wrapped(unshut(began, system, some=died)))


def unshut(since: str, system: str, *, some: bool = False) -> str:
    """Return a sentence: no leaver loses access while no run completes; `since` may be "".

    `some`: a run died midway, and may have ended the access of some leavers.
    """
    who = f"people who left since {since}" if since else "people who left"
    if some:
        return (
            f"Until a run finishes, {who} may keep access; if it is urgent, block them by "
            f"hand in {system}."
        )
    return (
        f"While this lasts nobody's access is ended: {who} keep access; if it is urgent, block "
        f"them by hand in {system}."
    )


def _known(cause: Data) -> Iterator[str]:
    """Yield the details of this case: the file, the instant, or the disk."""
    if cause.get("detail"):
        yield from _wrapped(cause["detail"], "    ")


def _wrapped(text: str, indent: str = "", more: str = "") -> list[str]:
    """Return lines of a mail's width; all but the first are also indented by `more`."""
    return wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + more,
        break_long_words=False,
        break_on_hyphens=False,
    )


_WIDTH = 100
"""Columns of a mail."""


def _folder_failure(data: Data) -> Iterator[str]:
    yield f"Something is wrong in the folder {data['folder']}, since {_since(data)}."
    yield "The connections concerned do not run until it is corrected."
    if data["reminder"]:
        yield "This was reported before, and continues."
    yield ""
    yield from _wrapped(unshut(_since(data), "the target"))
    yield ""
    for code, same in groupby(data["causes"], key=itemgetter("code")):
        causes = list(same)
        yield f"  {code}: {causes[0]['title']}"
        for each in causes:
            yield f"    {each['file']}"
            yield from _wrapped(each["detail"], "    ") if each.get("detail") else ()
        yield from _remedied(causes[0])


def _folder_recovery(data: Data) -> Iterator[str]:
    yield f"These problems in the folder {data['folder']} are over:"
    yield from (f"  {each['code']}: {each['file']}" for each in data["ended"])
    yield f"It lasted from {_since(data)} until {_when(data, data['until'])}."
    if data["still"]:
        yield ""
        yield "Still open:"
        yield from (f"  {each['code']}: {each['file']}" for each in data["still"])


def _guard(data: Data) -> Iterator[str]:
    yield f"A guard holds something back on the connection {data['connection']}."
    if data["reminder"]:
        yield f"This was reported before; it has been so since {_since(data)}."
    yield from _access(data)
    yield ""
    for each in data["guards"]:
        if not each.get("command"):  # an older notice
            yield from _held([each])
            continue
        yield f"  {each['text']}"
        yield f"    {count(each['records'])} held back."
        yield from _remedied(each)
        known = effect_of_allowing([each["guard"]])
        yield f"    {known.only}, to {known.passes}, once: {each['command']}"
        yield f"    It is refused {known.refused}."
    yield from _run(data)


def _remedied(each: Data) -> Iterator[str]:
    """Yield the symptoms, who can fix it, and the steps; older notices lack some of these."""
    if "steps" not in each:
        yield f"    {each.get('advice', '')}".rstrip()
        return
    yield from _wrapped(each["looks"], "    ")
    for_nobody = each["kind"] == TroubleKind.DOUBT.value
    yield "    For nobody yet:" if for_nobody else f"    For {each['who']} ({each['kind']}):"
    for n, step in enumerate(each["steps"], 1):
        yield from _wrapped(f"{n}. {step}", "      ", "   ")
    yield f"    More: oneway docs {PurePosixPath(str(each['page'])).stem}"


def _recovery(data: Data) -> Iterator[str]:
    until = _when(data, data["until"])
    yield f"The connection {data['connection']} has recovered, as of {until}. No longer a problem:"
    yield from _open(data, _ended(data))
    if data["still"]:
        yield ""
        yield "Still open:"
        yield from _open(data, data["still"])
    yield from _run(data)


def _weekly(data: Data) -> Iterator[str]:
    since, until = _when(data, data["from"]), _when(data, data["until"])
    yield f"The connection {data['connection']}, from {since} until {until}."
    yield ""
    yield _done(data["done"])
    times = sum(data["runs"].values())
    yield f"The sync ran {_times(times)}:" if times else "The sync did not run."
    yield from (f"  {_times(n)}: {_STATES.get(state, state)}" for state, n in data["runs"].items())
    if data.get("not_sticking"):
        yield f"Changes that the target undoes each time: {data['not_sticking']:,}"
    for title, lines in (
        ("Who left and can still get in", list(_still_in_by(data.get("still_in_by", {})))),
        ("Who does not sync", [_reason(each) for each in data["not_syncing"]]),
        ("Held back, as it is more than usual", list(_waits(data["held"]))),
        ("Not in order yet", list(_open(data, data["open"]))),
    ):
        if lines:
            more = len(lines) - _MOST
            yield from ("", f"{title}:", *lines[:_MOST])
            yield from [f"  and {more} more"] if more > 0 else []


def _done(counts: Data) -> str:
    """Return what was written: "2 people were created, 11 people were changed."."""
    said = [
        f"{people(number)} {one if number == 1 else more}"
        for verb, (one, more) in VERBS_DONE.items()
        if (number := counts.get(verb.value, 0))
    ]
    return f"{', '.join(said)}." if said else "Nothing was written."


def _waits(guards: list[Data]) -> Iterator[str]:
    """Yield what guards hold back, for people who do not run commands."""
    for each in guards:
        yield f"  {people(each['records'])}: {remedy_of(each['guard']).title} ({each['guard']})"
        yield "    If that is right, the operator lets them through once: " + each["allow"]


_FAILED = "some records failed"
_LET_IN = "people who left, or may have, can still get in"
_STATES = {
    "done": "everything was done",
    "done_with_failures": f"it finished, but {_FAILED}, or {_LET_IN}",
    "held": "it finished, but a guard held something back",
    "refused": "an error stopped it before it wrote anything",
    "interrupted": "it did not finish",
}
_WHY = {"schedule": "by the schedule"}


def _test(data: Data) -> Iterator[str]:
    yield f"This is a test. Notices of the connection {data['connection']} arrive here."


def _run(data: Data) -> Iterator[str]:
    run = data["run"]
    yield ""
    state = _STATES.get(run["state"], run["state"])
    if run["state"] == "done_with_failures":
        state = f"it finished, but {_FAILED if sum(_missed(data)) else _LET_IN}"
    why, started = _WHY.get(run["why"], run["why"]), _when(data, run["started"])
    yield f"Run {run['id']}, {why}, {started}: {state}."
    if run["counts"]:
        yield f"Writes: {_counted(run['counts'])}"
    yield from _next_run(data)


def _next_run(data: Data) -> Iterator[str]:
    """Yield when the connection runs next, unless that is unknown or the clock forbids it."""
    if "next_run" not in data or any(each["code"] in CLOCK for each in data.get("causes", ())):
        return
    due = data["next_run"]
    if not due:
        yield "Next run: none is due; it runs by hand"
    elif due <= data["timestamp"]:
        yield f"Next run: waits for `oneway serve` or `run-due`, since {_when(data, due)}"
    else:
        yield f"Next run: {_when(data, due)}"


def _held(guards: list[Data]) -> Iterator[str]:
    for each in guards:
        yield f"  {each['text']}"
        yield f"    {count(each['records'])} held; to let these pass: {each['allow']}"


def _reason(each: Data) -> str:
    """Return how many people do not sync, and why; a rule is named by its id."""
    code, kind = each["reason"], DiscrepancyKind(each["outcome"])
    if code in REASONS:
        why = REASONS[code]
    elif kind is DiscrepancyKind.REHIRE or not code:
        why = _UNSYNCED[kind]
    else:
        why = f"{_UNSYNCED[kind]} ({code})"
    return f"  {people(each['records'])}: {why}"


_UNSYNCED = {
    DiscrepancyKind.INELIGIBLE: "left out by a rule",
    DiscrepancyKind.CONFLICT: "it is not certain who is meant",
    DiscrepancyKind.ERROR: "their record cannot be read or evaluated",
    DiscrepancyKind.REHIRE: "perhaps back at work: somebody has to decide",
}


def _still_in_by(counts: Data) -> Iterator[str]:
    words = {kind.value: said for kind, said in (DISCREPANCY_WORDS | _UNSYNCED).items()}
    for ending, number in counts.items():
        yield f"  {people(number)}: {words.get(ending, 'for another reason')}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"


def _open(data: Data, incidents: list[Data]) -> Iterator[str]:
    for each in incidents:
        yield f"  {_named(each)}, since {_when(data, each['since'])}"


def _named(each: Data) -> str:
    """Return what an incident is about, in words and by name."""
    titles = dict.fromkeys(remedy_of(name).title for name in each["about"])
    return f"{'; '.join(titles)} ({', '.join(each['about'])})"


def _counted(counts: Data) -> str:
    said = (f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items())
    return ", ".join(said) or "none"


_LINES = {
    "connection.failure": _failure,
    "connection.guard": _guard,
    "connection.recovery": _recovery,
    "connection.weekly": _weekly,
    "folder.failure": _folder_failure,
    "folder.recovery": _folder_recovery,
}
