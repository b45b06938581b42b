"""Maps the headings of a table to the keys of its records."""

from collections.abc import Collection, Mapping, Sequence

from oneway.core.connector_errors import Rejected
from oneway.core.key_names import names_secret
from oneway.core.nesting import DEEPEST
from oneway.core.parsing import parse_day
from oneway.core.paths import keys_overlap, path_of, path_text
from oneway.core.records import MISSING, Value
from oneway.core.unicode import encodable
from oneway_connectors.file.blank_words import looks_blank
from oneway_connectors.file.csv_types import CellType


class Headings:
    """The columns of a table, in order; columns without a name must be empty.

    A heading is a path, `bankDetails.sortCode`, or one literal key, `N.I. Number` (`path_of`
    decides). With `flat`, each heading is one literal key.
    """

    def __init__(
        self,
        names: Sequence[str],
        types: Mapping[str, CellType],
        *,
        flat: bool,
        heeded: Collection[tuple[str, ...]] | None = None,
    ) -> None:
        self._flat = flat
        self._heeded = heeded
        self._types = types
        self.names: list[str] = []
        self.keys: dict[str, tuple[str, ...]] = {}
        """The path of keys of each named column."""
        self.add(names)

    def add(self, names: Sequence[str]) -> None:
        """Add columns at the end."""
        self.names += names
        self.keys |= {name: self.keys_of(name) for name in names if name.strip()}
        self._columns = [
            (number, *split(self.keys[name]), self._types.get(name))
            for number, name in enumerate(self.names)
            if name in self.keys
        ]
        self._typed = [
            (name, number, self._types[name])
            for number, name in enumerate(self.names)
            if name in self._types
        ]
        self._checked = [each for each in self._typed if self._is_heeded(self.keys[each[0]])]
        self.unheeded = frozenset(
            number
            for number, name in enumerate(self.names)
            if name in self.keys and not self._is_heeded(self.keys[name])
        )
        """The numbers of the columns whose cells need not fit their types."""
        self._nameless = [i for i, name in enumerate(self.names) if name not in self.keys]

    def _is_heeded(self, keys: tuple[str, ...]) -> bool:
        """Return whether a bad cell in a column makes its record invalid."""
        return self._heeded is None or any(keys_overlap(keys, each) for each in self._heeded)

    @property
    def columns(self) -> Sequence[tuple[int, tuple[str, ...]]]:
        """The number and the keys of each named column."""
        return [(number, (*way, last)) for number, way, last, _ in self._columns]

    @property
    def typed(self) -> Sequence[tuple[int, CellType]]:
        """The number and the type of each typed column."""
        return [(number, kind) for _, number, kind in self._typed]

    @property
    def checked(self) -> Sequence[tuple[int, CellType]]:
        """The number and the type of each typed column whose cells must fit the type."""
        return [(number, kind) for _, number, kind in self._checked]

    @property
    def nameless(self) -> Sequence[int]:
        """The numbers of the columns without a name."""
        return self._nameless

    def keys_of(self, name: str) -> tuple[str, ...]:
        """Return the path of keys of a column."""
        return (name,) if self._flat else path_of(name)

    def name_of(self, keys: tuple[str, ...]) -> str:
        """Return the column for a path of keys; raise `Rejected` if it is impossible."""
        if not self._flat:
            return path_text(keys)
        if len(keys) > 1:
            help = "headings are flat in this file: name the whole heading, in quotes"
            raise rejected(f"no column of a flat file is {path_text(keys)!r}", help)
        return keys[0]

    def too_deep(self) -> str:
        """Return a column whose path is too deep, or ""."""
        return next((name for name, keys in self.keys.items() if len(keys) > DEEPEST), "")

    def both_value_and_object(self) -> str:
        """Return a column whose name other columns extend with a dot, or ""."""
        known = {keys: name for name, keys in self.keys.items()}
        return next(
            (
                known[keys[:length]]
                for keys in known
                for length in range(1, len(keys))
                if keys[:length] in known
            ),
            "",
        )

    def record(
        self, cells: Sequence[str], without: Collection[int] = frozenset()
    ) -> dict[str, Value]:
        """Return the record of a row, which lacks the columns in `without`."""
        data: dict[str, Value] = {}
        for number, way, last, kind in self._columns:
            if number >= len(cells):
                break
            if number in without:
                continue
            inner: dict[str, Value] = data
            for key in way:
                step = inner.setdefault(key, {})
                assert isinstance(step, dict)  # a column is a value or an object, never both
                inner = step
            cell = cells[number]
            inner[last] = cell if kind is None else kind.read(cell)
        return data

    def paths(self, numbers: Collection[int]) -> tuple[tuple[str, ...], ...]:
        """Return the paths of keys of some columns."""
        return tuple((*way, last) for number, way, last, _ in self._columns if number in numbers)

    def is_whole(self, number: int, cell: str) -> bool:
        """Return whether a cell cannot be the beginning of a longer one, by its column's type."""
        kind = self._types.get(self.names[number])
        if kind is not None:
            return kind.is_whole(cell)
        return len(cell.strip()) == _ISO_DAY and parse_day(cell) is not None

    def odd(self, cells: Sequence[str]) -> set[int]:
        """Return the numbers of the cells that do not fit their columns' types."""
        checked = ((number, kind) for _, number, kind in self._checked if number < len(cells))
        return {number for number, kind in checked if kind.unfit(cells[number])}

    def unfit(self, cells: Sequence[str]) -> str:
        """Return a message about a cell that does not fit its column's type, or ""."""
        for name, number, kind in self._checked:
            words = kind.unfit(cells[number]) if number < len(cells) else ""
            if words and kind.is_doubted(cells[number]):
                return f"column {name!r} {kind.doubt}"
            if words:
                text = cells[number].strip()
                why = "there is no such day; " if kind.is_no_day(text) else ""
                seen = f"column {name!r} holds {_seen(text, name)}, not {words}"
                return f"{seen}: {why}{_remedy(text, kind.near_pattern(text))}"
        return ""

    def problem(self, cells: Sequence[str]) -> str:
        """Return a message about a value without a heading, which makes a row invalid, or ""."""
        lost = next((i for i in self._nameless if cells[i].strip()), None)
        return "" if lost is None else f"has a value in column {lost + 1}, which has no heading"

    def cells(self, data: Mapping[str, Value]) -> dict[str, str]:
        """Return the text of each column of a record; raise `Rejected` for any other value."""
        return self._flattened(data, ())

    def _flattened(self, data: Mapping[str, Value], way: tuple[str, ...]) -> dict[str, str]:
        cells: dict[str, str] = {}
        for key, value in data.items():
            if not key.strip() or not encodable(key):
                raise rejected("a field has a name that no column can have", CELL_HELP)
            keys = (*way, key)
            if isinstance(value, dict):
                cells |= self._flattened(value, keys)
                continue
            name = self.name_of(keys)
            kind = self._types.get(name)
            written = kind.write(value) if kind is not None else None
            cells[name] = _cell(value, name) if written is None else written
        return cells


