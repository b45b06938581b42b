"""What every connector must do: checks over a connector with known content.

A test module opens its connector and runs each check of READING, and of WRITING where it
can be written:

    @pytest.mark.parametrize("check", READING + WRITING, ids=named)
    def test_contract(check): check(subject())
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from oneway.core.connector import Connector
from oneway.core.connector_errors import WriteError
from oneway.core.paths import at, path_of, with_value
from oneway.core.records import MISSING, Record, Snapshot, Value, is_blank
from oneway.runs.read import Streaming

HOSTILE = (
    "Zoë O'Łódź-Ó Súilleabháin",
    "Çağrı Şahin 王小明 Ελένη",
    "'; DROP TABLE users; --",
    '<script>alert("x")</script>',
    "=HYPERLINK(1)",
    "{id} {{values}} ${HOME} %s %00",
    "a\\b/c?d#e&f=g",
    "\u202eright to left\u2028line",
    "👩\u200d💻",
    "NULL",
    "true",
    "007",
)
"""Texts that must arrive as they are. None has blanks at an end: systems trim."""


@dataclass(frozen=True)
class Subject:
    """A connector over known content, and how to write to it.

    `held` is what it holds: by id, fields and values that each record has at least.
    `open` opens a second connector over the same content. `fresh` returns values of a new
    record, unlike all others of another number; `text` is a path in them that takes any
    text, `still` one that an update must leave alone, `clearable` one that takes null; `own` are
    the keys that the system itself changes at each write (an instant, a version).
    """

    open: Callable[[], Connector]
    resource: str
    held: Mapping[str, Mapping[str, Value]]
    find: str
    fresh: Callable[[int], dict[str, Value]] = lambda number: {}
    text: str = ""
    still: str = ""
    clearable: str = ""
    leave: Mapping[str, Value] | None = None
    own: tuple[str, ...] = ()

    def without_own(self, data: Mapping[str, Value]) -> dict[str, Value]:
        """Return a record's data without what the system itself keeps of each change."""
        return {key: value for key, value in data.items() if key not in self.own}

    def read(self) -> dict[str, Record]:
        """Return what a connector that is opened anew reads, by id."""
        connector = self.open()
        try:
            snapshot = connector.reader(self.resource).read()
        finally:
            connector.close()
        assert snapshot.complete, snapshot.problems
        assert len({record.id for record in snapshot.records}) == len(snapshot.records)
        return {record.id: record for record in snapshot.records}

    def create(self, values: Mapping[str, Value], token: str = "t") -> str:
        """Create a record and make it durable."""
        connector = self.open()
        try:
            connector.reader(self.resource).read()
            writer = connector.writer(self.resource)
            id = writer.create(values, token)
            writer.flush()
        finally:
            connector.close()
        return id

    def change(self, id: str, values: Mapping[str, Value], *, leave: bool = False) -> None:
        """Write to a record and make it durable."""
        connector = self.open()
        try:
            connector.reader(self.resource).read()
            writer = connector.writer(self.resource)
            shown = (writer.leave if leave else writer.update)(id, values, "t")
            writer.flush()
            # A blank answer, or the record as it is by now: no other confirms a write.
            assert shown is None or (shown.id == id and _holds(shown.data, values))
        finally:
            connector.close()


Check = Callable[[Subject], None]


def named(check: Check) -> str:
    return check.__name__


def everything_is_read(subject: Subject) -> None:
    records = subject.read()
    assert set(records) == set(subject.held)
    for id, fields in subject.held.items():
        assert not records[id].problem
        for path, value in fields.items():
            assert at(records[id].data, path_of(path)) == value


def a_second_read_is_equal(subject: Subject) -> None:
    first, second = subject.read(), subject.read()
    assert list(first.items()) == list(second.items())


def one_reader_reads_twice(subject: Subject) -> None:
    connector = subject.open()
    reader = connector.reader(subject.resource)
    assert reader.read() == reader.read()
    connector.close()


def what_streams_is_what_is_read(subject: Subject) -> None:
    connector = subject.open()
    reader = connector.reader(subject.resource)
    if isinstance(reader, Streaming):
        gaps: list[str] = []
        records = tuple(reader.records(gaps))
        notes = getattr(reader, "notes", ())
        assert Snapshot(records, not gaps, (*gaps, *notes)) == reader.read()
    connector.close()


def get_is_what_read_is(subject: Subject) -> None:
    connector = subject.open()
    reader = connector.reader(subject.resource)
    for record in reader.read().records[:5]:
        assert reader.get(record.id) == record
    connector.close()


