"""Plans again before a saved plan is applied, to leave out actions that a new plan lacks.

The systems may have changed since the plan was made. Each action is checked just before it is sent
(`oneway.applying.preconditions`). But only a whole plan can show that a person now has two records,
that a create for them is under way, or that they are back under another key.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from oneway.core.progress import Progress
from oneway.core.records import Value
from oneway.core.seal import Sealed
from oneway.mapping.spec import GuardKind
from oneway.planning.access import SinceReview, StillIn, still_in
from oneway.planning.breach import Verdict
from oneway.planning.listed_before import ended_by
from oneway.planning.plan import STRANGER, Action, Kind, Outcome, Plan, Verb
from oneway.runs.approval import Approval
from oneway.runs.evidence.remembered import recall
from oneway.runs.judge import judge_plan, load_memory
from oneway.runs.plan import plan_run
from oneway.runs.session import RunSession
from oneway.runs.sync import check_inputs


def limited_by_new_plan(
    session: RunSession, plan: Plan, approval: Approval, progress: Progress
) -> Approval:
    """Return the approval of a saved plan, limited to actions that a new plan has as well.

    If a guard now distrusts the source or the target, the whole plan is held. Raises `Refused` if a
    new plan could not be applied.
    """
    listed = still_in(plan, {})
    with session.as_of_now():
        remembered = recall(session).listing(listed)
        new, found = plan_run(session, progress, remembered=remembered, whole=True)
        check_inputs(session, found, new)
        verdict = judge_plan(session, new, load_memory(session, new))
    gone = not_planned_now(plan, new)
    held = _with_distrust(_on_the_rest(approval.verdict, gone), verdict, plan)
    unreviewed = tuple(_unreviewed(listed, new))
    due = frozenset(_due(unreviewed, plan, new))
    return replace(
        approval,
        verdict=held,
        stale={**held_now(plan, new, verdict), **gone},
        since=SinceReview(
            frozenset(_resolved(listed, new)),
            tuple(each for each in unreviewed if each.source_id not in due),
            due,
            _vanished(session, plan, new),
            ended_by(new, found.evidence.before),
        ),
    )


def _resolved(listed: Sequence[StillIn], new: Plan) -> Iterator[str]:
    """Yield the listed source records of people who, by a new plan, have no access or stay."""
    found = new.outcomes if listed else ()
    sources = {each.source_id: each.has_access for each in found if each.source_id is not None}
    targets = {each.target_id: each.has_access for each in found if each.target_id is not None}
    for each in listed:
        said = (sources.get(each.source_id or ""), targets.get(each.target_id or ""))
        if each.source_id is not None and True not in said and False in said:
            yield each.source_id


def _due(unreviewed: Sequence[StillIn], plan: Plan, new: Plan) -> Iterator[str]:
    """Yield the source records of people who have left since, and whose leave the plan writes.

    It must write all that the new plan would, and the new plan must see that this ends access.
    """
    written, wanted = _leaves(plan), _leaves(new)
    lasting = {each.source_id for each in still_in(new, {}, planned=True)}
    left = {each.source_id for each in unreviewed} - lasting
    for id in sorted(written.keys() & wanted.keys() & left):
        if wanted[id].items() <= written[id].items():
            yield id


def _leaves(plan: Plan) -> Mapping[str, Mapping[str, Value | Sealed]]:
    """Return what a plan writes to end access, by source record and field."""
    return {
        each.source_id: {change.field: change.after for change in each.changes}
        for each in plan.actions
        if each.verb.takes_access and each.source_id is not None
    }


def _unreviewed(listed: Sequence[StillIn], new: Plan) -> Iterator[StillIn]:
    """Yield people who, by a new plan, have left and can get in, unless the reviewed plan lists
    them.
    """
    sources = {each.source_id for each in listed} - {None}
    targets = {each.target_id for each in listed} - {None}
    lasting = still_in(new, {}, planned=True)
    why = {(each.source_id, each.target_id): f"{_UNREVIEWED}; {each.why}" for each in lasting}
    for each in still_in(new, {}):
        if each.source_id not in sources and each.target_id not in targets:
            yield replace(each, why=why.get((each.source_id, each.target_id), _UNREVIEWED))


_UNREVIEWED = "not in the reviewed plan, so nothing was sent for them: plan again"


def _vanished(session: RunSession, plan: Plan, new: Plan) -> frozenset[str]:
    """Return the source records whose create the plan sends and that are now gone."""
    made = {each.source_id for each in plan.actions if each.verb is Verb.CREATE} - {None}
    if not made or session.prepared.compiled.code.leaver is None:
        return frozenset()
    shown = {each.source_id for each in new.outcomes}
    return frozenset(each for each in made if each is not None and each not in shown)


def _on_the_rest(verdict: Verdict, gone: Mapping[str, str]) -> Verdict:
    """Return the verdict without the actions that a new plan lacks, which are not sent anyway.

    A guard that held only these holds nothing, so nobody need allow it. One that distrusts a list
    holds the whole plan.
    """
    if verdict.shrank:
        return verdict
    breaches = tuple(
        replace(each, blocked=tuple(id for id in each.blocked if id not in gone))
        for each in verdict.breaches
        if not each.blocked or not gone.keys() >= {*each.blocked}
    )
    blocked = verdict.blocked.difference(gone) if breaches else frozenset[str]()
    return replace(verdict, breaches=breaches, blocked=blocked)


def _with_distrust(then: Verdict, now: Verdict, plan: Plan) -> Verdict:
    """Return the old verdict, with the new plan's breaches that distrust the systems added."""
    known = {each.name for each in then.breaches}
    every = tuple(each.id for each in plan.actions)
    more = [each for each in now.breaches if each.shrank and each.name not in known]
    if not more:
        return then
    breaches = (*then.breaches, *(replace(each, blocked=every) for each in more))
    return replace(then, breaches=breaches, blocked=frozenset(every))


