"""Refuses parts of a mapping test that have no effect, or that say something twice.

A case that ignores a part of what it says would pass, and show something else than it claims.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from oneway.core.diagnostics import Diagnostic, Severity
from oneway.core.paths import at, keys_overlap, path_of
from oneway.core.records import MISSING, Value
from oneway.documents.yaml_source import Document, Path

Data = Mapping[str, Value]

SIDES = (("record", "records", "without"), ("target", "targets", "target_without"))
"""The keys of a record of each side, of several records, and of what they are to be without."""


def without_effect(document: Document) -> Iterator[Diagnostic]:
    """Yield a mistake for each valid key of a test that another key makes ineffective."""
    data = cast(Data, document.data)
    cases, claimed = cast(list[Data], data.get("cases", [])), {"always", "never"} & data.keys()
    for number, case in enumerate(cases):
        for path, summary, help in _of_case(case, bool(claimed)):
            severity = Severity.WARNING if _was_recorded(case, path) else Severity.ERROR
            place = ("cases", number, *path)
            yield document.at(place, "T107", summary, help, key=True, severity=severity)
    if "fixture" in data and not claimed:
        help = "write a claim under `always` or `never`, or take out `fixture`"
        summary = "`fixture` has no effect without a claim"
        yield document.at(("fixture",), "T107", summary, help, key=True)


def _was_recorded(case: Data, path: Path) -> bool:
    """Return whether an earlier `test --record` wrote this: `fields: {}` beside an outcome.

    Such a case still checks its outcome, and so do all others of its file.
    """
    *above, key = path
    expected = case
    for step in above:
        expected = _object(expected, str(step))
    return key == "fields" and expected.get("fields") == {} and len(expected) > 1


_Mistake = tuple[Path, str, str]


def _of_case(case: Data, claimed: bool) -> Iterator[_Mistake]:
    columns = [str(each) for each in cast(list[Value], _object(case, "table").get("columns", []))]
    for number, column in enumerate(columns):
        if column in columns[:number]:
            place = ("table", "columns", number)
            yield place, f"two columns give {column}", "take one out: only the last has an effect"
    for names in SIDES:
        yield from _of_side(case, names, columns)
    yield from _twice(case, columns)
    expected: list[tuple[Path, Data]] = [(("expect",), _object(case, "expect"))]
    each = _object(case, "expect_each")
    expected += [(("expect_each", name), cast(Data, one)) for name, one in each.items()]
    for path, one in expected:
        for key, summary, help in _of_expectation(one):
            yield (*path, key), summary, help
    if not (case.get("expect") or each or claimed or any(_is_expected(c) for c in columns)):
        yield ("name",), "the case expects nothing", "say by `expect` what must come of it"


def _is_expected(column: str) -> bool:
    return column.startswith("expect.")


def _of_side(case: Data, names: tuple[str, str, str], columns: Sequence[str]) -> Iterator[_Mistake]:
    """Yield the ineffective keys among those of the records of one side."""
    one, several, without = names
    given = [each for each in columns if each.startswith(f"{one}.")]
    if one in case and several in case:
        help = f"write its values into each of `{several}`, or take it out"
        yield (one,), f"`{one}` has no effect beside `{several}`", help
    nobody = f"`{several}: []`" if case.get(several) == [] else ""
    if one == "target" and not {one, several} & case.keys() and not given:
        nobody = "no `target`"
    if nobody:
        if without in case:
            help = f"take it out, or add a {one}"
            yield (without,), f"`{without}` has no effect with {nobody}", help
        for column in given:
            help = f"take it out, or add a {one}"
            yield _column(columns, column), f"{column} has no effect with {nobody}", help
    records = cast(list[Data], case[several]) if several in case else [_object(case, one)]
    yield from _dropped(records, names, case, given, columns)


def _dropped(
    records: Sequence[Data],
    names: tuple[str, str, str],
    case: Data,
    given: Sequence[str],
    columns: Sequence[str],
) -> Iterator[_Mistake]:
    """Yield the values of records that a later value or `without` takes away again."""
    one, several, without = names
    gone = [path_of(str(each)) for each in cast(list[Value], case.get(without, []))]
    of_row = [(path_of(each.removeprefix(f"{one}.")), each) for each in given]
    for keys, column in of_row:
        if any(keys[: len(each)] == each for each in gone):
            help = f"take it out of `{without}`, or the column out of the table"
            yield _column(columns, column), f"`{without}` takes away what {column} gives", help
    for number, record in enumerate(records):
        place: Path = (several, number) if several in case else (one,)
        paths = [(path_of(name), name) for name in record]
        for index, (keys, name) in enumerate(paths):
            if any(_takes(each, keys, record[name]) for each in gone):
                help = f"take it out of `{without}`, or its value out of the record"
                yield (*place, name), f"`{without}` takes away what `{name}` gives", help
            later = [*(n for k, n in paths[index + 1 :] if keys_overlap(k, keys))]
            later += [column for k, column in of_row if keys_overlap(k, keys)]
            if later:
                help = "give each value once"
                yield (*place, name), f"{later[0]} replaces what `{name}` gives", help


def _column(columns: Sequence[str], column: str) -> Path:
    return ("table", "columns", columns.index(column))


def _takes(gone: tuple[str, ...], keys: tuple[str, ...], value: Value) -> bool:
    """Return whether a path that is taken away has a part of a value that stands under keys."""
    if keys[: len(gone)] == gone:
        return True
    inner = gone[len(keys) :]
    return gone[: len(keys)] == keys and isinstance(value, dict) and at(value, inner) is not MISSING


def _twice(case: Data, columns: Sequence[str]) -> Iterator[_Mistake]:
    """Yield what a case states for itself although a column states it for each row."""
    expect = _object(case, "expect")
    written = {
        **{f"setting.{name}": ("settings", name) for name in _object(case, "settings")},
        **({"as_of": ("as_of",)} if "as_of" in case else {}),
        **{f"expect.{key}": ("expect", key) for key in expect},
        **{
            f"expect.fields.{name}": ("expect", key, name)
            for key in ("fields", "only_fields")
            for name in _object(expect, key)
        },
    }
    for name, place in written.items():
        if name in columns:
            yield place, f"the column {name} replaces it in each row", "take one of them out"


def _of_expectation(expected: Data) -> Iterator[tuple[str, str, str]]:
    if {"fields", "only_fields"} <= expected.keys():
        help = "write all under `only_fields`, or all under `fields`"
        yield "fields", "`fields` has no effect beside `only_fields`", help
    for key, instead in _NONE.items():
        if key in expected and not expected[key]:
            yield key, f"an empty `{key}` expects nothing", instead


_NONE = {
    "fields": "for no field at all, write `only_fields: {}`",
    "not_written": "for no field at all, write `only_fields: {}`",
    "reasons": "for no reason at all, write `only_reasons: []`",
}


def _object(data: Data, key: str) -> Data:
    found = data.get(key)
    return found if isinstance(found, dict) else {}
