"""What the tests of the store share: a run's start, an action, a process that journals."""

import os
import subprocess
import sys
from pathlib import Path

from oneway.core.diagnostics import Span
from oneway.history.journal import RunStart
from oneway.planning.plan import Action, Change, Verb

START = RunStart("acme", "d" * 64, "f" * 64, "2026-03-31T04:00:00Z", "2026-03-31T04:00:01Z", "me")
CANARY = "S3CRET-VALUE"
WRITES_UNTIL_KILLED = """
import sys
from pathlib import Path
from oneway.history.journal import End, Journal, RunStart
from oneway.planning.endings import Ending
from oneway.planning.plan import Action, Verb
where = sys.argv[1]
journal = Journal.open(where if "://" in where else Path(where))
run = journal.begin(RunStart("m", "d", "f", "a", "s", "b"))
for number in range(int(sys.argv[2])):
    action = Action(str(number), Verb.CREATE, "s", None, ())
    journal.intended(run, action, "token")
    print("intended", run, number, flush=True)
    journal.sent(run, action.id)
    print("sent", run, number, flush=True)
    journal.ended(run, action, End(Ending.DONE, "t"))
    print("ended", run, number, flush=True)
"""


def action(id: str, verb: Verb = Verb.UPDATE, target: str | None = "t1") -> Action:
    change = Change("name", CANARY, CANARY, "name", Span("m.yaml", 1, 1, 2))
    return Action(id, verb, f"source-{id}", target, (change,))


def started(where: Path | str, *arguments: str) -> subprocess.Popen[str]:
    """Return a process that journals actions and says so, until it has done them all."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", WRITES_UNTIL_KILLED, str(where), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=env, text=True)