def changed(old: Mapping[str, Value], new: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values of `new` that differ from `old`."""
    found: dict[str, Value] = {}
    for key, value in new.items():
        before = old.get(key, MISSING)
        if isinstance(value, dict) and isinstance(before, dict):
            if inner := changed(before, value):
                found[key] = inner
        elif value != before or isinstance(value, bool) != isinstance(before, bool):
            found[key] = value
    return found


def _seen(text: str, name: str) -> str:
    """Return an invalid cell in a form that may be shown.

    Digits are masked, because the number may be personal, and only its form is wrong.
    """
    wordless = not any(map(str.isalpha, text)) and len(text) <= 2 * _LONGEST_SHOWN
    if names_secret(name) or (len(text) > _LONGEST_SHOWN and not wordless):
        return "something else"
    if any(map(str.isdigit, text)):
        return f"{''.join('#' if c.isdigit() else c for c in text)!r} (# is a digit)"
    return repr(text)


def _remedy(text: str, near: str) -> str:
    if looks_blank(text):
        return f'if that means nothing, set the option blank: "{text}"'
    if near:
        return f"correct it, or set the option types to date:{near} if the column is like that"
    return "correct it, or change the option types, or set unfit_cells: keep"


_LONGEST_SHOWN = 12
_ISO_DAY = 10
"""The length of an ISO day."""


def split(keys: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Return the keys that lead to an object, and the key within it."""
    return keys[:-1], keys[-1]


def rejected(summary: str, help: str) -> Rejected:
    """Return the error for a record that a table cannot contain."""
    return Rejected("W150", summary, help)


def _cell(value: Value, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        kind = _KINDS.get(type(value), "number")
        raise rejected(f"a CSV file cannot contain the {kind} of field {name!r}", CELL_HELP)
    if not encodable(value):
        raise rejected(
            f"field {name!r} contains half of a character", "correct the value at its source"
        )
    return value


_KINDS: dict[type, str] = {bool: "boolean", list: "list"}
CELL_HELP = "make it text with to_text(...), leave the field out, or use a .jsonl file"
