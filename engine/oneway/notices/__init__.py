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

from typing import TYPE_CHECKING

from oneway.core.lazy import lazily

if TYPE_CHECKING:
    from oneway.notices.bodies import sample_body
    from oneway.notices.channels import channel_name, channel_words
    from oneway.notices.delivery import PATIENCE, PAUSES, Delivery, deliver, is_hopeless, send
    from oneway.notices.incidents import REMINDER
    from oneway.notices.queueing import after_run
    from oneway.notices.undelivered import Undelivered

__all__ = [
    "PATIENCE",
    "PAUSES",
    "REMINDER",
    "Delivery",
    "Undelivered",
    "after_run",
    "channel_name",
    "channel_words",
    "deliver",
    "is_hopeless",
    "sample_body",
    "send",
]

_HOMES = {
    "bodies": ("sample_body",),
    "channels": ("channel_name", "channel_words"),
    "delivery": ("PATIENCE", "PAUSES", "Delivery", "deliver", "is_hopeless", "send"),
    "incidents": ("REMINDER",),
    "queueing": ("after_run",),
    "undelivered": ("Undelivered",),
}

__getattr__ = lazily(__name__, _HOMES)
