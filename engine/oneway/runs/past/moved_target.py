"""Says that a connection's links are of another target, if an edit of its options moved it."""

import json
from collections.abc import Iterator

from oneway.core.instants import day
from oneway.planning.links import Links
from oneway.planning.plan import Kind, Plan, Reason
from oneway.planning.plan_inputs import PlanInput
from oneway.runs.past.predecessor import earlier_words
from oneway.runs.prepare.whereabouts import inputs_of, options_of
from oneway.runs.session import RunSession

MOVED = "moved"
"""The code of the remark."""
_LOOK_BACK = 50


def moved_target(session: RunSession, plan: Plan, links: Links) -> Iterator[Reason]:
    """Yield a remark if most linked people are in conflict and the target was another system.

    Records of another system have other ids, or the ids of other people. Only then is the plan of
    the earlier run read, as it may be large.
    """
    journal, theirs = session.past, links.targets
    if journal is None or session.prepared.request.connection is None:
        return
    rekeyed = [
        each.source_id
        for each in plan.notable
        if each.kind is Kind.CONFLICT
        and each.source_id in theirs
        and any(reason.code == "rekeyed" for reason in each.reasons)
    ]
    if not rekeyed or len(rekeyed) * 2 < len(theirs):
        return
    seen = next(each.seen for each in links if each.source_id == rekeyed[0])
    runs = journal.runs(session.past_name, limit=_LOOK_BACK)
    begun = [(each.start.started, -each.id) for each in runs if each.start.started <= seen]
    text = journal.plan_of(-max(begun)[1]) if begun else ""
    then = inputs_of(json.loads(text)).get("target") if text else None
    now = session.prepared.plan_inputs["target"]
    if then is None or _system(then) == _system(now):
        return
    same = options_of(then) == options_of(now)
    was = f"{then.text} at {then.origin}" if same else earlier_words(then, now)
    on = day(seen, session.prepared.zone)
    text = f"{_TEXT} {was} when these people were last seen, on {on}: {_REMEDY}"
    yield Reason(MOVED, text, warning=True)


def _system(each: PlanInput) -> tuple[object, ...]:
    return each.text, each.origin, options_of(each)


_TEXT = "most links are of another target: it was"
_REMEDY = (
    "ids say nothing of who is who here; if this is to be the connection's target from now on, "
    "give the connection another name, so that the keys decide, and look at who can still get in "
    "under its old name; else put the option back"
)
