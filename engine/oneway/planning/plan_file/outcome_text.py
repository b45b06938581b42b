"""Writes outcomes as canonical JSON: sorted keys, ASCII, no white space.

`codec` reads them. A plan has an outcome for every record, and building JSON objects first would
take four times as long.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import TypeAlias, TypeVar

from oneway.core.diagnostics import Span
from oneway.core.records import Value
from oneway.core.seal import Sealed, canonical
from oneway.planning.plan import Action, Awaits, Change, Claim, Outcome, Quiet, Reason
from oneway.planning.plan_file.codec import place_text
from oneway.planning.quiet_outcomes import QuietRun, quiet_text

T = TypeVar("T")


Parts: TypeAlias = Sequence[Outcome | Quiet | Sequence[Quiet]]
"""Outcomes, in order; quiet ones may stand together."""


def singly(parts: Iterable[Outcome | Quiet | Sequence[Quiet]]) -> Iterator[str]:
    """Yield each outcome as canonical JSON."""
    for part in parts:
        each = part.short if isinstance(part, Outcome) else part
        if isinstance(each, Outcome):
            yield _outcome(each)
        elif isinstance(each, Quiet):
            yield quiet_text(each)
        else:
            yield from each.singly() if isinstance(each, QuietRun) else map(quiet_text, each)


def in_pieces(parts: Parts, *, lines: bool = False) -> Iterator[bytes | memoryview]:
    """Yield the outcomes of `singly` in ASCII, many at a time; with `lines`, a line for each."""
    for start in range(0, len(parts), _AT_A_TIME):
        some = parts[start : start + _AT_A_TIME]
        text = _encoded(some, lines=lines) if len(some) == _AT_A_TIME else None
        yield from (_in_ascii(e, lines=lines) for e in some) if text is None else (text,)


def _in_ascii(part: Outcome | Quiet | Sequence[Quiet], *, lines: bool) -> bytes | memoryview:
    if isinstance(part, QuietRun):
        # Copied as stored, without creating objects.
        return part.lines() if lines else part.text
    return (",\n" if lines else ",").join(singly((part,))).encode("ascii")


_AT_A_TIME = 1_000


def _encoded(parts: Parts, *, lines: bool) -> bytes | None:
    """Return what `singly` yields, with commas; None if a fast encoder would write it otherwise."""
    import msgspec  # slow to import, and most commands do not need it

    raw, said, escapes = msgspec.Raw, list[object](), 0
    for part in parts:
        each = part.short if isinstance(part, Outcome) else part
        if isinstance(each, Outcome):
            text = _outcome(each)
            escapes += text.count("\\")
            said.append(raw(text.encode("ascii")))
        elif isinstance(each, Quiet):
            said.append(each)
        else:
            return None
    try:
        found = msgspec.json.Encoder().encode_lines(said)
    except UnicodeEncodeError:  # a lone surrogate, which needs an escape
        return None
    same = found.isascii() and found.count(b"\\") == escapes and b"\x7f" not in found
    return found[:-1].replace(b"\n", b",\n" if lines else b",") if same else None


def _outcome(each: Outcome) -> str:
    digest = f'"key_digest":{quoted(each.key_digest)},' if each.key_digest else ""
    by_key = '"only_by_key":true,' if each.only_by_key else ""
    return (
        f'{{"actions":{_list(_action, each.actions)},"has_access":{_flag(each.has_access)},'
        f'"key":{quoted(each.key)},{digest}"kind":"{each.kind.value}",'
        f'"label":{quoted(each.label)},{by_key}"reasons":{_list(_reason, each.reasons)},'
        f'"source_id":{_id(each.source_id)},"target_id":{_id(each.target_id)}}}'
    )


def _action(each: Action) -> str:
    why = f',"why":{quoted(each.why)}' if each.why else ""
    return (
        f'{{"changes":{_list(_change, each.changes)},"claims":{_list(_claim, each.claims)},'
        f'"depends_on":{_list(quoted, each.depends_on)},"id":{quoted(each.id)},'
        f'"source_id":{_id(each.source_id)},"target_id":{_id(each.target_id)},'
        f'"verb":"{each.verb.value}"{why}}}'
    )


def _change(each: Change) -> str:
    place = each.place
    at = (place.file, place.line, place.column, place.end)
    rule = _rule(each.expression, each.field, each.fallback, *at)
    awaits = "" if each.awaits is None else _awaits(each.awaits)
    before = _NOTHING if each.before is None else _content(each.before)
    return f'{{"after":{_content(each.after)},{awaits}"before":{before},{rule}}}'


def _awaits(each: Awaits) -> str:
    action, lookup = quoted(each.action), quoted(each.lookup)
    return f'"awaits":{{"action":{action},"lookup":{lookup}}},'


@lru_cache
def _rule(
    expression: str, field: str, fallback: bool, file: str, line: int, column: int, end: int
) -> str:
    """Return the part of a change that all changes by one rule share; cached."""
    place = quoted(place_text(Span(file, line, column, end)))
    falls_back = '"fallback":true,' if fallback else ""
    return f'"expression":{quoted(expression)},{falls_back}"field":{quoted(field)},"place":{place}'


def _claim(each: Claim) -> str:
    value = _content(each.value)
    return f'{{"compare":"{each.compare.value}","path":{quoted(each.path)},"value":{value}}}'


def _reason(each: Reason) -> str:
    place = "null" if each.place is None else quoted(place_text(each.place))
    value = f'"value":{quoted(each.value)},' if each.value else ""
    return (
        f'{{"candidates":{_list(quoted, each.candidates)},"code":{quoted(each.code)},'
        f'"place":{place},"text":{quoted(each.text)},{value}"warning":{_flag(each.warning)}}}'
    )


_NOTHING = '{"value":null}'


def _content(value: Value | Sealed) -> str:
    # Wrapped, so that an object with a key "sealed" is not taken for a sealed value.
    if value is None:
        return _NOTHING
    if isinstance(value, str):
        return f'{{"value":{quoted(value)}}}'
    if isinstance(value, Sealed):
        return f'{{"sealed":{quoted(value.digest)}}}'
    return f'{{"value":{canonical(value)}}}'


def _list(write: Callable[[T], str], items: Sequence[T]) -> str:
    return f"[{','.join(map(write, items))}]" if items else "[]"


def _id(id: str | None) -> str:
    return "null" if id is None else quoted(id)


def _flag(on: bool) -> str:
    return "true" if on else "false"
