"""Finds one record of a mapping's source or target, by id or match value."""

from collections.abc import Iterator, Sequence

from oneway.core.connector_errors import ReadError
from oneway.core.diagnostics import Refused, refusal
from oneway.core.key_names import names_secret
from oneway.core.paths import overlap, path_text
from oneway.core.records import Record, Value
from oneway.mapping.expressions import Context, EvaluationError, Expression
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.read import tables_of
from oneway.runs.systems import OpenSystems, offline_help


def find_record(prepared: PreparedRun, side: str, key: str) -> Value:
    """Return the data of the record that a key names; raise `Refused` if none or several do."""
    each = prepared.inputs[side]
    with OpenSystems(prepared) as systems:
        try:
            records = systems.reader(each).read().records
        except ReadError as error:
            raise each.cannot_read(error) from None
        except Refused as refused:
            raise offline_help(refused, side) from None
    code = prepared.compiled.code
    keys = code.match_target if side == "target" else [t.expression for t in code.match_source]
    found = [one for one in records if _answers(prepared, one, key, keys)]
    if len(found) != 1:
        said = "no record answers" if not found else f"{len(found)} records answer"
        help = "give the id or a match value of one record"
        raise refusal("U151", "--record", f"{each.text}: {said} to {key!r}", help)
    return dict(found[0].data)


def context_for(prepared: PreparedRun, expression: Expression) -> Context:
    """Return what an expression may read besides a record; raise `Refused`.

    The lookup tables are read only if the expression uses the tree of one.
    """
    if not expression.trees:
        return prepared.context
    with OpenSystems(prepared) as systems:
        tables = tables_of(prepared, systems)
    return prepared.as_reached.bind(prepared.context, tables).context


def reads_sensitive(prepared: PreparedRun, side: str, expression: Expression, data: Value) -> bool:
    """Return whether an expression reads a key of a record whose values are never shown.

    These are keys that the mapping or a record schema marks as sensitive, or that are named like a
    secret.
    """
    code, compiled = prepared.compiled.code, prepared.compiled
    resource = compiled.source if side == "source" else compiled.target
    marked = {name for name, field in resource.fields.items() if field.sensitive}
    for each in (*code.fields, *code.leaving):
        if each.rule.sensitive and side == "target":
            marked.add(each.rule.path)
        elif each.rule.sensitive and each.source is not None:
            marked |= {path_text(use.keys) for use in each.source.expression.paths}
    marked |= {path_text(keys) for keys in _paths(data) if _is_secret(keys)}
    if expression.facts.whole and marked:
        return True
    read = (path_text(use.keys) for use in expression.paths)
    return any(overlap(path, name) for path in read for name in marked)


def _is_secret(keys: tuple[str, ...]) -> bool:
    return names_secret(keys[-1]) or names_secret(".".join(keys))


def _paths(value: Value, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the paths of all keys of a record, those within lists as well."""
    for each in value if isinstance(value, list) else ():
        yield from _paths(each, above)
    for key, each in value.items() if isinstance(value, dict) else ():
        yield (*above, key)
        yield from _paths(each, (*above, key))


def _answers(prepared: PreparedRun, record: Record, key: str, keys: Sequence[Expression]) -> bool:
    if record.id == key:
        return True
    for expression in keys:
        try:
            value, _ = expression.evaluate(record.data, prepared.context)
        except EvaluationError:
            continue
        if value is not None and str(value) == key:
            return True
    return False
