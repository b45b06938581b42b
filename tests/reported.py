"""Runs made by hand, for tests of what is said of them: a plan, and how each action ended."""

from collections import Counter
from dataclasses import replace

from journals import entry_of, unlike_the_engine
from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.core.seal import Sealed
from oneway.history.flapping import RevertedWrite
from oneway.history.journal import End, Run, RunStart
from oneway.history.journal.rows import Breached, Why
from oneway.planning.access import still_in
from oneway.planning.endings import Ending
from oneway.planning.plan import Action, Change, Kind, Miss, Outcome, Plan, Reason, Verb
from oneway.planning.plan_inputs import Allowance, PlanConnection, PlanInput, Read
from oneway.runs.past.past_run import PastRun

AT = Span("mappings/payroll.yaml", 30, 5, 20)
ENDED = "2026-11-22T04:00:42Z"
CANARY = "c4" * 32
"""The digest of a sealed value: not even that is shown."""

NAMES = (
    "Ann Example",
    "José Núñez-Olivares",
    "<script>alert('Robert')</script>",
    "Zoë </td></table><img src=https://example.com/x.png onerror=alert(1)>",
    "عبد الله بن محمد",
    "Eve \u202eelpmaxE",
    "山田 太郎",
    "Li\u200bza \x1b[31mRed",
    'O\'Brien & Sons "Ltd"',
    "{{ 7 * 7 }} {% raw %}",
    "Wolfeschlegelsteinhausenbergerdorffvoralternwarengewissenhaftschaferswessenschafewaren",
    "נעמי כהן",
    "Ali & Bea",
    "Cy Ex",
    "Di Ex",
    "Ed Ex",
)


def change(field, before, after):
    return Change(field, before, after, field, AT)


def sealed(number=0):
    return Sealed(f"{number:02x}{CANARY[2:]}")


def person(number, kind, changes=(), *, verb=None, name=None, reasons=(), target=None):
    """Return the outcome of a person, with an action where there is a verb."""
    has_access = verb is not None and verb.takes_access
    id = f"{number:016x}"
    source = None if kind is Kind.ABSENT else f"s{number}"
    actions = (Action(id, verb, source, target, tuple(changes)),) if verb is not None else ()
    label = NAMES[number % len(NAMES)] if name is None else name
    return Outcome(kind, f"{number:05}", label, source, target, tuple(reasons), actions, has_access)


def joiner(number):
    return person(
        number,
        Kind.CREATE,
        [
            change("reference", None, f"{number:05}"),
            change("firstName", None, NAMES[number % len(NAMES)].split(" ")[0]),
            change("email", None, f"p{number}@example.com"),
            change("departmentId", None, 11),
            change("bankDetails.accountNumber", None, sealed(number)),
        ],
        verb=Verb.CREATE,
    )


def mover(number):
    return person(
        number,
        Kind.UPDATE,
        [
            change("lastName", "Formerly", NAMES[number % len(NAMES)]),
            change("phone", "01632 960001", None),
            change("bankDetails.sortCode", sealed(1), sealed(2)),
        ],
        verb=Verb.UPDATE,
        target=f"{1000 + number}",
    )


def leaver(number):
    leaving = [change("leaveDate", None, "2026-11-20")]
    return person(number, Kind.LEAVE, leaving, verb=Verb.LEAVE, target=f"{1000 + number}")


def ineligible(number, *texts, warning=False):
    reasons = [Reason(f"rule{n}", text, AT, warning=warning) for n, text in enumerate(texts)]
    found = person(number, Kind.INELIGIBLE, reasons=reasons)
    return replace(found, has_access=warning)


def plan(*outcomes, **parts):
    """Return a plan of these outcomes."""
    made = Plan(
        mapping="payroll",
        mapping_file="mappings/payroll.yaml",
        mapping_digest="1" * 64,
        as_of="2026-11-22T04:00:00Z",
        settings={"include_bank_details": True},
        connection=PlanConnection("acme", "connections/acme.yaml"),
        inputs={
            "source": PlanInput("staffology", "employees", {}),
            "target": PlanInput("expensein", "users", {}),
        },
        reads=(Read("source", 312, True), Read("target", 330, True)),
        managed=300,
        outcomes=outcomes,
    )
    return replace(made, **parts)


def run(
    made=None, endings=None, *, breaches=(), problems=(), ended="2026-11-22T04:00:42Z", **start
):
    """Return a run of a plan and its entries; `endings` are by action id, `DONE` otherwise."""
    endings = endings or {}
    actions = {each.id: each for each in made.actions}.values() if made is not None else ()
    held = {id for each in breaches for id in each.held}
    ends = {
        each.id: endings.get(each.id, End(Ending.HELD if each.id in held else Ending.DONE))
        for each in actions
    }
    entries = tuple(entry_of(71, each, ends[each.id], breaches) for each in actions)
    counts = Counter(each.end.ending.value for each in entries if each.end is not None)
    begun = {
        "mapping": "payroll",
        "digest": "1" * 64,
        "fingerprint": "f" * 64,
        "as_of": "2026-11-22T04:00:00Z",
        "started": "2026-11-22T04:00:03Z",
        "by": "ann",
        "connection": "acme",
        "why": Why.SCHEDULE,
        "version": "0.1.0",
        "host": "payroll-1",
        "breaches": tuple(breaches),
    } | start
    said = {id: end for id, end in ends.items() if end is not None}
    still = still_in(made, said) if made is not None and ended is not None else ()
    found = Run(71, RunStart(**begun), ended, dict(counts), tuple(problems), still_in=still)
    assert unlike_the_engine(found, entries, made) == ()
    return found, entries


