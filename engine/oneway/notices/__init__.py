"""Notices: tell people about failures of a connection, recoveries, and the past week.

    run ─shown→ Shown ─changes→ Changes ─after_run→ incidents and notices, in the store
                                          store ─deliver→ webhooks and mail

    causes      what a run shows              incidents  what that opens, closes, reminds of
    bodies      what notices say, as data     texts      the same as a mail
    queueing    records them after a run      weekly     the summary of a week
    delivery    sends and retries             channels   where notices go
    webhook, signing, email                   one sending
    undelivered                               delivery errors

An incident is notified once, not once a night, and a run never waits for a webhook.
"""
