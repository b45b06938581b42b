"""Guesses who has left: by a date, by a list of words, or by a switch of the target."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, timedelta

from oneway.core.dataclass import dataclass
from oneway.core.field_concepts import concept, plain
from oneway.core.majority import is_overwhelming
from oneway.core.parsing import parse_day
from oneway.core.paths import at
from oneway.core.records import MISSING, Value, is_blank
from oneway.runs.draft.days import ISO, FormOfDays, form_of_days
from oneway.runs.draft.field_expressions import day_value
from oneway.runs.draft.keys import MatchKeys
from oneway.runs.draft.notation import called, expression, literal, past_day, yaml_text
from oneway.runs.draft.outliers import is_leave_date
from oneway.runs.draft.side import DraftSide
from oneway.runs.draft.who_left import DOES_ONE_SAY, FEW, LeftBy, listed, unclear, who_left

NAMED = 3
"""The most records that are named as examples."""

_WORDS = (("true", "false"), ("yes", "no"), ("y", "n"), ("1", "0"), ("active", "inactive"),
          ("enabled", "disabled"), ("current", "former"), ("on", "off"), ("ja", "nee"),
          ("ja", "nein"), ("oui", "non"), ("actief", "inactief"), ("aktiv", "inaktiv"),
          ("actif", "inactif"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Switch:
    """The target field that gives access, and its two values."""

    path: str
    on: Value
    off: Value


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who has left, and what is written for them; `record` holds the values of a leaver.

    `when` and `left` are expressions; `set` are the written fields, as YAML.
    """

    when: str
    set: Mapping[str, str] = field(default_factory=dict)
    left: str = ""
    record: Mapping[str, Value] = field(default_factory=dict)
    stays: Mapping[str, Value] = field(default_factory=dict)
    """The values in the record of a person who has not left."""
    ways: tuple[Mapping[str, Value], ...] = ()
    """The values of leavers: a record for each branch of `when`."""
    notice: tuple[Mapping[str, Value], ...] = ()
    """The values of people who leave later, if that is not written in advance."""
    last_day: tuple[Mapping[str, Value], ...] = ()
    """The values of people whose last day is today."""
    asks: str = ""
    """The question for a person to decide."""
    words: "DraftWords | None" = None
    """The words of the field that `when` compares, if they are few."""
    unclear: tuple[str, ...] = ()
    """Fields that may say who has left, though no rule reads them: the question names them."""
    lacks: tuple[str, ...] = ()
    """What must be added before the answer can be used, in sentences."""


@dataclass(frozen=True, slots=True)
class DraftWords:
    """The words in a source field, most frequent first, with the number of records of each.

    `blanks` are the blank values that count as a word, for a field that is blank for those who
    stay; `blank` counts the records that have one.
    """

    path: str
    counts: Mapping[Value, int]
    blanks: tuple[Value, ...]
    blank: int

    @property
    def type(self) -> str:
        """The type of the words in a record schema."""
        return _TYPES[type(next(iter(self.counts)))]


def leaving_of(
    source: DraftSide, target: DraftSide, switch: Switch | None, keys: MatchKeys, today: date
) -> Leaving:
    """Return the draft rule of leavers."""
    date, guess = _leave_date(source), ""
    said = who_left(source, date, today)
    if not date and (said is None or said.guess):
        if beside := _end_beside_start(source):
            date, guess = beside
        elif seldom := _seldom_dates(source):
            date, guess = seldom[0], _SELDOM.format(" or ".join(seldom))
    there = next((path for path in target.fields if concept(path) == "leave"), "")
    scheduled = switch is None
    left = _left(source, date, said, today, scheduled=scheduled)
    sets, gone, lacks, form = {}, "", list(left.lacks), FormOfDays()
    if switch is not None:
        sets[switch.path] = f"{{value: {json.dumps(switch.off)}}}"
        gone = f"{expression(target, switch.path)} == {literal(switch.off)}"
    if there or switch is None:
        if not there and target.fields:
            lacks.append(_NO_FIELD)
        there = there or "leaveDate"
        form = form_of_days(source, target, (date, there), keys)
        sets[there] = yaml_text(_last_day(source, date, left, form), flow=True)
        gone = gone or f"is_past({expression(target, there)})"
    asks = _joined(guess, left.asks, form.asks)
    if lacks:
        # no case can be made of it
        return Leaving(left.when, sets, gone, asks=asks, unclear=left.unclear, lacks=tuple(lacks))
    return replace(left, set=sets, left=gone, asks=asks)


def _last_day(source: DraftSide, date: str, left: Leaving, form: FormOfDays) -> str:
    """Return the expression of the last day that is written, in the form of the target's days."""
    today = "today()" if form.pattern == ISO else day_value("today()", form.pattern)
    if not date:
        return today
    read = expression(source, date)
    only = left.when in (read, f"{read} && is_past({read})")
    day = day_value(read, form.pattern)
    return day if only else f"coalesce({day}, {today})"


