"""The questions about a first mapping that only a person can answer.

Each question comes with the answer that the two sides suggest, which is written as a comment.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from oneway.core.records import Value, at, is_blank, parse_day, with_value
from oneway.runs.draft.names import concept
from oneway.runs.draft.notation import expression, literal, yaml_text
from oneway.runs.draft.side import DraftSide

_GONE = re.compile(r"leaver|left|former|terminated|inactive|ended|departed|resigned", re.IGNORECASE)
_FEW = 6
_WORDS = (("true", "false"), ("yes", "no"), ("y", "n"), ("1", "0"), ("active", "inactive"),
          ("enabled", "disabled"), ("current", "former"), ("on", "off"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class EligibilityRule:
    """Whom a rule would leave out: by a word that a field holds, or by holding none at all."""

    id: str
    path: str
    when: str
    otherwise: str
    seen: str
    word: str = ""
    usual: str = ""
    """The word that most records hold."""
    audience: str = "[joiners, movers]"


@dataclass(frozen=True, slots=True)
class Switch:
    """The target's field that says whether somebody may come in, and its two values."""

    path: str
    on: Value
    off: Value


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who has left, and what is written then; `record` is what makes somebody leave.

    `when` and `left` are expressions, `set` the fields that are written as YAML has them.
    """

    when: str
    set: Mapping[str, str] = field(default_factory=dict)
    left: str = ""
    record: Mapping[str, Value] = field(default_factory=dict)
    stays: Mapping[str, Value] = field(default_factory=dict)
    """What a record holds of somebody who has not left."""


@dataclass(frozen=True, slots=True)
class Questions:
    """All that is asked, with the answers that the two sides suggest."""

    rules: tuple[EligibilityRule, ...]
    switch: Switch | None
    leaving: Leaving


def questions(source: DraftSide, target: DraftSide, past: str) -> Questions:
    """Return what is asked of two sides; `past` is a day in the past, for a test."""
    switch = _switch(target)
    rules = tuple(_eligibility(source))
    return Questions(rules, switch, _leaving(source, target, switch, past))


def _eligibility(source: DraftSide) -> Iterator[EligibilityRule]:
    """Yield a rule for each field of few words, without the rarest, and for emails that lack."""
    for path in source.fields:
        kind, read = concept(path), expression(source, path)
        values = source.values(path)
        if kind == "email" and 0 < len(values) < len(source.records):
            lacking = f"{len(source.records) - len(values)} of {len(source.records)} have none"
            name = path if path.isprintable() else "A value"
            yield EligibilityRule("email", path, read, f"{name} is missing", lacking,
                                  audience="[joiners]")  # fmt: skip
        words = Counter(str(value) for value in values).most_common()
        if kind not in ("type", "status") or not 1 < len(words) <= _FEW:
            continue
        least = words[-1][0]
        if not _GONE.search(least):
            seen = ", ".join(f"{word} {number}" for word, number in words)
            when = f"{read} != {literal(least)}"
            said = f"{least} is left out"
            yield EligibilityRule(_slug(least), path, when, said, seen, least, words[0][0])


def _leaving(source: DraftSide, target: DraftSide, switch: Switch | None, day: str) -> Leaving:
    """Return who seems to have left; `day` is one that is past, for a record that says so."""
    date = next((path for path in source.fields if concept(path) == "leave"), "")
    when, record, stays = _left(source, date, day, is_past=switch is not None)
    there = next((path for path in target.fields if concept(path) == "leave"), "")
    sets, left = {}, ""
    if switch is not None:
        sets[switch.path] = f"{{value: {json.dumps(switch.off)}}}"
        left = f"{expression(target, switch.path)} == {literal(switch.off)}"
    if there or switch is None:
        there = there or "leaveDate"
        read = expression(source, date) if date else ""
        only = read and when in (read, f"is_past({read})")
        value = read if only else f"coalesce({read}, today())" if read else "today()"
        sets[there] = yaml_text(value, flow=True)
        left = left or f"is_past({expression(target, there)})"
    return Leaving(when, sets, left, record, stays)


def _left(
    source: DraftSide, date: str, day: str, *, is_past: bool
) -> tuple[str, dict[str, Value], dict[str, Value]]:
    """Return who has left, what a record of such a person holds, and what of another."""
    conditions, record, stays = [], dict[str, Value](), dict[str, Value]()
    for path in (each for each in source.fields if concept(each) == "status"):
        words = [str(value) for value in source.values(path)]
        gone = next((word for word in words if _GONE.search(word)), "")
        if gone:
            conditions.append(f"{expression(source, path)} == {literal(gone)}")
            record[path] = gone
            stays[path] = next((word for word in words if not _GONE.search(word)), "")
            break
    if date:
        read = expression(source, date)
        days = all(parse_day(value) for value in source.values(date))
        conditions.append(f"is_past({read})" if is_past and days else read)
        record[date] = day if days else "yes"
        stays[date] = "" if any(_reads_blank(source, date)) else None
    return " || ".join(conditions) or "status == 'Left'", record, stays


def _reads_blank(source: DraftSide, path: str) -> Iterator[bool]:
    return (at(each.data, source.keys(path)) == "" for each in source.records)


def _switch(target: DraftSide) -> Switch | None:
    """Return the switch of the target that says whether somebody may come in, or None."""
    named = [path for path in target.fields if concept(path) in ("status", "closed")]
    for path in named:
        pair = _pair(target, path)
        if pair is not None and not target.fields[path].computed:
            on, off = pair if concept(path) == "status" else (pair[1], pair[0])
            return Switch(path, on, off)
    return None


def _pair(target: DraftSide, path: str) -> tuple[Value, Value] | None:
    """Return the values that a field has for yes and for no, where it seems to have two."""
    types = target.fields[path].types - {"null"}
    values = target.values(path)
    if types == {"boolean"} or (values and all(isinstance(value, bool) for value in values)):
        return True, False
    words = [str(value) for value in (*target.fields[path].enum, *values) if value is not None]
    numeric = bool(values) and all(isinstance(value, int) for value in values)
    for yes, no in _WORDS:
        if words and {word.casefold() for word in words} <= {yes, no}:
            return (1, 0) if numeric else (_styled(yes, words), _styled(no, words))
    if words or types - {"boolean"}:
        return None
    is_text = target.connector == "file" and not target.resource.endswith(("json", "jsonl"))
    return ("true", "false") if is_text else (True, False)


def _styled(word: str, like: Sequence[str]) -> str:
    """Return a word as the others are written: "NO" beside "YES"."""
    seen = next((each for each in like if each.casefold() == word), "")
    model = like[0]
    return seen or (word.upper() if model.isupper() else
                    word.title() if model.istitle() else word)  # fmt: skip


def employed(data: dict[str, Value], source: DraftSide, asked: Questions) -> dict[str, Value]:
    """Return a record as of somebody who takes part and has not left."""
    for rule in asked.rules:
        value = at(data, source.keys(rule.path))
        if rule.word and str(value) == rule.word:
            data = with_value(data, source.keys(rule.path), rule.usual)
        elif not rule.word and is_blank(value):
            data = with_value(data, source.keys(rule.path), "person0@example.com")
    return changed(data, source, asked.leaving.stays)


def changed(
    data: dict[str, Value], side: DraftSide, values: Mapping[str, Value]
) -> dict[str, Value]:
    """Return a record with other values, by path."""
    for path, value in values.items():
        data = with_value(data, side.keys(path), value)
    return data


def _slug(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", text.lower())) or "rule"
