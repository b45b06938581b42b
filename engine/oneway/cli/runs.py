"""`oneway runs`: lists runs, shows one in full, and removes old ones."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled, formatted, remembering, state_of, user
from oneway.cli.prompts import Asking
from oneway.core.instants import moment
from oneway.core.phrases import count
from oneway.history.journal import Journal, Run, RunState
from oneway.history.journal.future import Future, forget_future, in_the_future
from oneway.history.journal.retention import prunable, stored_names
from oneway.history.journal.rows import OLD_WORDS
from oneway.history.journal.run_counts import RunCounts, run_counts
from oneway.history.journal.schedule_claims import schedule_statuses
from oneway.render import history, past_run
from oneway.render.record_histories import OUTCOMES, Past, record_histories
from oneway.runs.compare.capture import UNKEPT
from oneway.runs.lost_output import kept_lost
from oneway.runs.past.discrepancies import discrepancies_of_run
from oneway.runs.past.find_run import (
    journal_to_read,
    name_in,
    plan_of_run,
    refuse_without_journal,
    run_named,
)
from oneway.runs.past.move import move_history
from oneway.runs.past.retention import LEAST_DAYS, prune
from oneway.runs.past.without_connection import stored_arguments
from oneway.runs.prepare.request import instant_text
from oneway.runs.resume import hold_lock
from oneway.runs.session import Operator
from oneway.runs.unrecorded import record_dead_runs
from oneway.state.folder import StateFolder

_PAGE = 200
"""Runs to read at a time when looking for those in one state."""


class _Listing(click.Group):
    """A group with the default subcommand `list`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert `list` if the arguments name no subcommand."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group("runs", cls=_Listing)
def command() -> None:
    """List runs, show one run, or forget old ones.

    `list` is the default. RUN is a run's number, `latest`, or a connection's name for its
    last run.

    \b
    Example:
      oneway runs
      oneway runs acme --state-of done_with_failures
      oneway runs show latest
      oneway runs show 12 --outcome rejected --outcome ineligible --person smith
      oneway runs prune --older-than 90d --dry-run
    """


@command.command("list")
@click.argument("connection", required=False)
@click.option(
    "--state-of",
    "states",
    multiple=True,
    type=click.Choice([*(each.value for each in RunState), *OLD_WORDS]),
    callback=lambda _ctx, _param, words: _states(words),
    help="Only runs in this state; may be given more than once. failed means "
    "done_with_failures, and open means interrupted or running.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    metavar="N",
    help="At most this many runs.",
)
@remembering
@formatted("text", "json")
@consoled
def listing(
    *,
    console: Console,
    connection: str | None,
    states: frozenset[RunState],
    limit: int,
    state: Path,
    format: str,
) -> Exit:
    """List the last runs, newest first.

    The counts are of records that were created, changed or made to leave, that failed, and
    that a guard held back.

    \b
    Example:
      oneway runs
      oneway runs acme --state-of done_with_failures --state-of refused --limit 5
    """
    where = state_of(state, make=False)
    record_dead_runs(Operator(user(), where, now))
    runs, found = _listed(where, connection, states, limit)
    if format == "json":
        console.json({"runs": history.as_json(runs, found)})
    else:
        console.out(history.text(runs, found, console.style))
    return Exit.DONE


@command.command("show")
@click.argument("run", metavar="RUN")
@click.option(
    "--outcome",
    "outcomes",
    multiple=True,
    type=click.Choice(OUTCOMES),
    metavar="KIND",
    help="Only people with this outcome (create, ineligible, ...) or ending (done, rejected, ...).",
)
@click.option(
    "--person", default="", metavar="TEXT", help="Only people with this in their key, name or id."
)
@remembering
@formatted("text", "json")
@consoled
def showing(
    *,
    console: Console,
    run: str,
    outcomes: tuple[str, ...],
    person: str,
    state: Path,
    format: str,
) -> Exit:
    """Show one run: who started it, what was planned for whom, and how that ended.

    \b
    Example:
      oneway runs show 12
      oneway runs show acme --outcome rejected --person smith
    """
    with journal_to_read(state_of(state, make=False)) as journal:
        one = run_named(journal, run)
        names = stored_names(journal, one.id)
        why = journal.stored_data(one.id, UNKEPT).get(UNKEPT, b"").decode(errors="replace")
        plan, entries = plan_of_run(journal, one), journal.entries(one.id)
        discrepancies = discrepancies_of_run(journal, one, plan, entries)
        past = Past(one, plan, entries, names, why, discrepancies, stored_arguments(journal, one))
        past = replace(past, lost=kept_lost(journal, one.id))
        counts = run_counts(journal, [one])[one.id]
    people = record_histories(past, outcomes, person)
    if format == "json":
        console.json({**history.run_as_json(one, counts), **past_run.as_json(past, people)})
    else:
        chosen = bool(outcomes or person)
        console.out(past_run.text(past, people, console.style, chosen=chosen))
    return Exit.DONE


@command.command("move")
@remembering
@consoled
def moving(*, console: Console, state: Path) -> Exit:
    """Move the history of the state folder's file into the database of ONEWAY_STORE.

    Runs get the next numbers of the database. The file stays, as journal.db.moved: as long as it
    is there, a run without ONEWAY_STORE is refused.

    \b
    Example:
      ONEWAY_STORE=postgresql://oneway@db.example.com/oneway oneway runs move
    """
    where = state_of(state)
    moved = move_history(Operator(user(), where, now))
    console.out(
        f"Moved {count(moved, 'run')} into the database; {where.file}.moved can be deleted."
    )
    return Exit.DONE


