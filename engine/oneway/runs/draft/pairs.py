"""Guesses which source field feeds which target field, by name and by value."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from oneway.core.dataclass import dataclass
from oneway.core.decimal_marks import COMMA, POINT, notation_of, number_in
from oneway.core.field_concepts import CANONICAL, camel, concept, plain
from oneway.core.key_names import names_secret
from oneway.core.majority import is_overwhelming
from oneway.core.paths import at
from oneway.core.progress import Progress, shown_while, silent
from oneway.core.records import Value, is_blank
from oneway.runs.draft.notation import is_one_line
from oneway.runs.draft.side import DraftSide

_LIKELY = 50
"""The least score of a guess."""
_ABOUT = 20
"""Scores this close count as equal."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A target field, the source field that probably feeds it, and why."""

    target: str
    source: str
    why: str
    score: float
    ignores_case: bool = False
    letters: str = ""
    """The function that gives the target's spelling, `upper` or `lower`, if all its texts are in
    one case and the source's are not."""
    number: bool = False
    marks: tuple[str, ...] = ()
    """The decimal marks of the source's numbers if they are not written as in JSON. Two if the
    values do not tell which, which is then a question."""
    as_text: bool = False
    """Whether the target writes the number as text, in plain notation."""
    looks_up: bool = False
    unfit: bool = False
    """Whether the target takes a number and the source holds other text, so that a lookup is
    needed."""
    email: bool = False
    """Whether it holds email addresses, by name or by value."""
    doubt: str = ""
    """How few matched records agree, if fewer than half do; the pair is then a question."""
    codes: tuple[tuple[str, Value], ...] = ()
    """The target's value for each text of the source, if they differ."""
    width: int = 0
    """The length of the target's numbers, if the source has lost their leading zeros."""
    pattern: str = ""
    """How the target writes a date, if unlike the source."""

    @property
    def asks_mark(self) -> bool:
        """Whether a person has to say which character is the decimal mark."""
        return len(self.marks) > 1


def paired(source: DraftSide, target: DraftSide, progress: Progress = silent) -> tuple[Pair, ...]:
    """Return the best source field for each target field, in the target's order.

    A target without fields gets those of the source, under plain names.
    """
    if not target.fields and target.open:
        return tuple(_made(source))
    fields = shown_while(progress, "comparing fields", target.fields.items(), len(target.fields))
    scored = [
        each
        for path, field in fields
        if not (field.computed or "object" in field.types or path == target.id)
        if is_one_line(path)  # a key of a mapping is one line
        for each in _scored(source, target, path)
        if each.score >= _LIKELY
    ]
    found = _assigned(scored)
    return tuple(found[path] for path in target.fields if path in found)


def _assigned(scored: list[Pair]) -> dict[str, Pair]:
    """Return the best pair of each target field, the most certain first.

    A source field feeds a second target field only if it fits about as well: managers' numbers are
    staff numbers, but they are not the staff number.
    """
    found: dict[str, Pair] = {}
    used: dict[str, float] = {}
    for each in sorted(scored, key=lambda pair: -pair.score):
        first = used.get(each.source, each.score)
        if each.target not in found and each.score >= first - _ABOUT:
            found[each.target] = each
            used.setdefault(each.source, each.score)
    return found


def _made(source: DraftSide) -> Iterator[Pair]:
    taken: set[str] = set()
    for path in source.fields:
        name = CANONICAL.get(concept(path), camel(path))
        if name in taken or name == "id":
            name = camel(path)
        if name not in taken and name != "id":
            taken.add(name)
            email = _is_email(source, path)
            yield Pair(name, path, "the target has no fields yet", _LIKELY, email=email)


