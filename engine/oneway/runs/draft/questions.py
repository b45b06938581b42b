"""The questions about a first mapping that only a person can answer.

Each question comes with the answer that the records suggest, written as a comment.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, timedelta

from oneway.connections.discovery import FILES
from oneway.core.dataclass import dataclass
from oneway.core.field_concepts import concept, plain
from oneway.core.majority import is_overwhelming
from oneway.core.records import MISSING, Value, at, is_blank, parse_day, with_value
from oneway.runs.draft.notation import expression, literal, yaml_text
from oneway.runs.draft.outliers import is_leave_date
from oneway.runs.draft.pairs import name_parts
from oneway.runs.draft.side import DraftSide

_GONE = re.compile(
    r"leaver|left|former|terminated|inactive|ended|departed|resigned|uit dienst|vertrokken|"
    r"inactief|ausgeschieden|ausgetreten|inaktiv|inactif",
    re.IGNORECASE,
)
_OUTSIDERS = ("Contractor", "Agency", "External")
_OUTSIDE = re.compile(
    r"\b(sub-?)?contractors?\b|\bcontingent\b|\bagency\b|\bextern(al)?s?\b|\btemp(s|orary)?\b|"
    r"\bfreelancers?\b|\bfreelance\b|\bconsultants?\b|\bvendors?\b|\bsuppliers?\b|"
    r"\bthird[- ]party\b|\bself[- ]?employed\b|\boff[- ]?payroll\b|\bumbrella\b|\bvolunteers?\b|"
    r"\bnon[- ]?employees?\b|\bout(side|sourced)\b|\bsecond(ed|ees?)\b|\bguests?\b|"
    r"\bextern(e|er|en|es)\b|\buitzend\w*|\bzzp\w*|\binhuur\w*|\bingehuurd\w*|"
    r"\bgedetacheerd\w*|\bdetachering\b|\bleih(arbeit\w*|kraft|kräfte)\b|\bzeitarbeit\w*|"
    r"\bfreiberuf\w*|\bfremd(personal|firma)\b|\bint[ée]rimaires?\b|\bprestataires?\b|"
    r"\bfreie[rsn]?(\(r\))? mitarbeit\w*|\bfreie[rn]?\b|\bhonorar(kraft|kräfte|vertrag|basis)\b|"
    r"\bwerkvertrag\w*|\b(solo-?)?selb(st)?ständige?[rn]?\b|\bsubunternehme\w*|"
    r"\bdienstleister\w*|\b(externe )?berater(in)?\b|\barbeitnehmerüberlassung\b|\baüg\b|"
    r"\bfremdkr(aft|äfte)\b|\behrenamt\w*|"
    r"\bzelfstandigen?\b|\bonderaannemers?\b|\binleen\w*|\bflexkracht\w*|\bvrijwilligers?\b|"
    r"\bind[ée]pendante?s?\b|\bsous-?traitan(ts?|ce)\b|\bportage\b|\bb[ée]n[ée]voles?\b|"
    r"\b(auto|micro)-?entrepreneu(r|se)s?\b|\bvacataires?\b|\bconsultante?s?\b|"
    r"\baut[óôo]nom[oa]s?\b|\b(sub)?contratistas?\b|\bsubcontratad[oa]s?\b|\bextern[oai]\b|"
    r"\bconsult?or(a|es)?\b|\bterceirizad[oa]s?\b|\bprestador(a|es)?\b|"
    r"\blibero professionista\b|\bpartita iva\b|\bconsulente\b|\bsomministrat[oa]\b|"
    r"\binterinal[ei]\b|\bkonsul(t|tti|ent)(er)?\b|\binhyrd\w*|\binnleid\w*|\bindlejet\b|"
    r"\bb2b\b|\bsamozatrudni\w*|\bzleceniobiorca\b",
)
"""Words, without case, for people who work there without being employed."""
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
_FEW = 6
_NAMED = 3
_MANY = 20
"""The most kinds of people that are listed."""
_WORDS = (("true", "false"), ("yes", "no"), ("y", "n"), ("1", "0"), ("active", "inactive"),
          ("enabled", "disabled"), ("current", "former"), ("on", "off"), ("ja", "nee"),
          ("ja", "nein"), ("oui", "non"), ("actief", "inactief"), ("aktiv", "inaktiv"),
          ("actif", "inactif"))  # fmt: skip
_YES = ("true", "yes", "y", "1", "ja", "oui")
_NO = ("false", "no", "n", "0", "nee", "nein", "non")


@dataclass(frozen=True, slots=True)
class EligibilityRule:
    """A draft rule that excludes people: by the value of a field, or by its being blank."""

    id: str
    path: str
    when: str
    otherwise: str
    seen: str
    """Why the rule is drafted, as a comment: a guess, or a question."""
    word: Value = ""
    """The value of an excluded person."""
    usual: Value = ""
    """The usual value of an included person."""
    audience: str = "[joiners, movers]"

    left_out: Callable[[Value], bool] = is_blank
    """Whether any value in the field excludes a person."""
    of_kind: bool = False
    """Whether the rule is about kinds of people."""
    asked: bool = False
    """Whether the records do not say which kinds take part, so that a person strikes some out."""
    others: Mapping[str, Value] = field(default_factory=dict)
    """Further fields that must not be blank, and the usual value of each."""


@dataclass(frozen=True, slots=True)
class Switch:
    """The target's field that gives access, and its two values."""

    path: str
    on: Value
    off: Value


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who has left, and what is written then; `record` holds the values of a leaver.

    `when` and `left` are expressions, `set` the fields that are written as YAML has them.
    """

    when: str
    set: Mapping[str, str] = field(default_factory=dict)
    left: str = ""
    record: Mapping[str, Value] = field(default_factory=dict)
    stays: Mapping[str, Value] = field(default_factory=dict)
    """The values in the record of a person who has not left."""
    notice: Mapping[str, Value] = field(default_factory=dict)
    """Those in the record of a person who leaves later, where that is not written in advance."""
    last_day: Mapping[str, Value] = field(default_factory=dict)
    """Those in the record of a person whose last day is today."""
    asks: str = ""
    """The question that a person has to decide."""
    words: "DraftWords | None" = None
    """The words of the field that `when` compares with a word, if those are few."""
    lacks: tuple[str, ...] = ()
    """What a person has to add before the answer can be used, in sentences."""


@dataclass(frozen=True, slots=True)
class DraftWords:
    """The words that a field of the source holds, commonest first, and how many records each.

    `blanks` are the blank values that count as one of them, for a field that is blank for those
    who stay; `blank` is how many records have one.
    """

    path: str
    counts: Mapping[Value, int]
    blanks: tuple[Value, ...]
    blank: int

    @property
    def type(self) -> str:
        """The type of the words in a record schema."""
        return _TYPES[type(next(iter(self.counts)))]


@dataclass(frozen=True, slots=True)
class Questions:
    """All questions, with the answers that the two sides suggest."""

    rules: tuple[EligibilityRule, ...]
    switch: Switch | None
    leaving: Leaving
    words: "tuple[DraftWords, ...]" = ()
    """The words of a file's fields that decide who takes part or has left, where those are few."""


