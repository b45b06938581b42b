"""The journal: what was intended, sent and ended, durable before each call returns.

It holds ids, verbs, codes, redacted reasons and keyed digests. Values of fields stand in it
only in the plan of a run that has not ended, which never holds a sensitive one. SQLite in WAL
mode with synchronous=FULL: what a call has written survives the death of the process and of
the machine. An action whose entry has no end, or an unknown one, is unsettled: whoever
resumes must find out what became of it before it is sent again.

    journal    what may be written down and asked
    rows       what is kept of a run and of an action
    store      the file: opened, checked, locked, and its troubles
    schema     the tables, version by version
"""

from oneway.journal.journal import Journal
from oneway.journal.rows import End, Entry, Latest, Run, RunStart

__all__ = ["End", "Entry", "Journal", "Latest", "Run", "RunStart"]
