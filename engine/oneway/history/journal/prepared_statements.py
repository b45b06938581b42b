"""Statements compiled once and then executed by the database driver directly, past SQLAlchemy.

Journalling an action takes six statements. SQLAlchemy's overhead on each is ten times what the
database needs to execute it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Self

from sqlalchemy import ClauseElement, Connection, Dialect
from sqlalchemy.exc import DBAPIError

from oneway.core.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement's text, and how to pass its parameters to the driver."""

    text: str
    fixed: Mapping[str, Any]
    """The values that are part of the statement, converted for the driver."""
    takes: Mapping[str, Callable[[Any], Any] | None]
    """The parameters of each execution, with the function that converts each for the driver."""
    places: tuple[str, ...] | None
    """The order of the parameters; None if they are passed by name."""

    @classmethod
    def of(cls, statement: ClauseElement, dialect: Dialect) -> Self:
        """Return a statement, ready for the driver of one kind of database."""
        compiled: Any = statement.compile(dialect=dialect)
        turned = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect)
            for name, bind in compiled.binds.items()
        }
        takes = {name: turned[name] for name, bind in compiled.binds.items() if bind.required}
        fixed = {
            name: _turned(turned[name], value)
            for name, value in compiled.params.items()
            if name not in takes
        }
        places = compiled.positiontup
        return cls(str(compiled), fixed, takes, None if places is None else tuple(places))

    def fixing(self, values: Mapping[str, Any]) -> Self:
        """Return the statement with these parameters fixed, as far as it has them."""
        fixed = {
            name: _turned(self.takes[name], value)
            for name, value in values.items()
            if name in self.takes
        }
        takes = {name: turn for name, turn in self.takes.items() if name not in fixed}
        return replace(self, fixed={**self.fixed, **fixed}, takes=takes)

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Execute the statement and return how many rows it changed. Raises SQLAlchemy's errors."""
        all = {name: _turned(turn, values[name]) for name, turn in self.takes.items()}
        all.update(self.fixed)
        given = all if self.places is None else tuple(all[name] for name in self.places)
        driver: Any = connection.dialect.loaded_dbapi
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self.text, given)
            return int(cursor.rowcount)
        except driver.Error as error:
            raise DBAPIError.instance(
                None, None, error, driver.Error, hide_parameters=True, dialect=connection.dialect
            ) from None
        finally:
            cursor.close()


def _turned(turn: Callable[[Any], Any] | None, value: Any) -> Any:
    return value if turn is None else turn(value)
