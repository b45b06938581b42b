"""Runs each due connection once, in a process of its own; as a server or in one go.

    policy        what a due run calls for: a pure decision
    folder        connection files, watched for changes
    loop          finds what is due, claims it, starts it and records how it ended
    process_pool  a bounded number of processes
    work          what the process of one run does
    job           what that process is given, and what it reports
    log           one line per event
    health_state  what /healthz and /metrics show
    listening     serves /healthz and /metrics on loopback
    metrics       the store's figures for Prometheus

The store decides who runs what (`oneway.history.journal.schedule_claims`): a second server, a
run by hand, a restart or a crash can neither run a due twice nor lose one.
"""