def not_planned_now(plan: Plan, new: Plan) -> Mapping[str, str]:
    """Return why a new plan would not send some of a plan's actions, by their ids."""
    sent: dict[object, set[str | None]] = defaultdict(set)
    for each in new.actions:
        # By person too: the record of a planned create may have an id by now.
        for key in (each.id, (each.verb, each.source_id)):
            sent[key] |= {each.target_id}
    gone = []
    for each in plan.actions:
        records = sent[each.id] | sent[each.verb, each.source_id or each.id]
        if not (records if each.target_id is None else records & {each.target_id, None}):
            gone.append(each)
    if not gone:
        return {}
    sources = {each.source_id: each for each in new.outcomes if each.source_id is not None}
    targets = {each.target_id: each for each in new.outcomes if each.target_id is not None}
    return {each.id: _why(each, sources, targets) for each in gone}


def held_now(plan: Plan, new: Plan, verdict: Verdict) -> Mapping[str, str]:
    """Return why a new plan would hold some of a plan's actions by `identities`, by their ids.

    The record may now be another person's than the one who was reviewed. A person whose key is
    allowed passes only as they were reviewed.
    """
    doubts, known = _doubts(new), _doubts(plan)
    blocked = {id for each in verdict.breaches if each.kind is GuardKind.IDENTITIES
               for id in each.blocked}  # fmt: skip
    held = {(each.verb, each.source_id or each.id) for each in new.actions if each.id in blocked}
    found = {}
    for each in plan.actions:
        who = each.source_id or each.id
        why = doubts.get(who, "")
        is_held = each.id in blocked or (each.verb, who) in held
        if is_held or (who in known and why not in ("", known[who])):
            because = f": {why}" if why else ""
            found[each.id] = f"a new plan would hold this back by identities{because}"
    return found


def _doubts(plan: Plan) -> Mapping[str, str]:
    """Return why actions of a plan may be about other people, by source record."""
    return {
        each.source_id: reason.text
        for each in plan.notable
        for reason in each.reasons
        if reason.code == STRANGER and each.source_id is not None
    }


def _why(action: Action, sources: Mapping[str, Outcome], targets: Mapping[str, Outcome]) -> str:
    outcome = sources.get(action.source_id or "") or targets.get(action.target_id or "")
    if outcome is None:
        return "a new plan would not do this: neither system's list shows the person"
    if action.target_id is not None and outcome.target_id not in (None, action.target_id):
        return f"a new plan finds target record {outcome.target_id} for this person"
    if outcome.kind is Kind.UNCHANGED:
        return "a new plan would not do this: nothing differs by now"
    reasons = "; ".join(each.text for each in outcome.reasons)
    return f"a new plan would not do this ({outcome.kind.value}){f': {reasons}' if reasons else ''}"
