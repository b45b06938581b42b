"""Connections that tell somebody, and runs of them written down as the engine would."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from journals import entry_of, unlike_the_engine
from oneway.connections.connection import Connection, Email, Notify, Occasion, Security, Webhook
from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.history.journal import Breached, End, Journal, RunStart, Why
from oneway.history.journal.packed import packed
from oneway.notices.instants import instant_text
from oneway.planning.access import StillIn
from oneway.planning.endings import Ending
from oneway.planning.plan import Action, Verb

EVERYTHING = frozenset(Occasion)
MONDAY = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
"""A Monday, at four."""


def hook(url: str = "https://hooks.example.com/x", on: frozenset[Occasion] = EVERYTHING) -> Webhook:
    """Return a webhook without a secret."""
    return Webhook(url, on=on)


def mailbox(port: int, security: Security = Security.NONE) -> Email:
    """Return a mail server of this machine."""
    return Email(
        to=("payroll@example.com",),
        sender="oneway@example.com",
        server="localhost" if security is not Security.NONE else "127.0.0.1",
        port=port,
        security=security,
        on=EVERYTHING,
    )


def connection(*notify: Notify, name: str = "acme") -> Connection:
    """Return a connection that tells in these ways."""
    return Connection(name, f"connections/{name}.yaml", "mappings/m.yaml", notify=notify)


def after(days: float) -> datetime:
    """Return an instant so many days after `MONDAY`."""
    return MONDAY + timedelta(days=days)


def refused(
    store: Journal,
    code: str,
    now: datetime,
    name: str = "acme",
    text: str = "no",
    at: Span | None = None,
    why: Why = Why.HAND,
) -> int:
    """Write down a run that an error stopped."""
    problem = Diagnostic(at or Span("staffology"), Severity.ERROR, code, text)
    return store.refused(replace(_start(name, now), why=why), (problem,), instant_text(now))


def ended(
    store: Journal,
    now: datetime,
    ends: Mapping[str, tuple[Ending, str]] = {},
    *,
    guards: tuple[str, ...] = (),
    name: str = "acme",
    plan: str = "",
    reason: str = "",
    still_in: tuple[StillIn, ...] = (),
    verb: Verb = Verb.UPDATE,
) -> int:
    """Write down a run that got to its end: how each of its actions did, by id.

    An action `a:2` is another one of the record that `a` is of.
    """
    breaches = tuple(
        Breached(each, f"{each}: 4 now, at most 2 pass", f"--allow {each}=4", ("a", "b"))
        for each in guards
    )
    run = store.begin(_start(name, now, breaches), packed((plan.encode(),)) if plan else b"")
    counts: dict[str, int] = {}
    for id, (ending, code) in ends.items():
        record = id.partition(":")[0]
        action = Action(id, verb, f"s{record}", f"t{record}", ())
        entry = entry_of(run, action, End(ending, code=code, reason=reason), breaches)
        if entry.sent:
            store.intended(run, action, entry.token)
            store.sent(run, id)
        assert entry.end is not None
        store.ended(run, action, entry.end)
        counts[ending.value] = counts.get(ending.value, 0) + 1
    store.finish(run, counts, instant_text(now), still_in=still_in)
    found = store.run(run)
    assert found is not None
    assert unlike_the_engine(found, store.entries(run), None) == ()
    return run


def died(store: Journal, now: datetime, name: str = "acme") -> int:
    """Write down a run that never ended."""
    return store.begin(_start(name, now))


def _start(name: str, now: datetime, breaches: tuple[Breached, ...] = ()) -> RunStart:
    at = instant_text(now)
    return RunStart(
        mapping="m",
        digest="d",
        fingerprint="f",
        as_of=at,
        started=at,
        by="tester",
        connection=name,
        breaches=breaches,
    )