_NO_FIELD = (
    "No field of the target says that somebody has left: add one, such as leaveDate, or name the "
    "one that ends access."
)


_SELDOM = (
    "guess: no heading says who has left. {} is blank for most, and a date for the others: "
    "is it the last day?"
)


_BESIDE = "guess: {0} is beside {1}: is it the last day?"
_ODD = " {0:,} of its {1:,} values: no date, and an error of the record until it is one."
_ENDS = frozenset(("end", "ends", "ended", "until", "to", "einde", "tot", "ende", "bis", "fin"))
_STARTS = frozenset(
    ("start", "starts", "started", "from", "since", "begin", "beginn", "van", "vanaf", "von", "ab")
)


def _end_beside_start(source: DraftSide) -> tuple[str, str] | None:
    """Return a field like `End` beside a `Start` that mostly holds dates, with a question."""
    start = next((e for e in source.fields if plain(e) in _STARTS or concept(e) == "start"), "")
    for path in source.fields if start else ():
        values = source.values(path)
        days = sum(parse_day(value) is not None for value in values)
        if plain(path) in _ENDS and days > 0 and len(values) <= 2 * days:
            odd = len(values) - days
            return path, _BESIDE.format(path, start) + (
                _ODD.format(odd, len(values)) if odd else ""
            )
    return None


def _leave_date(source: DraftSide) -> str:
    """Return the field whose name means a person's last day, if any."""
    return next((path for path in source.fields if is_leave_date(source, path)), "")


def _seldom_dates(source: DraftSide) -> list[str]:
    """Return the unrecognised fields that are mostly blank and otherwise hold a date.

    In any system, the last day looks like this; so does the end of a trial period.
    """
    found = []
    for path in source.fields:
        values = [] if concept(path) else source.values(path)
        days = sum(parse_day(value) is not None for value in values)
        if 2 * len(values) < len(source.records) and is_overwhelming(days, len(values)):
            found.append(path)
    return found


def _left(
    source: DraftSide, date: str, said: LeftBy | None, today: date, *, scheduled: bool
) -> Leaving:
    """Return the condition for leavers: by a date that has come, or by a word if there is no date.

    A target that accepts dates in advance (`scheduled`) includes people whose date is still to
    come.
    """
    record, stays = dict[str, Value](), dict[str, Value]()
    word, words, agree, guess, out = "", None, "", "", ""
    if said is not None:
        read = expression(source, said.path)
        word = " || ".join(f"{read} == {literal(each)}" for each in said.words[:FEW])
        record[said.path] = said.words[0]
        stays[said.path] = next(iter(said.stays), "")
        words = listed_words(source, said.path, said.words)
        agree = _agreement(source, date, said.path, said.words, today) if date else ""
        guess, out = said.guess, said.left_out
    others = tuple(unclear(source, date, said.path if said else ""))
    if not date:
        lacks = () if word else (_no_leavers(source, others),)
        more = _others(source, others) if word else ""
        return Leaving(word or "status == 'Left'", record=record, stays=stays, words=words,
                       ways=_by_word(said, {}), asks=_joined(guess, out, more), lacks=lacks,
                       unclear=others)  # fmt: skip
    read = expression(source, date)
    record[date] = past_day(today)
    stays[date] = "" if any(_reads_blank(source, date)) else None
    more = _others(source, others)
    past, later = record[date], (today + timedelta(days=30)).isoformat()
    ways = ({**stays, date: past}, *_by_word(said, stays))
    if scheduled:
        ways = (*ways, {**stays, date: later})
        when = f"{word} || {read}" if word else read
        return Leaving(when, record=record, stays=stays, ways=ways, asks=_joined(guess, out, more),
                       words=words, unclear=others)  # fmt: skip
    when = f"iif({read}, is_past({read}), {word})" if word else f"{read} && is_past({read})"
    asks = f"Access ends the day after {called(date)}. To end it on that day itself, write"
    asks = f"{asks} `!is_future({read})` in place of `is_past({read})`.{agree}"
    employed = (stays, *_by_word(said, stays)[:1])  # the day decides, whatever the word is
    notice, last = (
        tuple({**each, date: day} for each in employed) for day in (later, today.isoformat())
    )
    return Leaving(when, record=record, stays=stays, ways=ways, notice=notice, last_day=last,
                   asks=_joined(guess, asks, out, more), words=words, unclear=others)  # fmt: skip


