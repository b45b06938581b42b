"""Writes the questions about a first mapping that only a person can answer.

Each comes with the answer that the records suggest, as a comment.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import date, timedelta

from oneway.connections.discovery import FILES
from oneway.core.dataclass import dataclass
from oneway.core.field_concepts import concept
from oneway.core.parsing import parse_day
from oneway.core.paths import at, with_value
from oneway.core.records import MISSING, Value, is_blank
from oneway.runs.draft.keys import MatchKeys
from oneway.runs.draft.leaving_questions import (
    NAMED,
    DraftWords,
    Leaving,
    Switch,
    leaving_of,
    listed_words,
    switch_of,
)
from oneway.runs.draft.notation import called, expression, literal, past_day
from oneway.runs.draft.outsiders import is_outside
from oneway.runs.draft.pairs import name_parts
from oneway.runs.draft.side import DraftSide
from oneway.runs.draft.who_left import FEW, is_gone

_OUTSIDERS = ("Contractor", "Agency", "External")
_NO_KINDS = (
    "email",
    "first",
    "last",
    "name",
    "department",
    "job",
    "location",
    "manager",
    "address",
)
_MANY = 20
"""The most kinds of people that are listed."""


@dataclass(frozen=True, slots=True)
class EligibilityRule:
    """A draft rule that excludes people by the value of a field, or because it is blank."""

    id: str
    path: str
    when: str
    otherwise: str
    seen: str
    """Why the rule is drafted, as a comment: a guess or a question."""
    word: Value = ""
    """The value of an excluded person."""
    usual: Value = ""
    """The usual value of an included person."""
    audience: str = "[joiners, movers]"

    left_out: Callable[[Value], bool] = is_blank
    """Whether some value in the field excludes a person."""
    of_kind: bool = False
    """Whether the rule is about kinds of people."""
    asked: bool = False
    """Whether the records do not show which kinds take part, so that a person removes some."""
    others: Mapping[str, Value] = field(default_factory=dict)
    """Further fields that must not be blank, with the usual value of each."""


@dataclass(frozen=True, slots=True)
class Questions:
    """All questions, with the answers that the two sides suggest."""

    rules: tuple[EligibilityRule, ...]
    switch: Switch | None
    leaving: Leaving
    words: "tuple[DraftWords, ...]" = ()
    """The words of a file's fields that decide who takes part or has left, if they are few."""


def questions(source: DraftSide, target: DraftSide, keys: MatchKeys, today: date) -> Questions:
    """Return the questions about two sides, whose matched records show how days are written."""
    switch = switch_of(target)
    asked = _distinct(_eligibility(source))
    rules = (*asked, *_complete(source, target), *_not_yet(source, today))
    leaving = leaving_of(source, target, switch, keys, today)
    if source.connector != FILES:
        return Questions(rules, switch, leaving)
    kinds = (listed_words(source, rule.path, ()) for rule in rules if rule.of_kind)
    listed = {each.path: each for each in (leaving.words, *kinds) if each is not None}
    return Questions(rules, switch, leaving, tuple(listed.values()))


def _distinct(rules: Iterable[EligibilityRule]) -> Iterator[EligibilityRule]:
    """Yield the rules with unique ids: two fields may name the same kind of people."""
    seen = Counter[str]()
    for rule in rules:
        seen[rule.id] += 1
        yield rule if seen[rule.id] == 1 else replace(rule, id=f"{rule.id}-{seen[rule.id]}")


def _eligibility(source: DraftSide) -> Iterator[EligibilityRule]:
    """Yield a rule for each field that holds a kind of person, and one for missing emails."""
    for path in source.fields:
        kind, read = concept(path), expression(source, path)
        values = source.values(path)
        if kind == "email" and 0 < len(values) < len(source.records):
            lacking = f"{len(source.records) - len(values)} of {len(source.records)} have none"
            yield EligibilityRule("email", path, read, f"{called(path)} is missing",
                                  f"guess: {path}: {lacking}", audience="[joiners]")  # fmt: skip
        words = Counter(each for each in values if isinstance(each, str | bool | int))
        if len(words) > 1 and (rule := _by_kind(source, path, words)):
            yield rule


