"""A case: some runs after a fresh start, and a name for them."""

from collections.abc import Callable
from dataclasses import dataclass

from .world import World

BANK = ("--set", "include_bank_details=true")
ALLOW = ("--allow", "field_changes=500", "--allow", "leavers=50", "--allow", "clears=50")
ALLOW += ("--allow", "updates=500", "--allow", "creates=500")
# Two invented people have one name, and one of them gets the other's email.
ALLOW += ("--allow", "identities:00091")


@dataclass(frozen=True)
class Case:
    """Some runs after a fresh start, and a name for them."""

    name: str
    act: Callable[[World], None]
