"""Writes the snapshot's text of a short row without expanding the row.

Nearly all people have the same values on both sides, and expanding their rows would take longer
than planning them. The text is what `snapshot_file` writes for the whole row after the `Redactor`
has removed its sensitive values. If that is not certain, there is no text.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from itertools import count
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NamedTuple

from oneway.core.dataclass import dataclass
from oneway.core.records import MISSING, is_blank
from oneway.core.seal import canonical
from oneway.mapping.packed_rows import SourceRows, TargetRows
from oneway.mapping.rows import Cell, CellState, SourceRow, TargetRow
from oneway.mapping.short_rows import PLAIN, held_values, unpacked_keys, unpacked_leaving
from oneway.runs.snapshot.redact import Redactor
from oneway.runs.snapshot.row_codec import (
    Data,
    cell_data,
    held_data,
    key_data,
    leaving_data,
    row_data,
    value_data,
)

_MOST = 1_000
"""The most texts of leave writes that are cached."""


def _template(data: Data, varying: Sequence[str]) -> str:
    """Return the canonical JSON of a row as a template for the texts of some keys, in order."""
    parts = (
        f'"{key}":' + ("%s" if key in varying else canonical(data[key]).replace("%", "%%"))
        for key in sorted(data)
    )
    return f"{{{','.join(parts)}}}"


_ROW = _template(
    row_data(SourceRow("", "", "", ())),
    ("cells", "id", "key", "key_values", "keys", "label", "leaving"),
)
_HELD = _template(held_data(TargetRow("", "", ())), ("id", "key", "keys", "leaving", "values"))


@dataclass(slots=True)
class ShortTexts:
    """Makes the texts of short rows; None if the whole row is needed."""

    redactor: Redactor
    source: SourceRows
    target: TargetRows
    """The target rows beside `source`, in the order in which the redactor knows them."""
    _sensitive: Sequence[int] = field(init=False)
    """The positions of the fields whose values are not stored."""
    _leaving: dict[bytes, str] = field(default_factory=dict)
    _beside: tuple[object, str] = (None, "")

    def __post_init__(self) -> None:
        rules = self.redactor.policy.fields
        self._sensitive = [at for at, rule in enumerate(rules) if rule.sensitive]

    def of_sources(self) -> Iterator[str | None]:
        """Yield the text of each source row."""
        return map(self._of_source, count(), self.source.contents())

    def of_targets(self) -> Iterator[str | None]:
        """Yield the text of each target row."""
        return map(self._of_target, count(), self.target.contents())

    def _of_source(self, place: int, packed: Any) -> str | None:
        redactor = self.redactor
        if packed.__class__ is not list or not redactor.is_apart:
            return None
        (said, key, own_keys), own_values, source_id, _, label = packed
        word = ""
        if self._sensitive:
            target_id = self._holding(source_id, place)
            if target_id is None or ("source", source_id) in redactor.acted:
                return None
            word = f"t:{target_id}"  # each value is the one in the target record
        cells = self._texts(said, word, _OF_SOURCE)
        if cells is None:
            return None
        leaving = self.source.shared_at(place)
        if leaving not in self._leaving:
            if len(self._leaving) == _MOST:
                self._leaving.clear()
            self._leaving[leaving] = _list(map(leaving_data, unpacked_leaving(leaving)))
        values = (key,) if own_values is None else own_values
        return _ROW % (
            *(cells, quoted(source_id), quoted(key), _list(map(value_data, values))),
            *(_keys(key, own_keys), quoted(label), self._leaving[leaving]),
        )

    def _holding(self, source_id: str, place: int) -> str | None:
        """Return the id of the target record with the values of a source row; None without one."""
        found = self.redactor.partners.place_of(source_id)
        held = None if found is None else self.target.content(found)
        return held[0] if held.__class__ is list and held[1] == place else None

    def _of_target(self, place: int, packed: Any) -> str | None:
        redactor = self.redactor
        if packed.__class__ is not list or not redactor.is_apart:
            return None
        target_id, source_at = packed
        if self._sensitive and ("target", target_id) in redactor.acted:
            return None
        (said, key, own_keys), *_ = self.source.content(source_at)
        beside = self.target.shared_at(place)
        values = self._texts(held_values(said, beside[0]), f"t:{target_id}", _OF_TARGET)
        if values is None:
            return None
        if self._beside[0] is not beside:
            self._beside = beside, _list(map(value_data, beside[1]))
        names = quoted(target_id), quoted(key), _keys(key, own_keys)
        return _HELD % (*names, self._beside[1], values)

    def _texts(self, values: Sequence[Any], word: str, kind: "_Texts") -> str | None:
        """Return values as a JSON list, with `word` in place of those of sensitive fields."""
        found = kind.texts_of(values)
        for at in self._sensitive:
            if not kind.says_nothing(values[at]):
                if values[at].__class__ not in PLAIN:
                    return None
                veiled = self.redactor.same_as(self.redactor.policy.fields[at], values[at], word)
                found[at] = kind.plain % f'{{"digest":"","veiled":{canonical(veiled)}}}'
        return f"[{','.join(found)}]"


class _Texts(NamedTuple):
    """How to write values: whether one hides nothing, the text of any, a plain template."""

    says_nothing: Callable[[Any], bool]
    texts_of: Callable[[Sequence[Any]], list[str]]
    plain: str


def _cell_says_nothing(packed: Any) -> bool:
    if packed.__class__ is list:  # the state, the value and the initial value
        return packed[1] is None and packed[2] is None
    return is_blank(packed)


_STATED = f'["{CellState.STATED.value}",%s,null]'


def _cell_texts(values: Sequence[Any]) -> list[str]:
    """Return cells as JSON; a cell with a plain value is packed as that value alone."""
    return [
        _STATED % quoted(each)
        if each.__class__ is str
        else canonical(cell_data(Cell(CellState(each[0]), *each[1:])))
        if each.__class__ is list
        else _STATED % canonical(each)
        for each in values
    ]


def _value_texts(values: Sequence[Any]) -> list[str]:
    return [
        quoted(each) if each.__class__ is str else canonical(value_data(each)) for each in values
    ]


_OF_SOURCE = _Texts(_cell_says_nothing, _cell_texts, _STATED)
_OF_TARGET = _Texts(lambda value: value is MISSING or is_blank(value), _value_texts, "%s")


def _keys(key: str, own: Sequence[Any] | None) -> str:
    return _list(map(key_data, (key,) if own is None else unpacked_keys(own)))


def _list(data: Iterable[Any]) -> str:
    return f"[{','.join(map(_plain, data))}]"


def _plain(data: Any) -> str:
    """Return data as canonical JSON; most of it is text, which needs no encoder."""
    return quoted(data) if data.__class__ is str else canonical(data)