@command.command("prune")
@click.option(
    "--older-than",
    "days",
    required=True,
    metavar="DAYS",
    callback=lambda ctx, param, given: _days(ctx, param, given),
    help=f"How old a run must be, in days: 90d; at least {LEAST_DAYS}d.",
)
@click.option("--dry-run", is_flag=True, help="Say how many would be forgotten, and forget none.")
@remembering
@formatted("text", "json")
@consoled
def pruning(*, console: Console, days: int, dry_run: bool, state: Path, format: str) -> Exit:
    """Forget old runs: their plans, outcomes and snapshots of inputs.

    Dues of that age are forgotten too, and notices that arrived or were given up. What guards
    and `resume` need stays: the last run of each connection, and all writes in flight.

    \b
    Example:
      oneway runs prune --older-than 90d --dry-run
      oneway runs prune --older-than 90d
    """
    found = state_of(state, make=False)
    before = instant_text(now() - timedelta(days=days))
    refuse_without_journal(found)
    with journal_to_read(found) if dry_run else Journal.open(found.journal) as journal:
        number = len(prunable(journal, before)) if dry_run else prune(journal, before)
    if format == "json":
        console.json({"runs": number, "forgotten": not dry_run, "days": days})
    else:
        verb = "would be" if dry_run else "was" if number == 1 else "were"
        console.out(f"{count(number, 'run')} {verb} forgotten.\n")
    return Exit.DONE


@command.command("forget-future")
@click.argument("name")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@remembering
@formatted("text", "json")
@consoled
def forgetting(*, console: Console, name: str, yes: bool, state: Path, format: str) -> Exit:
    """Correct the records of one connection after the clock was ahead.

    Dues that are recorded in the future are forgotten, so that the schedule goes on. Runs keep
    their plans, actions and outcomes: only their instants are put back to the present, and
    guards count what they did as done now. Other connections are left alone, and nothing is
    sent anywhere.

    \b
    Example:
      oneway runs forget-future acme
      oneway runs forget-future acme --yes --format json
    """
    found = state_of(state, make=False)
    refuse_without_journal(found)
    at = now()
    operator = Operator(user(), found, now)
    name = _filed_as(found, name)
    with hold_lock(name, operator), Journal.open(found.journal) as journal:
        future = in_the_future(journal, name, at)
        zone = next((run.start.zone for run in journal.runs(name, limit=1)), "")
        said = _future_in_words(future, zone)
        clock = moment(instant_text(at), zone, seconds=True)
        asked = f"The clock says {clock}. {said} Correct that?"
        if future and not yes and not Asking(console).yes(asked, default=False):
            console.note("nothing was changed")
            return Exit.DONE
        forget_future(journal, name, at)
    if format == "json":
        data = {"runs": list(future.runs), "dues": future.dues, "until": future.until or None}
        console.json({"connection": name, **data})
    else:
        right = (
            " Corrected: future due times are deleted, and runs are moved to now." if future else ""
        )
        console.out(f"{said}{right}\n")
    return Exit.DONE


def _filed_as(state: StateFolder, text: str) -> str:
    """Return the name of a connection's records, by its name or file, or by one of its runs."""
    with Journal.open(state.journal) as journal:
        if text in {*journal.connections(), *schedule_statuses(journal)}:
            return text
        return run_named(journal, text).start.connection


def _future_in_words(future: Future, zone: str) -> str:
    if not future:
        return "Nothing is recorded in the future."
    runs, dues = count(len(future.runs), "run"), count(future.dues, "due")
    last = moment(future.until, zone, seconds=True)
    return f"In the future are {runs} and {dues}, the last at {last}."


def _listed(
    state: StateFolder, connection: str | None, states: frozenset[RunState], limit: int
) -> tuple[tuple[Run, ...], Any]:
    """Return the last runs in any of these states (without states: all), and their counts."""
    journal = Journal.look(state.journal)
    if journal is None:
        return (), {}
    runs: list[Run] = []
    with journal:
        if connection is not None:
            connection = name_in(journal, connection)
            if not journal.runs(connection, limit=1):
                run_named(journal, connection)  # reports an unknown name, and suggests similar ones
        before: int | None = None
        while len(runs) < limit:
            page = journal.runs(connection, limit=_PAGE if states else limit, before=before)
            runs += [run for run in page if not states or run.state in states]
            if not page or not states:
                break
            before = page[-1].id
        found: dict[int, RunCounts] = dict(run_counts(journal, runs[:limit]))
    return tuple(runs[:limit]), found


def _states(words: Iterable[str]) -> frozenset[RunState]:
    found = (OLD_WORDS[word] if word in OLD_WORDS else {RunState(word)} for word in words)
    return frozenset().union(*found)


def _days(ctx: click.Context, param: click.Parameter, given: str) -> int:
    match = re.fullmatch(r"(\d{1,5})d?", given, re.ASCII)
    if match is None:
        raise click.BadParameter(f"{given!r} is not a number of days, such as 90d.", ctx, param)
    days = int(match[1])
    if days < LEAST_DAYS:
        why = f"at least {LEAST_DAYS}d: guards look back a week."
        raise click.BadParameter(why, ctx, param)
    return days
