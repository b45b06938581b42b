"""Notices: notify people of a connection's failures and recoveries, and of the past week.

    run ─shown→ Shown ─changes→ Changes ─after_run→ incidents and notices, in the store
                                          store ─deliver→ webhooks and mail

    causes      a run's problems              incidents  what they open, close, remind of
    bodies      notices as data               texts      notices as mail
    queueing    records them after a run      weekly     the summary of a week
    delivery    sends and retries             channels   where notices go
    webhook, signing, email                   sending one notice
    undelivered                               delivery errors

An incident is notified once, not every night, and a run never waits for a webhook.
"""
