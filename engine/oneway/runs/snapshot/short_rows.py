"""The text that a snapshot has of a short row, without making the row whole.

Nearly all people have the same values on both sides, and to keep a line of each takes longer than
to plan them. The text is what `snapshot_file` would write of the whole row once the `Redactor` has
removed its sensitive values. Where that is not certain there is none.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NamedTuple

from oneway.core.dataclass import dataclass
from oneway.core.packed import unpacker
from oneway.core.records import MISSING, is_blank
from oneway.core.seal import canonical
from oneway.mapping.program import Cell, CellState, SourceRow, TargetRow
from oneway.mapping.short_rows import PLAIN, AnySourceRow, AnyTargetRow, SameRow, SteadyRow
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
"""The most texts of what leaving would write that are remembered."""


def _template(data: Data, varying: Sequence[str]) -> str:
    """Return the canonical JSON of a row, to be filled with the texts of some keys in order."""
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
    """Makes the texts of short rows; None stands for one that the whole row is needed for."""

    redactor: Redactor
    _sensitive: frozenset[int] = field(init=False)
    """The positions of the fields whose values are not kept."""
    _leaving: dict[bytes, str] = field(default_factory=dict)
    _beside: tuple[object, str] = (None, "")

    def __post_init__(self) -> None:
        rules = self.redactor.policy.fields
        self._sensitive = frozenset(at for at, rule in enumerate(rules) if rule.sensitive)

    def of_source(self, row: AnySourceRow) -> str | None:
        """Return the text of a source row."""
        redactor = self.redactor
        if not (isinstance(row, SteadyRow) and redactor.is_apart):
            return None
        source_id, key, leaving = row.source_id, row.key, row.packed_leaving
        word = ""
        if self._sensitive:
            held = redactor.partners.get(source_id)
            if not (isinstance(held, SameRow) and held[1][0] == source_id):
                return None
            if ("source", source_id) in redactor.acted:
                return None
            word = f"t:{held[0]}"  # each value is the one that the record holds
        (said, *_), *_, label = unpacker()(row.packed)
        cells = self._texts(said, word, _OF_SOURCE)
        if cells is None:
            return None
        if leaving not in self._leaving:
            if len(self._leaving) == _MOST:
                self._leaving.clear()
            self._leaving[leaving] = _list(map(leaving_data, row.leaving))
        return _ROW % (
            *(cells, quoted(source_id), quoted(key), _list(map(value_data, row.key_values))),
            *(_list(map(key_data, row.keys)), quoted(label), self._leaving[leaving]),
        )

    def of_target(self, row: AnyTargetRow) -> str | None:
        """Return the text of a target row."""
        redactor = self.redactor
        if not (isinstance(row, SameRow) and redactor.is_apart):
            return None
        target_id, steady, beside = row
        if self._sensitive and ("target", target_id) in redactor.acted:
            return None
        values = self._texts(row.values, f"t:{target_id}", _OF_TARGET)
        if values is None:
            return None
        if self._beside[0] is not beside:
            self._beside = beside, _list(map(value_data, beside[1]))
        keys = _list(map(key_data, steady.keys))
        return _HELD % (quoted(target_id), quoted(steady[1]), keys, self._beside[1], values)

    def _texts(self, values: Sequence[Any], word: str, kind: "_Texts") -> str | None:
        """Return values as a list of JSON, those of sensitive fields hidden behind a word."""
        found = kind.texts_of(values)
        for at in self._sensitive:
            if not kind.says_nothing(values[at]):
                if values[at].__class__ not in PLAIN:
                    return None
                found[at] = kind.plain % f'{{"digest":"","veiled":{quoted(word)}}}'
        return f"[{','.join(found)}]"


class _Texts(NamedTuple):
    """Whether a value has nothing to hide, the texts of all, and that of a plain one, to fill."""

    says_nothing: Callable[[Any], bool]
    texts_of: Callable[[Sequence[Any]], list[str]]
    plain: str


def _cell_says_nothing(packed: Any) -> bool:
    if packed.__class__ is list:  # the state, the value and the initial value
        return packed[1] is None and packed[2] is None
    return is_blank(packed)


_STATED = f'["{CellState.STATED.value}",%s,null]'


def _cell_texts(values: Sequence[Any]) -> list[str]:
    """Return cells as JSON; of one that states a plain value, that alone is packed."""
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


def _list(data: Iterable[Any]) -> str:
    return f"[{','.join(map(_plain, data))}]"


def _plain(data: Any) -> str:
    """Return data as canonical JSON; most are text, which needs no encoder."""
    return quoted(data) if data.__class__ is str else canonical(data)
