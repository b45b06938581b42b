"""The wording of a report: days, durations, fields and people, in a payroll clerk's words."""

import re
from dataclasses import replace

from oneway.core.instants import day as local_day
from oneway.core.instants import day_in_words, local, moment_in_words
from oneway.core.parsing import parse_day
from oneway.core.records import Value as Data
from oneway.core.seal import Sealed
from oneway.history.discrepancies import Discrepancy
from oneway.history.journal import RunStart
from oneway.planning.plan import Change, Outcome, Plan, Verb
from oneway.render.differences import apart, of_parts
from oneway.render.layout import clip, with_name
from oneway.render.report.page import Fields, Look, ReportField, ReportPerson, Value
from oneway.render.sanitize import harmless, shown

LONGEST = 400
"""The greatest width of one value or sentence, in columns."""

_PLAIN_PATH = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def text(said: str) -> str:
    """Return text of a file or a system, made harmless and clipped to fit a page."""
    return clip(harmless(said), LONGEST)


def because(why: str) -> tuple[str, ...]:
    """Return a sentence on why a person counts as a leaver; () if unknown."""
    return (text(f"The source says {why}."),) if why else ()


def moment(instant: str, zone: str) -> str:
    """Return an instant as a day and a time in a zone; any other text unchanged."""
    found = local(instant, zone)
    return text(instant) if found is None else moment_in_words(found, zone)


def day(instant: str, zone: str) -> str:
    """Return the day of an instant in a zone; a day and any other text unchanged."""
    found = parse_day(local_day(instant, zone))
    return text(instant) if found is None else day_in_words(found)


def duration(started: str, ended: str) -> str:
    """Return how long something took, or "" if unknown."""
    begin, end = local(started, "UTC"), local(ended, "UTC")
    if begin is None or end is None or end < begin:
        return ""
    seconds = int((end - begin).total_seconds())
    if seconds < 1:
        return "less than a second"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "hour"), (minutes, "minute"), (0 if hours else rest, "second")]
    return " ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in parts if n)


def field_name(path: str) -> str:
    """Return a field's path in words, `bankDetails.sortCode` as "Bank details: sort code"."""
    if not _PLAIN_PATH.fullmatch(path):
        return text(path)
    steps = [" ".join(map(_lower, _WORD.findall(step))) for step in path.split(".")]
    said = clip(": ".join(steps), LONGEST)
    return said[:1].upper() + said[1:]


def person(outcome: Outcome, note: str = "") -> ReportPerson:
    """Return the person of an outcome."""
    return named(outcome.label, outcome.key, outcome.source_id, outcome.target_id, note)


def named(
    label: str, key: str, source_id: str | None, target_id: str | None, note: str = ""
) -> ReportPerson:
    """Return a person under the best available name."""
    known = [text(each) for each in (label, key) if each.strip()]
    record = text(target_id or "")
    if not known:
        known = [text(each) for each in (source_id or "", target_id or "") if each.strip()]
    name = known[0] if known else "a person without a name"
    other = next((each for each in known[1:] if each != name), "")
    return ReportPerson(name, other, "" if record in (name, other) else record, note)


def since(discrepancy: Discrepancy | None, start: RunStart) -> str:
    """Return when a discrepancy began, unless with this run, and the day of the next try."""
    if discrepancy is None:
        return ""
    new = discrepancy.since in ("", start.as_of)
    said = [] if new else [f"since {day(discrepancy.since, start.zone)}"]
    said += [f"next try {day(discrepancy.next_try, start.zone)}"] if discrepancy.next_try else []
    return "; ".join(said)


def fields(
    changes: tuple[Change, ...], verb: Verb, plan: Plan | None, *, done: bool = True
) -> Fields:
    """Return what an action wrote or would write, field by field, with the names of `plan`."""
    items = tuple(_field(each, plan, creating=verb is Verb.CREATE) for each in changes)
    return Fields(items) if done else Fields(items, "the target has", "the source says")


def value(data: Data | Sealed) -> Value:
    """Return a value that is not sensitive for display, plain text without quotes."""
    if isinstance(data, Sealed):
        return Value("not shown", Look.HIDDEN)
    if data is None:
        return Value("nothing", Look.NOTHING)
    return Value(clip(_in_full(data), LONGEST))


def _in_full(data: Data) -> str:
    plain = isinstance(data, str) and data and data == data.strip()
    return harmless(str(data)) if plain else shown(data)


def _valued(change: Change, data: Data | Sealed, said: str, plan: Plan | None) -> Value:
    """Return a value with the text `said`, and its name if a lookup of the plan finds it."""
    name = plan.name_of(change.field, data) if plan is not None else ""
    return replace(value(data), text=with_name(said, name))


def _field(change: Change, plan: Plan | None, *, creating: bool) -> ReportField:
    name = field_name(change.field)
    if isinstance(change.before, Sealed) or isinstance(change.after, Sealed):
        return ReportField(name, Value(f"{_sealed(change)} (not shown)", Look.HIDDEN))
    if change.awaits is not None:
        return ReportField(name, Value(f"that of {clip(shown(change.after), LONGEST)}"))
    hidden = creating and change.before is None
    was, will = apart(_in_full(change.before), _in_full(change.after), LONGEST)
    if (parts := of_parts(change.before, change.after, LONGEST)) and will.endswith("..."):
        will = parts
    before = None if hidden else _valued(change, change.before, was, plan)
    return ReportField(name, _valued(change, change.after, will, plan), before)


def _sealed(change: Change) -> str:
    if change.after is None:
        return "taken away"
    return "set" if change.before is None else "changed"


def _lower(word: str) -> str:
    return word if len(word) > 1 and word.isupper() else word.lower()