def get_of_nobody_is_none(subject: Subject) -> None:
    connector = subject.open()
    reader = connector.reader(subject.resource)
    for id in ("999999999", "00000000-0000-0000-0000-000000000000", "nobody"):
        assert reader.get(id) is None
    connector.close()


def find_misses_nobody(subject: Subject) -> None:
    connector = subject.open()
    reader = connector.reader(subject.resource)
    path = path_of(subject.find)
    records = reader.read().records
    for record in records[:3]:
        value = at(record.data, path)
        assert isinstance(value, str)
        same = {r.id for r in records if at(r.data, path) == value}
        assert same <= {r.id for r in reader.find(subject.find, value)}
    connector.close()


def find_takes_hostile_values(subject: Subject) -> None:
    connector = subject.open()
    reader = connector.reader(subject.resource)
    for value in HOSTILE:
        found = reader.find(subject.find, value)
        assert not [r for r in found if at(r.data, path_of(subject.find)) == value]
    connector.close()


def what_is_created_is_read_back(subject: Subject) -> None:
    values = subject.fresh(1)
    id = subject.create(values)
    records = subject.read()
    assert set(records) - set(subject.held) == {id}
    assert _holds(records[id].data, values)


def two_creates_have_two_ids(subject: Subject) -> None:
    first, second = (subject.create(subject.fresh(n), f"t{n}") for n in (1, 2))
    assert first != second


def an_update_touches_the_given_fields_alone(subject: Subject) -> None:
    id = subject.create(subject.fresh(1))
    before = subject.read()
    subject.change(id, with_value({}, path_of(subject.text), "changed"))
    after = subject.read()
    assert at(after[id].data, path_of(subject.text)) == "changed"
    expected = with_value(before[id].data, path_of(subject.text), "changed")
    assert subject.without_own(after[id].data) == subject.without_own(expected)
    del before[id], after[id]
    assert before == after


def null_clears_a_field(subject: Subject) -> None:
    id = subject.create(subject.fresh(1))
    before = subject.read()[id].data
    path = path_of(subject.clearable)
    assert at(before, path)
    subject.change(id, with_value({}, path, None))
    after = subject.read()[id].data
    assert at(after, path) is MISSING or is_blank(at(after, path))
    assert at(after, path_of(subject.still)) == at(before, path_of(subject.still))


def a_leaver_leaves_and_keeps_the_rest(subject: Subject) -> None:
    assert subject.leave is not None
    id = subject.create(subject.fresh(1))
    subject.change(id, subject.leave, leave=True)
    after = subject.read()[id].data
    assert _holds(after, subject.leave)
    assert at(after, path_of(subject.still)) == at(subject.fresh(1), path_of(subject.still))


def texts_arrive_unchanged(subject: Subject) -> None:
    path = path_of(subject.text)
    ids = {}
    for number, text in enumerate(HOSTILE, 1):
        ids[text] = subject.create(with_value(subject.fresh(number), path, text), f"t{number}")
    records = subject.read()
    for text, id in ids.items():
        assert at(records[id].data, path) == text
        subject.change(id, with_value({}, path, text[::-1]))
    records = subject.read()
    for text, id in ids.items():
        assert at(records[id].data, path) == text[::-1]


def a_write_to_nobody_is_a_write_error(subject: Subject) -> None:
    before = subject.read()
    with pytest.raises(WriteError):
        subject.change("999999999", with_value({}, path_of(subject.text), "x"))
    assert subject.read() == before


def _holds(data: Value | Mapping[str, Value], values: Mapping[str, Value]) -> bool:
    """Return whether data hold all the given values; they may hold more."""
    if not isinstance(data, Mapping):
        return False
    return all(
        _holds(data.get(key), value) if isinstance(value, Mapping) else data.get(key) == value
        for key, value in values.items()
    )


READING: tuple[Check, ...] = (
    everything_is_read,
    a_second_read_is_equal,
    one_reader_reads_twice,
    what_streams_is_what_is_read,
    get_is_what_read_is,
    get_of_nobody_is_none,
    find_misses_nobody,
    find_takes_hostile_values,
)
WRITING: tuple[Check, ...] = (
    what_is_created_is_read_back,
    two_creates_have_two_ids,
    an_update_touches_the_given_fields_alone,
    null_clears_a_field,
    a_leaver_leaves_and_keeps_the_rest,
    texts_arrive_unchanged,
    a_write_to_nobody_is_a_write_error,
)
