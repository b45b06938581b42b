"""Lookup tables: for each key, the values beside it in the records of a reference."""

from collections.abc import Hashable, Mapping

from oneway.core.dataclass import dataclass
from oneway.core.records import Snapshot, Value, identity, is_blank
from oneway.mapping.code import ReferenceCode
from oneway.mapping.expressions import Context, EvaluationError
from oneway.mapping.unreadable import settled


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A lookup table: for each key, every value beside it.

    `complete` is False if the table may lack rows: a miss then clears nothing. `keyless` are the
    records with a blank key, by id: no lookup finds them.
    """

    rows: Mapping[Hashable, tuple[Value, ...]]
    complete: bool = True
    problems: tuple[str, ...] = ()
    keyless: tuple[str, ...] = ()


def tabulate(code: ReferenceCode, snapshot: Snapshot, context: Context) -> LookupTable:
    """Return the lookup table of a reference; a record that fails makes it incomplete."""
    rows: dict[Hashable, list[Value]] = {}
    problems = list(snapshot.problems)
    keyless = []
    for each in snapshot.records:
        record = settled(each, (code.key, code.value)) if each.cut else each
        try:
            if record.problem or record.damage:
                raise EvaluationError(record.problem or record.damage)
            key = scalar(code.key.evaluate(record.data, context)[0])
            value = code.value.evaluate(record.data, context)[0]
        except EvaluationError as error:
            problems.append(f"{code.name}, record {record.id}: {error}")
            continue
        if is_blank(key):
            keyless.append(record.id)
        else:
            rows.setdefault(identity(key), []).append(value)
    complete = snapshot.complete and len(problems) == len(snapshot.problems)
    held = {key: tuple(values) for key, values in rows.items()}
    return LookupTable(held, complete, tuple(problems), tuple(keyless))


def scalar(value: Value) -> Value:
    """Return a value that can be a key; raises `EvaluationError` for a list or an object."""
    if isinstance(value, list | dict):
        raise EvaluationError("a list or object cannot be looked up")
    return value
