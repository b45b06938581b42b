"""Names the values that a lookup finds, for people: `OPS Operations` rather than 13."""

from collections.abc import Container, Iterable, Mapping

from oneway.core.records import Record, Snapshot, Value, is_blank, is_scalar
from oneway.core.seal import canonical
from oneway.mapping.code import MappingCode, ReferenceCode
from oneway.mapping.expressions import Context, EvaluationError, Expression


def names_by_field(
    code: MappingCode,
    references: Mapping[str, Snapshot],
    context: Context,
    values: Mapping[str, Iterable[object]],
) -> dict[str, dict[str, str]]:
    """Return the names of looked-up values, by field and by the value's canonical JSON.

    `values` are those of interest, by field. Tables that hold anything sensitive name nothing.
    """
    open_ = code.open_tables
    tables = {each.name: each for each in code.references if each.name in open_}
    found: dict[str, dict[str, str]] = {}
    for each in (*code.fields, *code.leaving):
        path, table = each.rule.path, tables.get(each.lookup or "")
        if table is None:
            continue
        wanted = {canonical(value) for value in values.get(path, ()) if is_scalar(value)}
        if wanted:
            records = references[table.name].records
            found.setdefault(path, {}).update(value_names(table, records, context, wanted))
    return {path: names for path, names in found.items() if names}


def value_names(
    code: ReferenceCode, records: Iterable[Record], context: Context, wanted: Container[str]
) -> dict[str, str]:
    """Return the name of each wanted value, by the value's canonical JSON.

    It is the key and the label of the value's row. If several rows have the value, it is what they
    have in common; a value without either has no name.
    """
    label = code.label if "label" not in code.secret else None
    found: dict[str, tuple[set[str], set[str]]] = {}
    for record in records:
        value = None if record.problem or record.damage else _read(code.value, record, context)
        if is_scalar(value) and (said := canonical(value)) in wanted:
            keys, labels = found.setdefault(said, (set(), set()))
            keys.add(_text(_read(code.key, record, context), value))
            labels.add(_text(_read(label, record, context), value))
    names = {said: _name(keys, labels) for said, (keys, labels) in sorted(found.items())}
    return {said: name for said, name in names.items() if name}


def _read(expression: Expression | None, record: Record, context: Context) -> Value:
    try:
        return expression.evaluate(record.data, context)[0] if expression is not None else None
    except EvaluationError:
        return None


def _text(read: Value, value: Value) -> str:
    """Return what a row says, in one line; "" if that says no more than the value itself."""
    if is_blank(read) or not is_scalar(read):
        return ""
    text = read if isinstance(read, str) else canonical(read)
    return "" if canonical(read) == canonical(value) else " ".join(text.split())


def _name(keys: set[str], labels: set[str]) -> str:
    """Return key and label, each once: "OPS Operations", and no "OPS OPS Operations"."""
    key = keys.pop() if len(keys) == 1 else ""
    label = labels.pop() if len(labels) == 1 else ""
    return label if key in label.split(maxsplit=1)[:1] or key == label else f"{key} {label}".strip()