def questions(source: DraftSide, target: DraftSide, today: date) -> Questions:
    """Return the questions about two sides."""
    switch = _switch(target)
    asked = _distinct(_eligibility(source))
    rules = (*asked, *_complete(source, target), *_not_yet(source, today))
    leaving = _leaving(source, target, switch, today)
    if source.connector != FILES:
        return Questions(rules, switch, leaving)
    kinds = (_listed(source, rule.path, ()) for rule in rules if rule.of_kind)
    listed = {each.path: each for each in (leaving.words, *kinds) if each is not None}
    return Questions(rules, switch, leaving, tuple(listed.values()))


def _distinct(rules: Iterable[EligibilityRule]) -> Iterator[EligibilityRule]:
    """Yield rules under ids of their own: two fields may know the same kind of people."""
    seen = Counter[str]()
    for rule in rules:
        seen[rule.id] += 1
        yield rule if seen[rule.id] == 1 else replace(rule, id=f"{rule.id}-{seen[rule.id]}")


def _past(today: date) -> str:
    """Return a day some weeks ago, for the record of a leaver."""
    return (today - timedelta(days=30)).isoformat()


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
    """Return a rule that includes only the kinds of people that the source holds, if any.

    It lists the included kinds, not the excluded ones: a new kind, or a new spelling of one, must
    not get in.
    """
    kind = concept(path)
    outside = [each for each in words if _is_outside(path, each)]
    if not outside and (kind != "type" or len(words) > _FEW):
        return None
    if len(words) > _MANY or (outside and kind in _NO_KINDS):
        return None
    left = [each for each in words if _is_gone(path, each)]
    taken = [each for each, _ in words.most_common() if each not in (*outside, *left)]
    if not taken:
        return None
    read = expression(source, path)
    number = len(source.records) - words.total()
    counted = [f"{each} {count}" for each, count in words.most_common()]
    seen = f"{path}: {', '.join([*counted, *([f'blank {number}'] if number else [])])}"
    more = " or another that takes part" if len(taken) > _NAMED else ""
    said = f"{called(path)} is not {' or '.join(map(str, taken[:_NAMED]))}{more}"
    if not outside:  # a person strikes some out, which the text need not follow
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


