"""Reads one side of a draft mapping: its fields and their values."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from os.path import exists
from pathlib import Path

from oneway.connections.access import Lookup, access
from oneway.connections.discovery import FILES, describe, open_connector
from oneway.core.access import Access
from oneway.core.connector import Suggesting, Suggestion
from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.description import Description, Field, Resource
from oneway.core.diagnostics import Refused, refusal
from oneway.core.key_names import names_secret
from oneway.core.paths import at, path_of, path_text
from oneway.core.progress import Progress, silent
from oneway.core.records import MISSING, Record, Snapshot, Value, is_blank


@dataclass(frozen=True, slots=True)
class DraftSide:
    """A system's resource or a file: `fields` by path, in order, and the `records` that were read.

    `options` are those that the mapping must state; `guessed` are the guesses among them.
    """

    connector: str
    resource: str
    options: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Field] = field(default_factory=dict)
    records: tuple[Record, ...] = ()
    id: str = "id"
    open: bool = True
    unread: tuple[str, ...] = ()
    """What is wrong with the invalid rows of a file, by line."""
    kept: tuple[str, ...] = ()
    """The cells of a file that stay text although their column has another type."""
    notes: tuple[str, ...] = ()
    """Remarks on the file as a whole, such as repeated rows."""
    either: Mapping[str, str] = field(default_factory=dict)
    """The columns whose days may also have the month first, and their pattern then."""
    sheets: tuple[str, ...] = ()
    """The sheets of a workbook that are not read."""
    alike: tuple[str, ...] = ()
    """Those of them with the same headings as the sheet that is read."""
    was_read: bool = True
    """False for a system whose credentials are not at hand."""
    seen: str = ""
    """What the matched records say of these columns, in words."""
    _values: dict[str, Sequence[Value]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def values(self, path: str) -> Sequence[Value]:
        """Return the values of a field that are not blank."""
        if path not in self._values:  # each pair of fields asks for them several times
            keys = self.keys(path)
            found = (at(each.data, keys) for each in self.records)
            self._values[path] = [
                value for value in found if value is not MISSING and not is_blank(value)
            ]
        return self._values[path]

    def lacking(self) -> str:
        """Return a field that some records of a file lack entirely, if any."""
        if self.connector != FILES:
            return ""
        return next((path for path in self.fields if self._is_absent(path)), "")

    def _is_absent(self, path: str) -> bool:
        keys = self.keys(path)
        return any(at(each.data, keys) is MISSING for each in self.records)

    @property
    def blank(self) -> Value:
        """The blank value of this side: null, or the empty text of a table's cell."""
        is_table = self.connector == FILES and not self.resource.endswith((".json", ".jsonl"))
        return "" if is_table else None

    def keys(self, path: str) -> tuple[str, ...]:
        """Return the keys of a field's path."""
        return (path,) if self.options.get("headings") == "flat" else path_of(path)


def read_side(
    text: str, folder: Path, folders: Sequence[Path], lookup: Lookup, progress: Progress = silent,
    *, keeps_odd: bool = False, month_first: bool = False,
) -> DraftSide:  # fmt: skip
    """Return a side, named by a file's path, CONNECTOR or CONNECTOR:RESOURCE.

    `folder` is the mapping's own; a file's path is written relative to it. A system is read if its
    credentials are at hand; otherwise only its record schema is known. With `keeps_odd`, a cell
    that does not fit its column does not make its record invalid. With `month_first`, days that can
    be read in two ways have the month first. Raises `Refused` if there is no
    such side.
    """
    if exists(text) or "." in Path(text).name:
        return _file(text, folder, progress, keeps_odd=keeps_odd, month_first=month_first)
    name, _, wanted = text.partition(":")
    description = describe(name, folders)
    if description.kind == FILES:
        raise refusal("U152", text, "this names no file", "give the path of the file itself")
    resource = _resource(description, wanted, text)
    records = _records(description, resource, lookup)
    return DraftSide(
        name, resource.name, {}, resource.fields, records or (), resource.id, resource.open,
        was_read=records is not None,
    )  # fmt: skip


