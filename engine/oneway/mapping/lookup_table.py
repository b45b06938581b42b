"""Lookup tables: for each key, the values beside it in the records of a reference."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from contextlib import suppress
from dataclasses import field

from oneway.core.dataclass import dataclass
from oneway.core.phrases import count
from oneway.core.records import Record, Snapshot, Value, identity, is_blank
from oneway.mapping.code import ReferenceCode
from oneway.mapping.expressions import Context, EvaluationError
from oneway.mapping.unreadable import settled


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A lookup table: for each key, every value beside it.

    `complete` is False if the table may lack rows: a miss then clears nothing. `keyless` are the
    records with a blank key, by id: no lookup finds them. `unread` are how many records with each
    key cannot be read.
    """

    rows: Mapping[Hashable, tuple[Value, ...]]
    complete: bool = True
    problems: tuple[str, ...] = ()
    keyless: tuple[str, ...] = ()
    unread: Mapping[Hashable, int] = field(default_factory=dict)

    def found(self, value: Value) -> tuple[tuple[Value, ...], str]:
        """Return what stands beside a value, without blanks, and why that is nothing, in words."""
        values = self.rows.get(identity(value), ())
        found = tuple(each for each in values if not is_blank(each))
        unread = self.unread.get(identity(value), 0)
        if found or not (values or unread):
            return found, ""
        if values:
            return found, f"has no value in {'its row' if len(values) == 1 else 'its rows'}"
        return found, f"is in {count(unread, 'unreadable row')}"


def tabulate(code: ReferenceCode, snapshot: Snapshot, context: Context) -> LookupTable:
    """Return the lookup table of a reference; a record that fails makes it incomplete."""
    rows: dict[Hashable, list[Value]] = {}
    problems = list(snapshot.problems)
    keyless = []
    unread: Counter[Hashable] = Counter()
    for each in snapshot.records:
        record = settled(each, (code.key, code.value)) if each.cut else each
        try:
            if record.problem or record.damage:
                raise EvaluationError(record.problem or record.damage)
            key = scalar(code.key.evaluate(record.data, context)[0])
            value = code.value.evaluate(record.data, context)[0]
        except EvaluationError as error:
            problems.append(f"{code.name}, record {record.id}: {error}")
            unread.update(_readable_key(code, record, context))
            continue
        if is_blank(key):
            keyless.append(record.id)
        else:
            rows.setdefault(identity(key), []).append(value)
    complete = snapshot.complete and len(problems) == len(snapshot.problems)
    held = {key: tuple(values) for key, values in rows.items()}
    return LookupTable(held, complete, tuple(problems), tuple(keyless), dict(unread))


def _readable_key(code: ReferenceCode, record: Record, context: Context) -> Iterator[Hashable]:
    """Yield the key of a record that cannot be read, as far as its key can be."""
    with suppress(EvaluationError):
        key = scalar(code.key.evaluate(record.data, context)[0])
        if not is_blank(key):
            yield identity(key)


def scalar(value: Value) -> Value:
    """Return a value that can be a key; raises `EvaluationError` for a list or an object."""
    if isinstance(value, list | dict):
        raise EvaluationError("a list or object cannot be looked up")
    return value
