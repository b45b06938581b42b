"""Who was listed as able to get in stays so until an answer takes them off.

Told from both systems and from the lists of earlier runs, and never from the planner. A user who
may be two people's is listed once, over either of them. An answer is that the user cannot get in,
that payroll says of the person that they stay, or that the user is somebody else's by their code.
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field

from .oracle import can_get_in, demand, doubtful_creates
from .unsaid import is_day, is_readable, said_code, said_date, said_gone, served
from .world import World

Pair = tuple[str, str]
"""A source record, and a user who may be theirs."""


@dataclass
class Listed:
    """The people whom runs have listed and of whom no answer has come, with the users."""

    pairs: set[Pair] = field(default_factory=set)

    def before(self, world: World) -> None:
        """Follow the users whom a write of unknown end has made, before a run settles it."""
        self.pairs |= {
            (source, id)
            for source, token in doubtful_creates(world.state_folder)
            for id, made_by in world.servers.made.items()
            if made_by == token and not _is_answered(world, source, id)
        }

    def after(self, world: World, *, whole: bool) -> None:
        """Drop whom an answer takes off; after a `whole` run, demand that it names the others."""
        self.pairs = {each for each in self.pairs if not _is_answered(world, *each)}
        if whole:
            named = _named(world)
            sources = {source for source, _ in named}
            users = {user for _, user in named}
            for source, user in sorted(self.pairs):
                if source not in sources and user not in users:
                    demand(False, f"{source} was listed over user {user}, and is no more")
            self.pairs |= {each for each in named if each[1]}


def _named(world: World) -> set[Pair]:
    """Return whom the last run lists, read past the engine."""
    sql = "SELECT still_in FROM run ORDER BY id DESC LIMIT 1"
    with closing(sqlite3.connect(world.state_folder / "journal.db")) as connection:
        ((text,),) = connection.execute(sql)
    found: set[Pair] = set()
    for _, _, source, target, _, *more in json.loads(text):
        candidates = next((each for each in more if isinstance(each, list)), [])
        if source is not None:
            found |= {(source, each or "") for each in (target, *candidates)}
        else:
            found |= {(each, target) for each in candidates}
    return found


def _is_answered(world: World, source: str, id: str) -> bool:
    """Return whether nobody need be listed over a user any more, or over them for this person."""
    user = world.people.users.get(id)
    if user is None or not can_get_in(world, user):
        return True
    said = {each: served(world.people, each) for each in world.people.employees}
    holders = [e for e, record in said.items() if record and said_code(record) == user["reference"]]
    if user["reference"] and len(holders) == 1 and holders != [source]:
        return True
    record = said.get(source)
    if record is None or not is_readable(world.people, source):
        return False
    when = said_date(record)
    later = is_day(when) and when is not None and when >= world.people.today.isoformat()
    return said_gone(record) is False or later
