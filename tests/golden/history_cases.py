"""What `runs`, `status` and `replay` print, from runs made by hand: `history/*.txt`.

Run as a script, it writes what is printed now: `python tests/golden/history_cases.py`, and the
change is reviewed like any other.
"""

from pathlib import Path

from plan_cases import FOLDER as PLANS
from plan_cases import planned

from journals import entry_of, unlike_the_engine
from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.core.seal import Sealed
from oneway.history.discrepancies import Discrepancy, DiscrepancyKind
from oneway.history.journal import Breached, End, Run, RunStart, Why
from oneway.history.journal.run_counts import RunCounts
from oneway.planning.compare import PlanDifference
from oneway.planning.endings import Ending
from oneway.render import Style, history, past_run, replays, status
from oneway.render.record_histories import Past, record_histories
from oneway.runs.compare.replay import Replay
from oneway.runs.past.status import ConnectionStatus, HeldBack

FOLDER = Path(__file__).parent / "history"
LEAVERS = Breached(
    "leavers",
    "leavers: 7 now, at most 2 pass (the larger of 2 and 10 % of 20 matched)",
    "--allow leavers=7",
    ("a1", "a2", "a3", "a4", "a5", "a6", "a7"),
)


def run(number, connection="acme", ended="2026-11-22T04:00:42Z", problems=(), counts=None, **start):
    begun = {
        "mapping": "staffology-to-expensein",
        "digest": "3f" * 32,
        "fingerprint": "9c" * 32,
        "as_of": "2026-11-22T04:00:00Z",
        "started": "2026-11-22T04:00:01Z",
        "by": "payroll",
        "connection": connection,
        "why": Why.SCHEDULE,
        "version": "0.1.0",
        "host": "host-1",
    } | start
    return Run(number, RunStart(**begun), ended, counts or {}, problems)


EMPTY = Diagnostic(
    Span("staffology employees"),
    Severity.ERROR,
    "R160",
    "the source has no records; nothing will be written",
    "check the connector's options and what the credentials may see",
)
RUNS = (
    run(12, counts={"done": 3, "rejected": 1}),
    run(11, "globex-north-of-the-river-limited", breaches=(LEAVERS,), counts={"held": 7}),
    run(10, "initech", problems=(EMPTY,)),
    run(9, ended=None, why=Why.HAND),
    run(8, why=Why.CONNECT, counts={"done": 123456}),
)
TWICE = tuple(
    run(20 + hour, started=f"2026-10-25T0{hour}:30:00Z", zone="Europe/London") for hour in range(3)
)
"""Two hours with one number, on the night on which clocks are set back."""
ABROAD = run(
    31,
    "outback",
    counts={"done": 1, "rejected": 1},
    as_of="2026-11-21T17:00:00Z",
    started="2026-11-21T17:00:01Z",
    ended="2026-11-21T17:00:42Z",
    zone="Australia/Sydney",
)
TALLIES = {
    12: RunCounts(1, 2, 0, 1, 0),
    11: RunCounts(held=7),
    10: RunCounts(),
    9: RunCounts(),
    8: RunCounts(created=123456),
}


def one_run():
    """Return the run of a golden plan: its first action was refused, the second was done."""
    plan = planned(PLANS / "guards-held").plan
    first, *others = plan.actions
    refused = End(Ending.REJECTED, first.target_id, "W105", "the email is of no known domain")
    entries = [entry_of(12, first, refused)]
    entries += [entry_of(12, each, End(Ending.DONE, each.target_id or "2001")) for each in others]
    found = run(12, counts={"done": len(others), "rejected": 1})
    assert unlike_the_engine(found, entries, plan) == ()
    return Past(found, plan, tuple(entries), frozenset({"inputs"}))


DOMAIN = "the email is of no known domain"


def discrepancy(number, label, ending, code, reason, day=20, next_try=""):
    since = f"2026-11-{day}T04:00:01Z"
    who = (f"s{number}", f"00{number}", label, f"s{number}", None)
    return Discrepancy(*who, ending, code, reason, since, next_try)