def _is_outside(path: str, value: Value) -> bool:
    """Return whether a value means that a person is not employed: a contractor, agency staff."""
    word = str(value).strip().casefold()
    if _OUTSIDE.search(" ".join(re.findall("[a-z0-9]+", path.casefold()))):
        return word in _YES or _OUTSIDE.search(word) is not None
    if concept(path) == "type":
        return _OUTSIDE.search(word) is not None
    return _OUTSIDE.fullmatch(word) is not None


def _complete(source: DraftSide, target: DraftSide) -> Iterator[EligibilityRule]:
    """Yield a rule that creates only people with what every target record has: names, email.

    A whole name in the target needs both of the source's names.
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
    """Return whether people of the source have a value there: of emails, a rule asks otherwise."""
    held, every = len(source.values(path)), len(source.records)
    return held == every > 0 if kind == "email" else 2 * held > every


def _has_all(source: DraftSide, target: DraftSide, path: str, kind: str) -> bool:
    """Return whether each target record has a kind of value, or the whole name made of it."""
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
    day, past = today + timedelta(weeks=4), _past(today)
    number = sum(each is not None and each > today for each in days)
    seen = f"create people only from their first day? {number} of {len(days)} are yet to start"
    yield EligibilityRule(
        "not-started", path, f"!is_future({expression(source, path)})", "Has not started yet", seen,
        day.isoformat(), past, "[joiners]", left_out=lambda value: str(value) > past,
    )  # fmt: skip


def called(path: str) -> str:
    """Return a field as texts name it: a heading with a line break has no name there."""
    return path if path.isprintable() else "A value"


def _leaving(source: DraftSide, target: DraftSide, switch: Switch | None, today: date) -> Leaving:
    """Return the draft rule of leavers."""
    date, guess = _leave_date(source), ""
    if not date and not _left(source, "", today, scheduled=False).record:
        if beside := _end_beside_start(source):
            date, guess = beside
        elif seldom := _seldom_dates(source):
            date, guess = seldom[0], _SELDOM.format(" or ".join(seldom))
    there = next((path for path in target.fields if concept(path) == "leave"), "")
    scheduled = switch is None
    left = _left(source, date, today, scheduled=scheduled)
    sets, gone, lacks = {}, "", list(left.lacks)
    if switch is not None:
        sets[switch.path] = f"{{value: {json.dumps(switch.off)}}}"
        gone = f"{expression(target, switch.path)} == {literal(switch.off)}"
    if there or switch is None:
        if not there and target.fields:
            lacks.append(_NO_FIELD)
        there = there or "leaveDate"
        read = expression(source, date) if date else ""
        only = read and left.when in (read, f"{read} && is_past({read})")
        value = read if only else f"coalesce({read}, today())" if read else "today()"
        sets[there] = yaml_text(value, flow=True)
        gone = gone or f"is_past({expression(target, there)})"
    asks = " ".join(filter(None, (guess, left.asks)))
    if lacks:
        # No case can be made of it.
        return Leaving(left.when, sets, gone, asks=asks, lacks=tuple(lacks))
    return replace(left, set=sets, left=gone, asks=asks)


_NO_FIELD = (
    "No field of the target says that somebody has left: add one, such as leaveDate, or name the "
    "one that ends access."
)


_SELDOM = (
    "guess: no heading says who has left. {} is blank for most, and a date for the others: "
    "is it the last day?"
)


_BESIDE = "guess: {0} stands beside {1}: is it the last day?"
_ODD = " {0:,} of its {1:,} values: no date, and an error of the record until it is one."
_ENDS = frozenset(("end", "ends", "ended", "until", "to", "einde", "tot", "ende", "bis", "fin"))
_STARTS = frozenset(
    ("start", "starts", "started", "from", "since", "begin", "beginn", "van", "vanaf", "von", "ab")
)


def _end_beside_start(source: DraftSide) -> tuple[str, str] | None:
    """Return a field such as `End` beside a `Start`, if most of its values are dates, and a
    question about it.
    """
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
    """Return the unrecognised fields that are mostly blank, and otherwise hold a date.

    The last day looks like this in any system; so does the end of a trial period.
    """
    found = []
    for path in source.fields:
        values = [] if concept(path) else source.values(path)
        days = sum(parse_day(value) is not None for value in values)
        if 2 * len(values) < len(source.records) and is_overwhelming(days, len(values)):
            found.append(path)
    return found


def _left(source: DraftSide, date: str, today: date, *, scheduled: bool) -> Leaving:
    """Return who has left: by a date once it has come, by a word if there is no date.

    A target that accepts dates in advance (`scheduled`) includes people whose date is still to
    come.
    """
    record, stays = dict[str, Value](), dict[str, Value]()
    word, listed, agree = "", None, ""
    for path in (each for each in source.fields if concept(each) in ("status", "closed", "leave")):
        words = [each for each in source.values(path) if not isinstance(each, list | dict)]
        words = list({(type(each), each): each for each in words}.values())
        gone = [each for each in words if path != date and _is_gone(path, each)]
        if gone:
            read = expression(source, path)
            word = " || ".join(f"{read} == {literal(each)}" for each in gone[:_FEW])
            record[path] = gone[0]
            stays[path] = next((each for each in words if each not in gone), "")
            listed = _listed(source, path, gone)
            agree = _agreement(source, date, path, gone, today) if date else ""
            break
    if not date:
        lacks = () if word else (_no_leavers(source),)
        return Leaving(word or "status == 'Left'", record=record, stays=stays, words=listed,
                       lacks=lacks)  # fmt: skip
    read = expression(source, date)
    record[date] = _past(today)
    stays[date] = "" if any(_reads_blank(source, date)) else None
    if scheduled:
        when, asks = (f"{word} || {read}" if word else read), ""
    else:
        when = f"iif({read}, is_past({read}), {word})" if word else f"{read} && is_past({read})"
        asks = f"Access ends the day after {called(date)}. To end it on that day itself, write"
        asks = f"{asks} `!is_future({read})` in place of `is_past({read})`."
        asks = f"{asks}{agree}"
    if scheduled:
        return Leaving(when, record=record, stays=stays, asks=asks, words=listed)
    notice, last = (today + timedelta(days=30)).isoformat(), today.isoformat()
    return Leaving(when, record=record, stays=stays, notice={date: notice},
                   last_day={date: last}, asks=asks, words=listed)  # fmt: skip


def _agreement(source: DraftSide, date: str, path: str, gone: Sequence[Value], today: date) -> str:
    """Return whether the last day and the word of a status say the same of all people."""
    odd = []
    for each in source.records:
        day = parse_day(at(each.data, source.keys(date)))
        word = at(each.data, source.keys(path))
        if day is not None and (word in gone) is not (day < today):
            odd.append(each.id)
    if not odd:
        return f" It agrees with {called(path)} for everybody."
    named = ", ".join(odd[:_NAMED]) + (" and others" if odd[_NAMED:] else "")
    return f" It contradicts {called(path)} for {len(odd):,} ({named}): then the day decides."


def _listed(source: DraftSide, path: str, gone: Sequence[Value]) -> DraftWords | None:
    """Return the words of a field, where they can be a list; `gone` are those of leavers.

    A blank one is no word unless the field is blank for most, or for all who stay.
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
"""The most words that are listed in a record schema."""
_TYPES = {bool: "boolean", int: "integer", str: "string"}


