"""Every action of a plan has its ending and its reason in the journal, and all who tell of a run
tell the same: `report`, `runs show`, the counts, and what `apply` itself returned.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from journals import unlike_the_engine
from memory import MemorySystems, systems_of
from oneway.applying.apply import apply
from oneway.applying.result import Earlier, Result
from oneway.applying.watch import Stopped, Watch
from oneway.core.connector_errors import Blame, NotSent, Rejected, Unknown
from oneway.history.journal import End, Journal, Run
from oneway.history.journal.run_counts import run_counts
from oneway.history.name_digests import NameDigests
from oneway.mapping.spec import GuardKind
from oneway.planning.breach import Breach, Verdict
from oneway.planning.endings import Ending
from oneway.planning.guard_kinds import Limit
from oneway.planning.plan import Plan
from oneway.planning.plan_file import fingerprint
from oneway.render import Style, past_run
from oneway.render.record_histories import Past, record_histories
from oneway.render.report import html, page
from oneway.render.report.actions import report_actions
from oneway.runs.approval import Approval
from oneway.runs.past.past_run import PastRun, load_past_run
from oneway.runs.run_log import RunLog
from oneway.runs.session import Operator
from oneway.state.folder import StateFolder
from strategies import worlds
from worlds import SEAL, World, planned

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
ERRORS = st.sampled_from(
    [
        None,
        None,
        Rejected("W101", "phone: too long"),
        NotSent("W102", "no connection", blame=Blame.SYSTEM),
        Unknown("W105", "no answer", blame=Blame.SYSTEM),
        Rejected("W103", "the key was revoked", blame=Blame.ACCESS),
    ]
)
GUARDS = [(GuardKind.LEAVERS, ""), (GuardKind.CLEARS, ""), (GuardKind.FIELD_CHANGES, "email")]


class KnownSeal(StateFolder):
    """A state folder with the seal that the worlds of tests are planned with."""

    def seal(self) -> Any:
        """Return it."""
        return SEAL


@dataclass
class Night:
    """A plan, what guards and earlier refusals say of it, and how each write will end."""

    world: World
    plan: Plan
    verdict: Verdict
    postponed: dict[str, End]
    errors: list[Any]
    edited: bool
    batch: int
    stops: int | None = None
    results: list[Result] = field(default_factory=list)


@st.composite
def nights(draw: st.DrawFn) -> Night:
    """Draw a plan of a world, and a night in which anything may go wrong with it."""
    world = draw(worlds())
    plan = planned(world)
    ids = sorted(each.id for each in plan.actions)
    some = st.lists(st.sampled_from(ids), unique=True) if ids else st.just([])
    breaches = tuple(
        Breach(kind, name, len(held), 0, 1, Limit(Fraction(1, 10), 1), 9, tuple(sorted(held)))
        for kind, name in GUARDS
        if draw(st.integers(0, 3)) == 0 and (held := draw(some))
    )
    whole = bool(breaches) and draw(st.booleans())
    blocked = frozenset(ids) if whole else frozenset(i for b in breaches for i in b.blocked)
    waits = {
        id: End(Ending.POSTPONED, code="W101", reason=f"refused: {id}", until="2026-11-25")
        for id in (draw(some) if draw(st.booleans()) else [])
    }
    return Night(
        world,
        plan,
        Verdict(breaches, blocked),
        waits,
        draw(st.lists(ERRORS, max_size=len(ids))),
        draw(st.booleans()),
        draw(st.sampled_from([1, 1, 3])),
        draw(st.none() | st.integers(0, len(ids))),
    )


@contextmanager
def journal_of(folder: Path) -> Iterator[tuple[Journal, Operator]]:
    operator = Operator("ann", KnownSeal(folder), lambda: NOW)
    with Journal.open(operator.state.journal) as journal:
        yield journal, operator


def lived(night: Night, journal: Journal, operator: Operator) -> Run:
    """Apply a night's plan, and resume it where it was stopped; return its run."""
    approval = Approval(fingerprint(night.plan), night.verdict, night.postponed)
    systems = _systems(night)
    log = RunLog(journal, night.plan, operator, approval, NameDigests(SEAL, None))
    asked = iter(range(len(night.plan.actions) + 1))
    watch = Watch(stopping=lambda: next(asked) == night.stops)
    try:
        night.results += apply(
            night.plan, approval.of(Earlier()), systems.of(night.world), log, watch
        )
    except Stopped:
        known = journal.entries(log.run)
        final = {
            each.action_id: each.end.ending
            for each in known
            if each.end is not None and not each.end.ending.withheld
        }
        flying = {
            each.action_id: each.token for each in known if each.end is None
        }  # none: what was begun has ended
        assert not flying
        final = {id: each for id, each in final.items() if each is not Ending.UNKNOWN}
        sent = {e.action_id: e.token for e in known if e.end and e.end.ending is Ending.UNKNOWN}
        again = apply(night.plan, approval.of(Earlier(final, sent)), systems.of(night.world), log)
        night.results += again
    log.finish()
    run = journal.run(log.run)
    assert run is not None
    return run


