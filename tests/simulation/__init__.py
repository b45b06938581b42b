"""A seeded simulation: years of bad nights in a few seconds, each of them replayable.

Whole runs (read, plan, judge, apply, resume) over the real mapping and the real REST
connector, in one process. What lies outside is simulated: both systems, the wire between us
and them with its faults, the clock, and the death of the process at any step.

people   who there is, and what people do to them between two runs
servers  both systems in memory; the target enforces as little as a lax system would
wire     an httpx transport that loses, breaks and garbles, by dice
crash    the process dies at a step: before or after a request or a journal write
world    one set-up of it all, and the runs: sync, plan, apply, resume
oracle   what must hold, told from the systems and the journal and never from the planner
listed   who was listed as able to get in stays so until an answer comes
life     one seed: several nights, then quiet days until nothing is left to do
"""

import sys
from pathlib import Path

# What tests share is found as well where a package of them is run as a program.
sys.path.append(str(Path(__file__).resolve().parents[1]))
