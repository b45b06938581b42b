"""A mapping test as written: a class for each definition of its schema."""

from collections.abc import Mapping

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Span
from oneway.core.paths import path_text
from oneway.core.records import Value
from oneway.mapping.spec import Text

ONE = ""
"""Stands for the id of the only source record of a case."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """The expected result for one record; anything None or not named is not checked.

    `fields` are written with these values, and no others are where `only`; `places` says
    where each wanted value stands, by "outcome", "reasons", "held_by", "not_written" and
    "fields.NAME".
    """

    span: Span
    outcome: str | None = None
    fields: Mapping[str, Value] | None = None
    only: bool = False
    not_written: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    only_reasons: tuple[str, ...] | None = None
    held_by: tuple[str, ...] | None = None
    places: Mapping[str, Span] | None = None

    def place(self, name: str) -> Span:
        """Return the place of a wanted value."""
        return (self.places or {}).get(name, self.span)


@dataclass(frozen=True, slots=True)
class Case:
    """One complete situation: the records of both systems, and the expected results.

    `expected` is by the id of a source record (`ONE` for the only one), or `target:ID` for a
    target record that no source record matches.
    """

    name: str
    span: Span
    records: tuple[Mapping[str, Value], ...]
    targets: tuple[Mapping[str, Value], ...]
    references: Mapping[str, tuple[Mapping[str, Value], ...]]
    settings: Mapping[str, Value]
    as_of: str
    expected: Mapping[str, Expectation]


@dataclass(frozen=True, slots=True)
class MappingClaim:
    """A sentence about every record for which `about` holds; `always` or never `outcomes`."""

    name: str
    span: Span
    about: Text
    outcomes: frozenset[str]
    always: bool


@dataclass(frozen=True, slots=True)
class UnreadField:
    """A source field that the mapping may not read, so that its values go nowhere."""

    field: str
    span: Span


@dataclass(frozen=True, slots=True)
class GivenField:
    """A field that a record of the test has, or must lack; `side` has the record.

    A case names it by its path; the test's own record, by its keys as they stand.
    """

    side: str
    keys: tuple[str, ...]
    span: Span
    by_path: bool = True

    def written(self, keys: tuple[str, ...]) -> str:
        """Return how the keys of a field are written where this one is."""
        return path_text(keys) if self.by_path else ".".join(keys)


@dataclass(frozen=True, slots=True)
class Fixture:
    """Files with many records; `target` is "" if there are none."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class MappingTest:
    """A file of cases and claims; its paths are relative to the working folder."""

    file: str
    mapping: str
    as_of: str
    settings: Mapping[str, Value]
    references: Mapping[str, tuple[Mapping[str, Value], ...]]
    record: Mapping[str, Value]
    target: Mapping[str, Value]
    cases: tuple[Case, ...]
    claims: tuple[MappingClaim, ...]
    fixture: Fixture | None = None
    not_read: tuple[UnreadField, ...] = ()
    given: tuple[GivenField, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    """What has no effect in it, and does not keep it from being run."""