def told(made=None, endings=None, **parts):
    """Return a run as its report is told of it."""
    rest = {name: parts.pop(name) for name in ("earlier", "undone") if name in parts}
    begun, entries = run(made, endings, **parts)
    return PastRun(begun, made, entries, **rest)


def earlier(this, number=29):
    """Return the runs before one, the newest first, of many kinds."""
    runs = [this]
    for n in range(1, number + 1):
        counts = {"done": (n * 7) % 13, "held": 5 if n % 9 == 0 else 0, "rejected": n % 11 == 0}
        if n == number:
            counts["done"] = 48
        wrong = (refusal(),) if n == 12 else ()
        start = replace(this.start, started=f"2026-10-{31 - n:02}T04:00:00Z", breaches=())
        runs.append(Run(this.id - n, start, this.ended, {} if wrong or n == 5 else counts, wrong))
    return tuple(runs)


def refusal():
    help = "run again later; if it stays so, ask whoever runs the system"
    where = Span("staffology employees")
    summary = "the source has no records, and had 312 at the last good run"
    return Diagnostic(where, Severity.ERROR, "R160", summary, help)


def breached(guard, outcomes, text):
    """Return a guard that held these outcomes' actions back."""
    ids = tuple(action.id for each in outcomes for action in each.actions)
    return Breached(guard, text, f"--allow {guard}={len(ids)}", ids)


def a_full_night():
    """Return a run with something in nearly every section, and hostile names in all of them."""
    joiners = [joiner(n) for n in range(14)]
    movers = [mover(n) for n in (20, 21, 22, 23)]
    leavers = [leaver(n) for n in range(30, 34)]
    refused, unknown, waits, late = joiner(40), mover(41), mover(42), mover(43)
    made = plan(
        *joiners,
        *movers,
        *leavers,
        refused,
        unknown,
        waits,
        late,
        *(ineligible(n, "Email is missing") for n in range(62, 65)),
        ineligible(65, "Email is missing", "Name (Last) is missing"),
        ineligible(66, "Payroll Code is missing", warning=True),
        conflict(70, "duplicate", "2 source records have one value for match key 1: s70, s71"),
        conflict(71, "taken", "email already belongs to target record 20"),
        person(72, Kind.ERROR, reasons=[Reason("failed", "not a date in date(leaves)", AT)]),
        rehire(73),
        person(74, Kind.UNCHANGED, reasons=[Reason("drift", "manager differs", AT, warning=True)]),
        *(person(n, Kind.UNCHANGED) for n in range(80, 90)),
        *(person(n, Kind.ABSENT, target=str(n), reasons=[ABSENT]) for n in (90, 91)),
        person(92, Kind.IGNORED, reasons=[Reason("leaver_unmatched", "has left, and nobody")]),
        misses=(
            Miss("departments", "<b>HR</b>", 0, 3, "departmentId"),
            Miss("departments", "OPS", 2, 1, "departmentId"),
        ),
        allowed=(Allowance("creates", 20, "ann"),),
    )
    endings = {
        refused.actions[0].id: End(Ending.REJECTED, None, "W101", "email: <i>already</i> in use"),
        unknown.actions[0].id: End(Ending.UNKNOWN, None, "W105", "no answer within 30 seconds"),
        waits.actions[0].id: End(Ending.STALE, None, "W160", "lastName is no longer as planned"),
        late.actions[0].id: End(
            Ending.POSTPONED, None, "W101", "phone: too long", until="2026-11-26"
        ),
    }
    clears = breached("clears", movers[2:], "clears: 2 now, at most 1 may pass")
    leaving = breached(
        "leavers",
        leavers[1:],
        "leavers: 3 now, at most 2 may pass (the larger of 2 and 1 % of 200)",
    )
    found = told(made, endings, breaches=(leaving, clears))
    return replace(found, earlier=earlier(found.run, 16), undone=undone(movers[0]))


def a_quiet_night():
    """Return a run that had nothing to do."""
    found = told(plan(*(person(n, Kind.UNCHANGED) for n in range(12))))
    return replace(found, earlier=earlier(found.run, 3))


def a_refused_night():
    """Return a run that an error stopped before it had a plan."""
    found = told(problems=(refusal(),))
    return replace(found, earlier=earlier(found.run, 12))


def undone(outcome, runs=3):
    """Return what does not stick: all that an outcome's action writes."""
    (action,) = outcome.actions
    fields = tuple(sorted(each.field for each in action.changes))
    return {action.id: RevertedWrite(action.verb, fields, runs)}


def conflict(number, code, text):
    return person(number, Kind.CONFLICT, reasons=[Reason(code, text, AT, ("s70",))])


def rehire(number):
    text = f"no leaver in the source; target record {number} has left: a person decides"
    return person(
        number, Kind.REHIRE, target=str(number), reasons=[Reason("rehire", text, warning=True)]
    )


ABSENT = Reason("absent", "no source record matches")