STANDINGS = (
    ConnectionStatus(
        "acme",
        "connections/acme.yaml",
        last=RUNS[0],
        ended=RUNS[0],
        last_done=RUNS[4],
        due="2026-11-23T04:03:12Z",
        discrepancies=(
            discrepancy(141, "Ralph", DiscrepancyKind.INELIGIBLE, "email", "Email is missing"),
            discrepancy(
                142, "Sue", DiscrepancyKind.INELIGIBLE, "email", "Email is missing", day=22
            ),
            discrepancy(
                143, "Jo", DiscrepancyKind.CONFLICT, "claimed_twice", "they and 00141 claim one"
            ),
            discrepancy(144, "Al", DiscrepancyKind.REFUSED, "W105", DOMAIN, next_try="2026-11-24"),
            discrepancy(145, "Bo", DiscrepancyKind.REFUSED, "W105", DOMAIN, next_try="2026-11-25"),
        ),
    ),
    ConnectionStatus(
        "globex-north-of-the-river-limited",
        "connections/globex.yaml",
        last=RUNS[1],
        ended=RUNS[1],
        never=True,
        held=(HeldBack(LEAVERS, "2026-11-20T04:00:01Z"),),
    ),
    ConnectionStatus(
        "initech",
        "connections/initech.yaml",
        last=RUNS[2],
        ended=RUNS[2],
        due="2026-11-23T04:00:00Z",
    ),
    ConnectionStatus(
        "outback",
        "connections/outback.yaml",
        last=ABROAD,
        ended=ABROAD,
        due="2026-11-22T17:03:12Z",
        missed="2026-11-21T21:00:00Z",
        held=(HeldBack(LEAVERS, "2026-11-20T13:00:01Z"),),
        discrepancies=(
            discrepancy(144, "Al", DiscrepancyKind.REFUSED, "W105", DOMAIN, next_try="2026-11-24"),
        ),
        zone="Australia/Sydney",
    ),
    ConnectionStatus("fresh", "connections/fresh.yaml", due="2026-11-23T04:00:00Z"),
    ConnectionStatus("old", last=RUNS[4], ended=RUNS[4], last_done=RUNS[4]),
)
REPLAY = Replay(
    12,
    same=False,
    fingerprint="9c" * 32,
    derived="8b" * 32,
    version="0.0.9",
    remarks=("it was planned by oneway 0.0.9; this is 0.1.0",),
    differences=(
        PlanDifference("", "", "managed", 20, 19),
        PlanDifference("5d201bbb", "Ralph", "outcome", "unchanged", "update"),
        PlanDifference("5d201bbb", "Ralph", "writes email", False, True),
        PlanDifference("6e", "Sue", "bank.no after", Sealed("ab" * 32), Sealed("")),
        PlanDifference("1078", "00150", "outcome", "absent", None, on_target=True),
    ),
)


def rendered():
    """Return what is printed, by file name."""
    style, past = Style(), one_run()
    return {
        "runs.txt": history.text(RUNS, TALLIES, style),
        "runs-clock-change.txt": history.text(
            TWICE, dict.fromkeys((20, 21, 22), RunCounts()), style
        ),
        "run-abroad.txt": past_run.text(Past(ABROAD, None, ()), (), style),
        "run.txt": past_run.text(past, record_histories(past), style),
        "chosen.txt": past_run.text(past, record_histories(past, ["rejected"]), style, chosen=True),
        "refused.txt": past_run.text(Past(RUNS[2], None, ()), (), style),
        "status.txt": status.text(STANDINGS, style),
        "status-verbose.txt": status.text(STANDINGS, style, limit=None),
        "status-brief.txt": status.text(STANDINGS, style, whole=False),
        "replay.txt": replays.text(REPLAY, style),
        "replay-same.txt": replays.text(Replay(12, True, "9c" * 32, "9c" * 32, "0.1.0"), style),
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in rendered().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