def _scored(source: DraftSide, target: DraftSide, path: str) -> Iterator[Pair]:
    every = _texts(target.values(path))
    has_emails = are_emails(target.values(path))
    for name in source.fields:
        score, why = _by_name(name, path)
        if not score and names_secret(name) != names_secret(path):
            continue  # pay is not a staff number, although small numbers may be equal
        if not score and has_emails and _is_email(source, name) and not concept(path):
            score, why = _LIKELY, "both hold emails"
        wanted, have = every, _texts(source.values(name))
        share = _share(wanted, have)
        as_numbers = ""
        if share < 0.5 and (numbers := _share(_numbers(wanted), _numbers(have))) >= 0.5:
            # one side has lost the leading zeros of its numbers
            wanted, have, share, as_numbers = _numbers(wanted), _numbers(have), numbers, _AS_NUMBERS
        if share >= 0.5 and len(wanted) > 1 and len(have) > 1:
            score += 60 * share + 10 * len(wanted & have) / len(wanted | have)
            count = round(share * len(wanted))
            said = f"{count} of its {len(wanted)} values are in the source{as_numbers}"
            why = f"{why}; {said}" if why else said
        looks_up = _looks_up(target, name, path)
        needs = not looks_up and _needs_number(source, target, name, path)
        as_text = not (needs or looks_up) and _is_written_anew(source, target, name, path)
        if score > 0:
            yield Pair(
                path,
                name,
                why,
                score,
                ignores_case=(loose := _differs_in_case(source, target, name, path)),
                letters=_letters(target, path) if loose else "",
                width=0 if looks_up else _width(source, target, name, path),
                number=needs or as_text,
                marks=_marks(source, name) if needs or as_text else (),
                as_text=as_text,
                looks_up=looks_up,
                unfit=_is_unfit(source, target, name, path),
                email=_holds_email(source, target, name, path),
            )


def _by_name(source: str, target: str) -> tuple[float, str]:
    if plain(source) == plain(target):
        return 100, "the same name"
    known = concept(target)
    if known and concept(source) == known:
        return 80, "a name for the same"
    likeness = SequenceMatcher(None, plain(source), plain(target)).ratio()
    return (60 * likeness, "a name like it") if likeness > 0.8 else (0, "")


def are_emails(values: Sequence[Value]) -> bool:
    """Return whether most values are email addresses."""
    found = [value for value in values if isinstance(value, str) and "@" in value]
    return len(found) * 2 > len(values)


def _is_email(source: DraftSide, name: str) -> bool:
    return are_emails(source.values(name))


def _holds_email(source: DraftSide, target: DraftSide, name: str, path: str) -> bool:
    """Return whether a pair holds emails; a side without values is judged by its name."""
    here, there = source.values(name), target.values(path)
    return (are_emails(here) if here else concept(name) == "email") and (
        are_emails(there) if there else concept(path) == "email"
    )


def _texts(values: Sequence[Value]) -> set[str]:
    return {str(value).strip().casefold() for value in values if not isinstance(value, list | dict)}


def _numbers(texts: set[str]) -> set[str]:
    """Return texts without leading zeros; an empty set if one of them is not a number."""
    return {each.lstrip("0") for each in texts} if all(map(str.isdigit, texts)) else set()


_AS_NUMBERS = ", without the zeros before them"


def _share(wanted: set[str], have: set[str]) -> float:
    return len(wanted & have) / len(wanted) if wanted else 0


def _differs_in_case(source: DraftSide, target: DraftSide, name: str, path: str) -> bool:
    """Return whether the values of both sides differ only in case."""
    exact, loose = {str(value) for value in target.values(path)}, _texts(target.values(path))
    texts = (str(value) for value in source.values(name))
    return any(text not in exact and text.strip().casefold() in loose for text in texts)


def _letters(target: DraftSide, path: str) -> str:
    """Return `upper` or `lower` if all of a field's texts are so and some have letters."""
    held = [str(value) for value in target.values(path)]
    if all(value == value.upper() for value in held):
        return "upper"
    return "lower" if all(value == value.lower() for value in held) else ""


def _needs_number(source: DraftSide, target: DraftSide, name: str, path: str) -> bool:
    types = target.fields[path].types - {"null"}
    numeric = bool(types) and types <= {"integer", "number"}
    return (numeric or _are_numbers(target.values(path))) and not _are_numbers(source.values(name))


def _is_unfit(source: DraftSide, target: DraftSide, name: str, path: str) -> bool:
    values = source.values(name)
    if not values or not _needs_number(source, target, name, path):
        return False
    texts = [each for each in values if isinstance(each, str)]
    numbers = len(values) - len(texts) + notation_of(texts).fits
    return not is_overwhelming(numbers, len(values))


def _marks(source: DraftSide, name: str) -> tuple[str, ...]:
    """Return the decimal marks of a field's numbers; none if they are written as in JSON."""
    texts = [each for each in source.values(name) if isinstance(each, str)]
    marks = notation_of(texts).marks
    plain = marks == (POINT,) and not any(COMMA in each for each in texts)
    return () if plain and all(map(is_number, texts)) else marks


