"""An action that has passed all gates, ready to be sent."""

from collections.abc import Mapping
from dataclasses import field

from oneway.applying.write_check import Stake
from oneway.core.dataclass import dataclass
from oneway.core.records import Record, Value
from oneway.planning.plan import Action


@dataclass(frozen=True, slots=True)
class Ready:
    """An action that has passed all gates, with the values to write."""

    action: Action
    values: Mapping[str, Value] = field(repr=False)
    token: str
    again: bool
    """Whether an interrupted run had sent it, so that this is a repeat."""
    before: Record | None = field(default=None, repr=False)
    """The record that the action changes, as it was."""
    stake: frozenset[Stake] = frozenset()
    """The fields that the write does not send but could harm."""
