"""What a plan was made from: systems with their options, reads, and raised ceilings of guards."""

from collections.abc import Mapping
from dataclasses import field

from oneway.core.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    """A guard's ceiling that a human raised for this plan."""

    guard: str
    ceiling: int
    by: str


@dataclass(frozen=True, slots=True)
class PlanInput:
    """One resource that a plan was made from, or would write to, with the options in force.

    `connector` and `resource` are as the mapping names them; `file` is the path of a file that
    was read instead, and `options` are then the file connector's. `origin` is where requests go
    (scheme, host and port), or "", and `manifest` the digest of the connector's manifest.
    Credentials are left out, so that they may change between plan and apply.
    """

    connector: str
    resource: str
    options: Mapping[str, str]
    file: str | None = None
    origin: str = ""
    manifest: str = ""

    @property
    def text(self) -> str:
        """What was read, for people: "staffology employees", "file people.jsonl"."""
        return f"{self.connector} {self.resource}" if self.file is None else f"file {self.file}"


@dataclass(frozen=True, slots=True)
class PlanConnection:
    """The connection of a plan: its name, and its file.

    A rehearsal, which writes to a different target than the connection's, has its own name: the
    connection's name, a space (which names of connections cannot have), and a digest.
    """

    name: str
    file: str

    @property
    def rehearsed(self) -> str:
        """The name of the connection that a run rehearses, or ""."""
        name, space, _ = self.name.partition(" ")
        return name if space else ""


@dataclass(frozen=True, slots=True)
class Read:
    """The result of one read: how many records, and whether any may be missing.

    `digest` is the keyed digest of the lookup table made from the records; references only.
    `stated` is how many records have each key that the mapping reads, by its path. `unread` is how
    many records could not be read; their rows are errors, and count for nothing else. `valued` is
    how many records have a value, or lack the key, for each key that access, identity or a written
    value depends on. `left_out` is how many people had left according to the target and are no
    longer in the source since the last good run: none of their values went blank.
    """

    name: str
    records: int
    complete: bool
    problems: tuple[str, ...] = ()
    digest: str = ""
    stated: Mapping[str, int] = field(default_factory=dict)
    unread: int = 0
    valued: Mapping[str, int] = field(default_factory=dict)
    left_out: int = 0

    @property
    def role(self) -> str:
        """What was read: "source", "target", or "references.NAME" of a lookup table."""
        return self.name if self.name in ("source", "target") else f"references.{self.name}"

    @property
    def readable(self) -> int:
        """How many of the records could be read."""
        return self.records - self.unread