def _by_kind(source: DraftSide, path: str, words: Counter[str | int]) -> EligibilityRule | None:
    """Return a rule that includes only the kinds of people in the source, if it has any.

    It lists included kinds, not excluded ones: a new kind, or a new spelling, must not get in.
    """
    kind = concept(path)
    outside = [each for each in words if is_outside(path, each)]
    if not outside and (kind != "type" or len(words) > FEW):
        return None
    if len(words) > _MANY or (outside and kind in _NO_KINDS):
        return None
    left = [each for each in words if is_gone(path, each)]
    taken = [each for each, _ in words.most_common() if each not in (*outside, *left)]
    if not taken:
        return None
    read = expression(source, path)
    number = len(source.records) - words.total()
    counted = [f"{each} {count}" for each, count in words.most_common()]
    seen = f"{path}: {', '.join([*counted, *([f'blank {number}'] if number else [])])}"
    more = " or another that takes part" if len(taken) > NAMED else ""
    said = f"{called(path)} is not {' or '.join(map(str, taken[:NAMED]))}{more}"
    if not outside:  # a person removes some, and the text stays true
        said = f"{called(path)} is not a kind that takes part"
    said = said if said.isprintable() else "Is not of a kind that takes part"
    word = outside[0] if outside else next(e for e in _OUTSIDERS if e not in words)
    about = f"guess: excludes {', '.join(map(str, outside))}" if outside else _STRIKE_OUT
    id = _slug(str(outside[0]) if outside else path)
    when = " || ".join(f"{read} == {literal(each)}" for each in taken)
    return EligibilityRule(
        id, path, when, said, f"{about}; {seen}", word, taken[0],
        left_out=lambda value: value not in taken, of_kind=True, asked=not outside,
    )  # fmt: skip


_STRIKE_OUT = "who takes part? strike out the others"


def _complete(source: DraftSide, target: DraftSide) -> Iterator[EligibilityRule]:
    """Yield a rule that creates only people with what every target record has: names, email.

    A whole name in the target needs both names of the source.
    """
    usual: dict[str, Value] = {}
    for kind in ("last", "first", "name", "email"):
        here = next((each for each in source.fields if concept(each) == kind), "")
        if here and _is_usual(source, here, kind) and _has_all(source, target, here, kind):
            usual[here] = next(iter(source.values(here)))
    if not usual:
        return
    first, *others = usual
    when = " && ".join(expression(source, each) for each in usual)
    *most, last = map(called, usual)
    these = f"{', '.join(most)} or {last}" if most else last
    said = f"guess: all {len(target.records):,} target records have {'these' if most else 'it'}"
    yield EligibilityRule("complete", first, when, f"{these} is missing", said, usual=usual[first],
                          audience="[joiners]",
                          others={each: usual[each] for each in others})  # fmt: skip


def _is_usual(source: DraftSide, path: str, kind: str) -> bool:
    """Return whether people of the source usually have a value there; emails are asked apart."""
    held, every = len(source.values(path)), len(source.records)
    return held == every > 0 if kind == "email" else 2 * held > every


def _has_all(source: DraftSide, target: DraftSide, path: str, kind: str) -> bool:
    """Return whether each target record has a kind of value, or a whole name made of it."""
    for each in target.fields:
        whole = concept(each) == "name" and kind != "name"
        made = whole and path in name_parts(source, target, each)[0]
        if (made or concept(each) == kind) and len(target.values(each)) == len(target.records) > 0:
            return True
    return False


def _not_yet(source: DraftSide, today: date) -> Iterator[EligibilityRule]:
    """Yield a rule that holds back people before their first day, if the source has that day."""
    path = next((each for each in source.fields if concept(each) == "start"), "")
    days = [parse_day(value) for value in source.values(path)] if path else []
    if not days or not all(days):
        return
    day, past = today + timedelta(weeks=4), past_day(today)
    number = sum(each is not None and each > today for each in days)
    seen = f"create people only from their first day? {number} of {len(days)} are yet to start"
    yield EligibilityRule(
        "not-started", path, f"!is_future({expression(source, path)})", "Has not started yet", seen,
        day.isoformat(), past, "[joiners]", left_out=lambda value: str(value) > past,
    )  # fmt: skip


def employed(data: dict[str, Value], source: DraftSide, asked: Questions) -> dict[str, Value]:
    """Return the record of a person who takes part and has not left."""
    for rule in asked.rules:
        for path, usual in rule.others.items():
            if is_blank(at(data, source.keys(path))):
                data = with_value(data, source.keys(path), usual)
        value = at(data, source.keys(rule.path))
        # Of kinds to choose from, the most frequent is the least likely to be excluded.
        if value is MISSING or rule.left_out(value) or rule.asked:
            usual = rule.usual or "person0@example.com"
            data = with_value(data, source.keys(rule.path), usual)
    return changed(data, source, asked.leaving.stays)


def changed(
    data: dict[str, Value], side: DraftSide, values: Mapping[str, Value]
) -> dict[str, Value]:
    """Return a record with some values changed, by path."""
    for path, value in values.items():
        data = with_value(data, side.keys(path), value)
    return data


def _slug(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", text.lower())) or "rule"