def _is_written_anew(source: DraftSide, target: DraftSide, name: str, path: str) -> bool:
    """Return whether both sides hold numbers as text, and only the source's are like `3.000`."""
    here, there = source.values(name), target.values(path)
    if concept(path) == "reference" or not all(isinstance(each, str) for each in (*here, *there)):
        return False
    plain = len(there) > 1 and all(map(is_number, there))
    plain = plain and not notation_of(map(str, there)).is_ambiguous
    return plain and bool(_marks(source, name)) and not any(map(_has_zeros, (*here, *there)))


def _has_zeros(value: Value) -> bool:
    return re.match("0[0-9]", str(value)) is not None


def number_of_pair(value: object, marks: Sequence[str]) -> int | float | None:
    """Return a source value as a number, by the first mark that fits; None if none does."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = str(value)
    if not marks:
        return number_in(text, POINT) if is_number(text) else None
    return next((n for mark in marks if (n := number_in(text, mark)) is not None), None)


def _width(source: DraftSide, target: DraftSide, name: str, path: str) -> int:
    """Return the length of the target's numbers if the source has lost their leading zeros."""
    there = [each for each in target.values(path) if isinstance(each, str)]
    here = source.values(name)
    lengths = {len(each) for each in there}
    texts = [each for each in here if isinstance(each, str)]
    plain = all(map(str.isdigit, (*there, *texts))) and len(texts) == len(here)
    zeros = any(each.startswith("0") for each in there)
    short = any(len(each) < max(lengths, default=0) for each in texts)
    return max(lengths) if plain and zeros and short and len(lengths) == 1 else 0


def is_number(value: Value) -> bool:
    """Return whether a value is a number or the text of one."""
    return _NUMBER.fullmatch(str(value).strip()) is not None


_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def _are_numbers(values: Sequence[Value]) -> bool:
    return bool(values) and all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in values
    )


def _looks_up(target: DraftSide, name: str, path: str) -> bool:
    """Return whether a target field holds the target's ids and the source field another key."""
    if concept(path) != "manager" or concept(name) != "manager":
        return False
    ids = {each.id for each in target.records}
    held = [str(value) for value in target.values(path)]
    # former managers may still be named, so most are enough
    return sum(value in ids for value in held) * 2 > len(held)


def manager_key(source: DraftSide, target: DraftSide, pair: Pair, key: str) -> str:
    """Return the target field by which the source names a manager: a number, an email or a name.

    It is the match key's field unless another field has more of the source's values.
    """
    named = _texts(source.values(pair.source))

    def merit(path: str) -> tuple[int, bool]:
        return len(named & _texts(target.values(path))), path == key

    return max((path for path in target.fields if path != pair.target), key=merit)


def id_like(source: DraftSide, target: DraftSide) -> tuple[str, int, bool] | None:
    """Return the source field that holds the target's ids, and how many of them; None without one.

    Also whether an id is the part of an email before the @, as user names are.
    """
    ids = {each.id.strip().casefold() for each in target.records}
    found: list[tuple[int, bool, str]] = []
    for path in source.fields:
        held = _texts(source.values(path))
        found.append((len(ids & held), False, path))
        if _is_email(source, path):
            found.append((len(ids & {each.partition("@")[0] for each in held}), True, path))
    share, local, path = max(found, key=lambda each: each[0], default=(0, False, ""))
    return (path, share, local) if share > 1 and 2 * share >= len(ids) else None


def name_parts(source: DraftSide, target: DraftSide, path: str) -> tuple[tuple[str, ...], str]:
    """Return the source fields that make up a target's whole name, and what joins them.

    Both are empty if there are no such fields.
    """
    named = {concept(each): each for each in reversed(tuple(source.fields))}
    held = _texts(target.values(path))
    found: list[tuple[float, tuple[str, ...], str]] = []
    for order, between in _ORDERS:
        parts = tuple(named[each] for each in order if each in named)
        if len(parts) == len(order):
            made = {_whole(source, each.data, parts, between) for each in source.records}
            found.append((_share(held, made), parts, between))
    share, best, between = max(found, key=lambda each: each[0], default=(0.0, (), ""))
    return (best, between) if share >= 0.5 else ((), "")


_ORDERS = (
    (("first", "last"), " "),
    (("last", "first"), " "),
    (("first", "middle", "last"), " "),
    (("last", "first"), ", "),
)


def _whole(source: DraftSide, data: Mapping[str, Value], parts: tuple[str, ...], by: str) -> str:
    """Return the name that a record's parts make, joined by single spaces."""
    texts = (at(data, source.keys(part)) for part in parts)
    return " ".join(by.join(str(each) for each in texts if not is_blank(each)).split()).casefold()
