"""The fence of a lease: a condition that keeps a run without the lease from changing the store.

Each time the lease is taken, its number (the fencing token) rises. A statement with its run's
number changes nothing once another run has taken the lease over, even if the old run does not know
because it slept or was cut off. Only the store's clock decides how long a lease lasts. In a file,
leases do not expire: the operating system's lock ends with its process.
"""

from typing import Any

from sqlalchemy import ColumnElement, Exists, Float, exists, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from oneway.core.dataclass import dataclass
from oneway.core.request_gate import LEAVES_WITHIN
from oneway.history.journal.tables import lease


@dataclass(frozen=True, slots=True)
class Terms:
    """The periods of a lease, in seconds.

    It is renewed every `renewed` seconds, but not after the run has made no progress for `silence`
    seconds. A request may be sent within `window` seconds of the statement that journalled it.
    """

    length: float = 180.0
    renewed: float = 30.0
    window: float = 2 * LEAVES_WITHIN
    silence: float = 1800.0


TERMS = Terms()
"""The terms of every lease; they must be the same on all machines that share a store."""


class store_time(FunctionElement[float]):  # named as SQLAlchemy names functions
    """The store's clock in seconds since 1970, so that machines need not agree on the time."""

    type = Float(53)
    inherit_cache = True


@compiles(store_time, "postgresql")
def _of_server(_element: Any, _compiler: Any, **_: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)"


@compiles(store_time, "sqlite")
def _of_file(_element: Any, _compiler: Any, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@dataclass(frozen=True, slots=True)
class Fence:
    """One acquisition of a connection's lease.

    After a backup is restored, two acquisitions may have the same number; `owner` distinguishes
    them.
    """

    connection: str
    number: int
    owner: str

    @property
    def row(self) -> ColumnElement[bool]:
        """The condition that selects the lease's row, unless another process has taken it over."""
        mine = (lease.c.fence == self.number) & (lease.c.owner == self.owner)
        return (lease.c.connection == self.connection) & mine

    def holds(self, seconds: float | None = None) -> Exists:
        """Return the condition that the lease is ours, and will be for that many seconds.

        The query locks the row for sharing, so that no other run can take the lease over before
        the statement's transaction ends.
        """
        found = select(literal(1)).select_from(lease).where(self.row)
        if seconds is not None:
            lasts = lease.c.until > store_time() + seconds
            found = found.where(lease.c.until.is_(None) | lasts)
        return exists(found.with_for_update(read=True))