def _systems(night: Night) -> MemorySystems:
    systems = systems_of(night.world, batch=night.batch)
    errors = iter(night.errors)

    def failing(write: Any) -> Any:
        def tried(*given: Any) -> Any:
            error = next(errors, None)
            if error is not None:
                raise error
            return write(*given)

        return tried

    writer = systems.writer
    for name in ("create", "update", "leave"):
        setattr(writer, name, failing(getattr(writer, name)))
    if night.edited:
        for record in systems.target.records.values():
            record["name"] = "somebody's edit"
    return systems


def told(night: Night) -> tuple[PastRun, Past, dict[str, Result], dict[str, int]]:
    """Return a night as `report` and `runs show` are told of it, and what `apply` returned."""
    with TemporaryDirectory() as folder, journal_of(Path(folder)) as (journal, operator):
        run = lived(night, journal, operator)
        found = load_past_run(journal, run)
        tally = run_counts(journal, [run])[run.id]
        past = Past(run, found.plan, found.entries)
    counts = {"failed": tally.failed, "held": tally.held}
    # Of an action that was tried twice, the last try counts.
    return found, past, {each.action.id: each for each in night.results}, counts


@given(nights())
@settings(deadline=None)
def test_what_became_of_a_night_is_told_alike_everywhere(night: Night) -> None:
    found, past, results, counts = told(night)
    # It has the form that journals made by hand are held to.
    assert unlike_the_engine(found.run, found.entries, night.plan) == ()
    everybody_tells_the_same_of_every_action(night, found, past, results)
    nothing_is_guessed_of_what_was_not_sent(night, found, past, results, counts)


def everybody_tells_the_same_of_every_action(
    night: Night, found: PastRun, past: Past, results: dict[str, Result]
) -> None:
    report = {each.id: each.end for each in report_actions(found)}
    shown = {each.action.id: each.end for each in record_histories(past) if each.action is not None}
    assert report == shown
    assert set(shown) == set(results) == {each.id for each in night.plan.actions}
    for id, result in results.items():
        end = shown[id]
        assert end is not None
        told_by = (end.ending, end.code, end.reason, end.guards, end.until)
        assert told_by == (
            result.ending,
            result.code,
            result.reason,
            result.guards,
            result.until,
        )


def nothing_is_guessed_of_what_was_not_sent(
    night: Night, found: PastRun, past: Past, results: dict[str, Result], counts: dict[str, int]
) -> None:
    assert found.run.counts == Counter(each.ending.value for each in results.values())
    held = sum(each.ending is Ending.HELD for each in results.values())
    done = sum(each.ending is Ending.DONE for each in results.values())
    assert counts == {"held": held, "failed": len(results) - held - done}
    text = " ".join(past_run.text(past, record_histories(past), Style(width=10_000)).split())
    report = html(page(found))
    for result in results.values():
        if result.ending is Ending.HELD:
            assert result.reason in text
            assert set(result.guards) <= {each.name for each in night.verdict.breaches}
        if result.ending is Ending.POSTPONED:
            assert result.reason in text
            assert result.reason in report