def _by_word(said: LeftBy | None, stays: Mapping[str, Value]) -> tuple[Mapping[str, Value], ...]:
    """Return the values of leavers who are known by a word alone, one for each word."""
    if said is None:
        return ()
    return tuple({**stays, said.path: each} for each in said.words[:FEW])


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _others(source: DraftSide, paths: Sequence[str]) -> str:
    """Return the question about the fields that may say who has left, and that no rule reads."""
    if not paths:
        return ""
    held = "; ".join(f"{called(path)} holds {listed(source, path)}" for path in paths)
    return f"{held}: {DOES_ONE_SAY}"


def _agreement(source: DraftSide, date: str, path: str, gone: Sequence[Value], today: date) -> str:
    """Return whether the last day and the status agree for all people."""
    odd = []
    for each in source.records:
        day = parse_day(at(each.data, source.keys(date)))
        word = at(each.data, source.keys(path))
        if day is not None and (word in gone) is not (day < today):
            odd.append(each.id)
    if not odd:
        return f" It agrees with {called(path)} for everybody."
    named = ", ".join(odd[:NAMED]) + (" and others" if odd[NAMED:] else "")
    return f" It contradicts {called(path)} for {len(odd):,} ({named}): then the day decides."


def listed_words(source: DraftSide, path: str, gone: Sequence[Value]) -> DraftWords | None:
    """Return the words of a field if they can be listed; `gone` are those of leavers.

    Blank is a word only if the field is blank for most people, or for all who stay.
    """
    held = [at(each.data, source.keys(path)) for each in source.records]
    blanks = [
        None if each is MISSING else each for each in held if each is MISSING or is_blank(each)
    ]
    words = [each for each in held if each is not MISSING and not is_blank(each)]
    counts = Counter(each for each in words if isinstance(each, str | int))
    alike = len({*map(type, counts)}) == 1 and counts.total() == len(words)
    if not alike or len(counts) > _MANY_WORDS or type(words[0]) not in _TYPES:
        return None
    meant = 2 * len(blanks) > len(held) or all(each in gone for each in counts)
    forms = dict.fromkeys(each for each in blanks if each is None or each == "") or {"": None}
    ordered: dict[Value, int] = dict(counts.most_common())
    return DraftWords(path, ordered, tuple(forms) if meant else (), len(blanks))


_MANY_WORDS = 12
"""The most words that a record schema lists."""
_TYPES = {bool: "boolean", int: "integer", str: "string"}


def _no_leavers(source: DraftSide, others: Sequence[str]) -> str:
    """Return what to look at if nothing in the source clearly marks leavers."""
    named = [path for path in source.fields if concept(path) == "leave" and path not in others]
    if named:
        said = f"Not all of {', '.join(named)} could be read as dates, so the rule is yours"
        return f"{said} to write: set `types` for the column (`oneway docs csv`)."
    if others:
        held = "; ".join(f"{called(path)} holds {listed(source, path)}" for path in others)
        return f"No field of the source clearly says who has left. {held}: which word says so?"
    return "No field of the source says who has left: ask for one."


def _reads_blank(source: DraftSide, path: str) -> Iterator[bool]:
    return (at(each.data, source.keys(path)) == "" for each in source.records)


def switch_of(target: DraftSide) -> Switch | None:
    """Return the switch of the target that gives access, or None."""
    named = [path for path in target.fields if concept(path) in ("status", "closed")]
    for path in named:
        pair = _pair(target, path)
        if pair is not None and not target.fields[path].computed:
            on, off = pair if concept(path) == "status" else (pair[1], pair[0])
            return Switch(path, on, off)
    return None


def _pair(target: DraftSide, path: str) -> tuple[Value, Value] | None:
    """Return the values of a field that mean yes and no, if it seems to have two."""
    types = target.fields[path].types - {"null"}
    values = target.values(path)
    if types == {"boolean"} or (values and all(isinstance(value, bool) for value in values)):
        return True, False
    words = [str(value) for value in (*target.fields[path].enum, *values) if value is not None]
    numeric = bool(values) and all(isinstance(value, int) for value in values)
    # "ja" alone means yes in two languages; the heading tells which
    german = re.search("aktiv|sperr", plain(path)) is not None
    for yes, no in (each for each in _WORDS if not (german and each[1] == "nee")):
        if words and {word.casefold() for word in words} <= {yes, no}:
            return (1, 0) if numeric else (_styled(yes, words), _styled(no, words))
    if words or types - {"boolean"}:
        return None
    is_text = target.connector == "file" and not target.resource.endswith(("json", "jsonl"))
    return ("true", "false") if is_text else (True, False)


def _styled(word: str, like: Sequence[str]) -> str:
    """Return a word in the case of another: "NO" beside "YES"."""
    seen = next((each for each in like if each.casefold() == word), "")
    model = like[0]
    return seen or (word.upper() if model.isupper() else
                    word.title() if model.istitle() else word)  # fmt: skip