def _is_gone(path: str, value: Value) -> bool:
    """Return whether a value says that a person has left: "Leaver", "Yes" of "Left"."""
    kind, word = concept(path), str(value).strip().casefold()
    if kind == "status" and re.search("active|enabled|actief|aktiv|actif", plain(path)):
        return word in (*_NO, "inactive")
    if kind in ("leave", "closed"):
        return word in _YES
    return isinstance(value, str) and _GONE.search(value) is not None


def _no_leavers(source: DraftSide) -> str:
    """Return what to look at if nothing in the source marks leavers."""
    named = [path for path in source.fields if concept(path) == "leave"]
    if not named:
        return "No field of the source says who has left: ask for one."
    said = f"Not all of {', '.join(named)} could be read as dates, so the rule is yours to write"
    return f"{said}: set `types` for the column (docs/csv.md)."


def _reads_blank(source: DraftSide, path: str) -> Iterator[bool]:
    return (at(each.data, source.keys(path)) == "" for each in source.records)


def _switch(target: DraftSide) -> Switch | None:
    """Return the switch of the target that gives access, or None."""
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
    # "ja" alone is yes in two languages: the heading tells which.
    german = re.search("aktiv|sperr", plain(path)) is not None
    for yes, no in (each for each in _WORDS if not (german and each[1] == "nee")):
        if words and {word.casefold() for word in words} <= {yes, no}:
            return (1, 0) if numeric else (_styled(yes, words), _styled(no, words))
    if words or types - {"boolean"}:
        return None
    is_text = target.connector == "file" and not target.resource.endswith(("json", "jsonl"))
    return ("true", "false") if is_text else (True, False)


def _styled(word: str, like: Sequence[str]) -> str:
    """Return a word in the case of the others: "NO" beside "YES"."""
    seen = next((each for each in like if each.casefold() == word), "")
    model = like[0]
    return seen or (word.upper() if model.isupper() else
                    word.title() if model.istitle() else word)  # fmt: skip


def employed(data: dict[str, Value], source: DraftSide, asked: Questions) -> dict[str, Value]:
    """Return the record of a person who takes part and has not left."""
    for rule in asked.rules:
        for path, usual in rule.others.items():
            if is_blank(at(data, source.keys(path))):
                data = with_value(data, source.keys(path), usual)
        value = at(data, source.keys(rule.path))
        # Of kinds that a person is to choose from, the commonest is the least likely to be out.
        if value is MISSING or rule.left_out(value) or rule.asked:
            usual = rule.usual or "person0@example.com"
            data = with_value(data, source.keys(rule.path), usual)
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