def _file(
    path: str, folder: Path, progress: Progress, *, keeps_odd: bool, month_first: bool
) -> DraftSide:
    description = describe(FILES)
    try:
        connector = open_connector(description, Access({}, {}))
        assert isinstance(connector, Suggesting)
        about = connector.suggest(path)
        options = dict(about.options)
        if month_first:
            options["types"] = _reordered(options["types"], about.either)
        if keeps_odd and about.odd:
            options["unfit_cells"] = "keep"
        found = open_connector(description, Access(options, {})).reader(path).read(progress)
    except ReadError as error:
        raise refusal(error.code, path, error.summary, error.help) from None
    records = tuple(each for each in found.records if not each.problem)
    fields = {name: Field(name) for name in about.columns}
    side = DraftSide(FILES, _relative(path, folder), options, fields, records,
                     options.get("id", "id"))  # fmt: skip
    odd = _odd(about)
    kept = tuple(f"{line}: {said}" for line, said in odd.items()) if keeps_odd else ()
    unread = _unread({} if keeps_odd else odd, found)
    either = {} if month_first else about.either
    side = replace(side, sheets=about.unread, alike=about.alike)
    return replace(side, unread=unread, kept=kept, notes=tuple(found.problems), either=either)


def _reordered(types: str, either: Mapping[str, str]) -> str:
    """Return the option `types` with the other pattern for some columns."""
    columns = dict(each.rpartition("=date:")[::2] for each in types.split(", "))
    return ", ".join(f"{name}=date:{pattern}" for name, pattern in {**columns, **either}.items())


def _unread(odd: Mapping[str, str], found: Snapshot) -> tuple[str, ...]:
    """Return what is wrong with the invalid rows, and with each odd cell."""
    wrong = ((each, each.problem or (each.damage if each.cut else "")) for each in found.records)
    places = ((each.place or each.id, problem) for each, problem in wrong if problem)
    return tuple(f"{place}: {odd.get(place, problem)}" for place, problem in places)


def _odd(about: Suggestion) -> dict[str, str]:
    """Return the odd cells of each line, in words."""
    odd: dict[str, list[str]] = defaultdict(list)
    for each in about.odd:
        odd[f"line {each.line}"].append(odd_value(each.column, each.value, each.like))
    return {line: "; ".join(said) for line, said in odd.items()}


def odd_value(field: str, value: Value, like: str) -> str:
    """Return how a value differs from all others of its field, without showing a secret."""
    shown = "something else" if names_secret(field) else repr(str(value))
    return f"{field!r} holds {shown}, where the others are {like}"


def _relative(path: str, folder: Path) -> str:
    full, base = Path(path).resolve(), folder.resolve()
    if full.is_relative_to(base):
        return full.relative_to(base).as_posix()
    up = [parent for parent in base.parents if full.is_relative_to(parent)]
    if Path(path).is_absolute() or not up:
        return full.as_posix()
    steps = len(base.parts) - len(up[0].parts)
    return Path(*[".."] * steps, full.relative_to(up[0])).as_posix()


def _resource(description: Description, wanted: str, text: str) -> Resource:
    found = description.resources
    if not wanted:
        return next(iter(found.values()))
    if wanted not in found:
        summary = f"{description.name} has no resource '{wanted}'"
        raise refusal("U152", text, summary, f"it has: {', '.join(found)}")
    return found[wanted]


def _records(
    description: Description, resource: Resource, lookup: Lookup
) -> tuple[Record, ...] | None:
    """Return a system's records; None if its credentials are not at hand."""
    try:
        connector = open_connector(description, access(description, lookup, {}, {}))
    except Refused:
        return None
    try:
        found = connector.reader(resource.name).read()
    except ReadError as error:
        raise refusal(error.code, description.name, error.summary, error.help) from None
    finally:
        connector.close()
    return tuple(each for each in found.records if not each.problem)


def flat_paths(data: Mapping[str, Value], way: tuple[str, ...] = ()) -> list[str]:
    """Return the path of each value in a record, including those within objects."""
    found: list[str] = []
    for key, value in data.items():
        if isinstance(value, dict) and value:
            found += flat_paths(value, (*way, key))
        else:
            found.append(path_text((*way, key)))
    return found
