"""Schedules kept: what is due is run, once, by one process each; by a server or in one go.

    agenda     what a due asks for: a pure decision          folder   connection files, watched
    loop       look, take, start, and see what ended         crew     processes, so many at once
    work       what a run's process does                     job      what it is told, and says
    log        one line an event                             board    what health and metrics show
    listening  /healthz and /metrics, on loopback            metrics  the store, for Prometheus

Who runs what is decided by the store (`oneway.journal.dues`): a second server, a run by hand,
a restart or a crash can neither double a due nor lose one.
"""
