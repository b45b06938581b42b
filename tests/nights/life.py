"""One seed: many nights of one connection, with whatever befalls it."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from oneway.history.journal import Journal
from oneway.history.journal.links import links
from simulation.crash import Crash, Steps, journal_steps

from .night import EDITS, MAPPING, Night, correct, join
from .town import Town, Violation

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where stores are kept that need not last."""
NIGHTS = 25
"""Nights of one seed."""


def live(seed: int, tell: Callable[[str], None] = lambda _: None) -> Counter[str]:
    """Live through the nights of a seed and return what happened; raise `Violation`.

    `tell` is told the story, a line an event.
    """
    dice = Random(seed)
    town = Town(dice, datetime(2026, 6, 15, 4, tzinfo=UTC))
    town.honours_tokens = dice.random() < 0.3
    by_id = dice.random() < 0.8
    rules = {"rekey": dice.choice(["report", "write"])}
    if by_id:
        rules["gone"] = dice.choice(["report", "create"])
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        tell(f"{rules}, asked by id: {by_id}, honours tokens: {town.honours_tokens}")
        night = Night(town, Path(folder) / "state", MAPPING | rules, by_id, tell)
        life = _Life(night, dice)
        try:
            life.lived()
        except Violation as violation:
            raise Violation(f"seed {seed}, night {town.counts['nights']}: {violation}") from None
    return town.counts


class _Life:
    def __init__(self, night: Night, dice: Random) -> None:
        self.night = night
        self.town = night.town
        self.dice = dice
        self.steps = Steps()
        self.backup = night.folder.with_name("backup")

    def lived(self) -> None:
        for _ in range(self.dice.randint(3, 8)):
            join(self.town)
        with journal_steps(self.steps):
            for _ in range(NIGHTS):
                self.town.counts["nights"] += 1
                self._day()
                self._night()
                self._linked_once()

    def _day(self) -> None:
        if self.dice.random() < 0.1:
            self._restore()
        if self.dice.random() < 0.1 and self.night.folder.exists():
            shutil.rmtree(self.backup, ignore_errors=True)
            shutil.copytree(self.night.folder, self.backup)
        for _ in range(self.dice.choice([0, 1, 1, 2, 3])):
            edit = self.dice.choice(EDITS)
            edit(self.town)
            self.night.tell(f"night {self.town.counts['nights']}: {edit.__name__}")
        self.town.tell_apart()

    def _night(self) -> None:
        town, dice = self.town, self.dice
        town.faults = dice.choice([0, 0, 0.2, 0.5])
        town.pass_time(timedelta(hours=dice.choice([1, 24])))
        # A second run soon after the first meets what that one has left half done.
        for minutes in dice.choice([[0], [0], [0, 1], [0, 10, 20]]):
            town.pass_time(timedelta(minutes=minutes))
            self._hide()
            self.steps.arm(dice.choice([None, None, dice.randint(1, 60)]))
            try:
                self.night.run()
            except Crash:
                town.counts["crashes"] += 1
                self.night.tell(f"crashed: {self.steps.last}")
            finally:
                self.steps.arm(None)

    def _hide(self) -> None:
        town, dice = self.town, self.dice
        share = dice.choice([0, 0, 0.2, 0.5, 1]) if self.night.by_id else 0
        town.hidden = frozenset(id for id in sorted(town.users) if dice.random() < share)
        lacking = dice.choice([0, 0, 0.2])
        here = [each.source_id for each in town.people if each.here]
        town.unread = frozenset(id for id in sorted(here) if dice.random() < lacking)
        town.counts["hidden records"] += len(town.hidden)
        town.counts["unread people"] += len(town.unread)

    def _restore(self) -> None:
        """Go on from a backup, or from nothing, and let one quiet night learn what is there.

        Without links the keys decide alone, which is as safe as keys are: a key that has changed
        hands by that night cannot be told from one that did not. So a person corrects them.
        """
        town = self.town
        correct(town)
        town.faults, town.hidden, town.unread = 0, frozenset(), frozenset()
        for _ in range(2):
            town.pass_time(timedelta(days=1))
            self.night.run()
        shutil.rmtree(self.night.folder, ignore_errors=True)
        if self.backup.exists() and self.dice.random() < 0.7:
            shutil.copytree(self.backup, self.night.folder)
        town.counts["restored"] += 1
        self.night.tell("restored")
        town.pass_time(timedelta(days=1))
        self.night.run(let_through=True)

    def _linked_once(self) -> None:
        path = self.night.folder / "journal.db"
        if not path.exists():
            return
        with Journal.open(path) as journal:
            for name in journal.connections():
                found = links(journal, name)
                for ids in ([e.source_id for e in found], [e.target_id for e in found]):
                    if len(ids) != len(set(ids)):
                        raise Violation(f"linked twice: {ids}")
