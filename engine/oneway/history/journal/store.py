"""An open store: transactions, queries, and refusals when it fails."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    LargeBinary,
    Select,
    Table,
    Text,
    cast,
    func,
    select,
)
from sqlalchemy.dialects import sqlite as lite
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.sql.base import Executable

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Refused
from oneway.history.journal import postgresql, sqlite
from oneway.history.journal.errors import damaged, refusing
from oneway.history.journal.prepared_statements import Prepared
from oneway.history.journal.rows import AnyRow
from oneway.history.journal.sqlite import IMMEDIATELY
from oneway.history.journal.tables import may_be_marked

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql as pg

Upsert: TypeAlias = "lite.Insert | pg.Insert"
"""An insert that may update an existing row instead; each database has its own class."""


@dataclass(frozen=True, slots=True)
class Changed:
    """How many rows a statement changed, and the id of the row it inserted (0 if none)."""

    rows: int
    id: int


class Store:
    """An open store. Every method raises `Refused` if the store cannot be used.

    Threads may share it; while one is in `at_once`, the others wait.
    """

    def __init__(self, place: str, connection: Connection) -> None:
        self.place = place
        """Its path or URL, safe to show."""
        self._connection = connection
        self._lock = RLock()

    @classmethod
    def open(cls, where: Path | str) -> Self:
        """Return the store at a path or a URL, created or migrated if necessary."""
        if isinstance(where, Path):
            with refusing(str(where)):
                return cls(str(where), sqlite.connected(where))
        url = postgresql.url_of(where)
        place = postgresql.shown(url)
        with refusing(place):
            return cls(place, postgresql.connected(url))

    @classmethod
    def look(cls, where: Path | str, *, copies: bool = True) -> Self | None:
        """Return the store at a path or a URL, only to read it: nothing is created or migrated.

        None if there is no store. An older file is read from a migrated copy if it `copies`; else,
        and for an older store in a database, raises `Refused` with F126.
        """
        if isinstance(where, Path):
            with refusing(str(where)):
                file = sqlite.looked_at(where, copies=copies)
                return cls(str(where), file) if file is not None else None
        url = postgresql.url_of(where)
        place = postgresql.shown(url)
        with refusing(place):
            server = postgresql.looked_at(url)
            return cls(place, server) if server is not None else None

    def close(self) -> None:
        """Close the store; everything written is durable already."""
        with suppress(SQLAlchemyError):  # a server may be gone
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Run the block in one transaction: its writes become durable together, or not at all."""
        with self._lock:
            if self._connection.in_transaction():
                yield
                return
            with refusing(self.place):
                self._connection.info[IMMEDIATELY] = True
                transaction = self._connection.begin()
            try:
                yield
                with refusing(self.place):
                    transaction.commit()
            except BaseException:
                with suppress(SQLAlchemyError):  # a full disk may have rolled it back already
                    transaction.rollback()
                raise
            finally:
                with suppress(SQLAlchemyError):
                    self._connection.info.pop(IMMEDIATELY, None)

    def change(
        self,
        statement: Executable | Prepared,
        values: Mapping[str, Any] | None = None,
        *,
        at_least: int = 1,
    ) -> Changed:
        """Execute a change; outside `at_once` it is durable on return.

        `values` are the statement's parameters by name. Raises `LookupError` if it changed fewer
        than `at_least` rows, or if a row to insert existed already.
        """
        try:
            with self.at_once(), refusing(self.place):
                changed = self._executed(statement, values)
        except IntegrityError:
            raise LookupError("no such run, or an action that is journalled already") from None
        if changed.rows < at_least:
            raise LookupError("no such run or entry, or one that has ended")
        return changed

    def _executed(
        self, statement: Executable | Prepared, values: Mapping[str, Any] | None
    ) -> Changed:
        if isinstance(statement, Prepared):
            return Changed(statement.execute(self._connection, values or {}), 0)
        result = self._connection.execute(statement, values, execution_options=_COUNTED)
        key = result.inserted_primary_key if result.is_insert else None
        return Changed(result.rowcount, _number(key))

    def rows(self, statement: Executable) -> Sequence[AnyRow]:
        """Return the rows of a query."""
        with self._lock, refusing(self.place):
            if self._connection.in_transaction():
                found = self._connection.execute(statement).all()
            else:
                with self._connection.begin():
                    found = self._connection.execute(statement).all()
        if not self.shared and _is_mistyped(statement, found):
            raise damaged(self.place)
        return found

    def as_json(self, statement: Select[Any]) -> bytes:
        """Return the rows of a query for text columns as one JSON array, or b"" if it cannot.

        It cannot if a text is stored with a mark (`AnyText`), or a value is not text. For many
        rows this takes a fifth of the time of building each row.
        """
        each = statement.subquery().c
        text: ColumnElement[Any]
        if self.shared:
            text = cast(func.json_agg(func.json_build_array(*each)), Text)
        else:
            text = cast(func.json_group_array(func.json_array(*each)), LargeBinary)
        found: bytes | str = b""
        with suppress(Refused):  # versions before 0004 stored bytes, which SQLite has no JSON for
            found = self.rows(select(text))[0][0] or b""
        found = found.encode() if isinstance(found, str) else found
        return b"" if may_be_marked(found) else found

    def compact(self) -> bool:
        """Overwrite deleted data; return whether the store's files no longer contain any of it.

        Rewrites a file, unless other processes use it. A server compacts its database itself.
        """
        if self.shared:
            return False
        with self._lock, refusing(self.place):
            return sqlite.compacted(self._connection)

    def insert(self, table: Table) -> Upsert:
        """Return an insert that may update an existing row instead."""
        return upserting(table, shared=self.shared)

    @property
    def dialect(self) -> Dialect:
        """The database's dialect of SQL."""
        return self._connection.dialect

    @property
    def shared(self) -> bool:
        """Whether other machines may use this store."""
        return is_shared(self.dialect)


def is_shared(dialect: Dialect) -> bool:
    """Return whether other machines may use a store of this dialect."""
    return dialect.name == "postgresql"


def upserting(table: Table, *, shared: bool) -> Upsert:
    """Return an insert in the store's dialect: PostgreSQL's if it is `shared`."""
    if not shared:
        return lite.insert(table)
    from sqlalchemy.dialects import postgresql as pg

    return pg.insert(table)


def _is_mistyped(statement: Executable, rows: Sequence[AnyRow]) -> bool:
    """Return whether a value has the wrong type for its column, which SQLite permits."""
    if not rows or not isinstance(statement, Select):
        return False
    types = [each.type.python_type for each in statement.selected_columns]
    return any(
        value is not None and not isinstance(value, type)
        for row in rows
        for value, type in zip(row, types, strict=True)
    )


_COUNTED = {"preserve_rowcount": True}
"""Makes an insert that returns its id also report the number of rows."""


def _number(key: "AnyRow | None") -> int:
    first = key[0] if key else 0
    return first if isinstance(first, int) else 0
