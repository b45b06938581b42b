"""The fence of a lease: the condition on which a statement may change the store.

Each taking of a lease raises its number. A statement with the number of its run changes nothing
once another run has taken the lease over, whatever the run itself believes: it may have slept
meanwhile, or have been cut off. The store's clock alone says how long a lease lasts. A file's
lease does not expire: the lock of the operating system ends it with its process.
"""

from typing import Any

from sqlalchemy import ColumnElement, Exists, Float, exists, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from oneway.core.connector import LEAVES_WITHIN
from oneway.core.dataclass import dataclass
from oneway.history.journal.tables import lease


@dataclass(frozen=True, slots=True)
class Terms:
    """How many seconds a lease lasts, and what follows from that.

    It is renewed every `renewed` seconds, but not after `silence` seconds without progress of the
    run. A request may leave within `window` seconds of the statement that journalled it.
    """

    length: float = 180.0
    renewed: float = 30.0
    window: float = 2 * LEAVES_WITHIN
    silence: float = 1800.0


TERMS = Terms()
"""The terms of every lease. All machines that share a store need the same."""


class store_time(FunctionElement[float]):  # named as SQLAlchemy names functions
    """The store's own clock, in seconds since 1970: machines need not agree on the time."""

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
    """One taking of a connection's lease.

    `owner` tells apart two takings to which a restored backup gave the same number.
    """

    connection: str
    number: int
    owner: str

    @property
    def row(self) -> ColumnElement[bool]:
        """The row of the lease, unless another process has taken it over."""
        mine = (lease.c.fence == self.number) & (lease.c.owner == self.owner)
        return (lease.c.connection == self.connection) & mine

    def holds(self, seconds: float | None = None) -> Exists:
        """Return the condition that the lease is still ours, and will be for that many seconds.

        The row is locked for sharing: no other run can take it over before the statement's
        transaction has ended.
        """
        found = select(literal(1)).select_from(lease).where(self.row)
        if seconds is not None:
            lasts = lease.c.until > store_time() + seconds
            found = found.where(lease.c.until.is_(None) | lasts)
        return exists(found.with_for_update(read=True))
