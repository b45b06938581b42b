"""Tells which target records other connections of the store have linked to their people.

Two employers can share one target. A connection's own links do not tell whose record it is; those
of the other connection do.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache, cached_property

from oneway.mapping.packed_rows import with_ids
from oneway.mapping.short_rows import whole_target
from oneway.planning.links import Link, LinkEvidence
from oneway.planning.plan import Outcome, Plan, Verb
from oneway.planning.similar.same_person import held_names
from oneway.runs.prepare.request import instant_text
from oneway.runs.prepare.whereabouts import inputs_of, real_place
from oneway.runs.read import EvaluatedInputs
from oneway.runs.session import RunSession

_LOOK_BACK = 50
"""Runs of which one has a plan: refused ones have none."""
_RECENT = timedelta(days=8)
"""The time for which it holds that a connection has seen a person; a weekly run renews it."""


class SharedTarget:
    """Looks in a plan for records of people of other connections.

    The store is asked only about matches that no link confirms and about listed leavers: on an
    ordinary night there are none.
    """

    def __init__(self, session: RunSession) -> None:
        self._session = session
        self._is_beside = cache(self._writes_beside)

    def others(self, found: EvaluatedInputs, plan: Plan) -> EvaluatedInputs | None:
        """Return the inputs with what other connections know; None if that changes nothing."""
        if not self._names:
            return None
        new = {each.target_id: each for each in plan.notable if _is_new(each, found.evidence)}
        listed = {id for each in plan.notable if _is_listed(each) for id in _records_of(each)}
        known = [*self._by_name(found, [*self._linked({*filter(None, new), *listed})])]
        linked = [(name, link) for name, link, _ in known]
        taken = {link.target_id for _, link in linked if self._is_others(link, new)}
        stays = self._staying(found, [(name, link) for name, link, sure in known if sure])
        if not (taken or stays & listed):
            return None
        said = {link.target_id: _told(name, link) for name, link in linked}
        elsewhere = {id: said[id] for id in (*taken, *stays)}
        evidence = _without(replace(found.evidence, elsewhere=elsewhere, stays=stays), plan)
        return replace(found, evidence=evidence)

    def _by_name(
        self, found: EvaluatedInputs, linked: Collection[tuple[str, Link]]
    ) -> Iterator[tuple[str, Link, bool]]:
        """Yield the links but for those of people whose name the record does not have.

        They are of another account, in which the same id is another record: which account is asked
        may depend on the credentials alone. The last item says whether a word of the name is known
        to be the same.
        """
        policy = found.program.policy
        rows = with_ids(found.target.items, {link.target_id for _, link in linked})
        named = {each[0]: " ".join(sorted(held_names(policy, whole_target(each)))) for each in rows}
        for name, link in linked:
            new = self._session.names.new_words(link, named.get(link.target_id, ""))
            if not new:
                yield name, link, new == 0

    def _is_others(self, link: Link, new: "dict[str | None, Outcome]") -> bool:
        """Return whether a link says that a newly matched record is another person's."""
        ours = new.get(link.target_id)
        if ours is None or (link.key and link.key != ours.key):
            return False
        return not self._session.names.are_all(link, ours.label)

    def _staying(
        self, found: EvaluatedInputs, linked: Collection[tuple[str, Link]]
    ) -> frozenset[str]:
        """Return the records that hold the key of a person whom the other source still has."""
        rows = with_ids(found.target.items, {link.target_id for _, link in linked})
        held = {(each.target_id, each.key) for each in rows}
        return frozenset(
            link.target_id
            for name, link in linked
            if link.key and (link.target_id, link.key) in held and self._is_employed(name, link)
        )

    def _is_employed(self, name: str, link: Link) -> bool:
        """Return whether a connection's last good run saw a person, and not as a leaver."""
        from oneway.history.journal.said_left import stored_left
        from oneway.history.last_good import last_still_in

        journal = self._session.journal
        good = journal.last_good_start(name)
        if not good or link.seen < max(good, instant_text(self._session.now() - _RECENT)):
            return False
        stored = stored_left(journal, name)
        if stored is not None and link.target_id in stored[1].records:
            return False
        listed = last_still_in(journal.runs(name, limit=_LOOK_BACK))
        return all(link.source_id != each.source_id for each in listed)

    def _linked(self, targets: Collection[str]) -> Iterator[tuple[str, Link]]:
        """Yield the links of other connections with this target to some of its records."""
        if not targets:
            return
        from oneway.history.journal.links import links_elsewhere

        for name, link in links_elsewhere(self._session.journal, self._names, targets):
            if self._is_beside(name):
                yield name, link

    @cached_property
    def _names(self) -> Sequence[str]:
        """The names of the other connections of the store."""
        journal = self._session.past
        known = journal.connections() if journal is not None else ()
        return [each for each in known if each != self._session.past_name]

    def _writes_beside(self, name: str) -> bool:
        """Return whether a connection that is in use writes our target from another source."""
        from oneway.history.journal.disconnected import disconnected_runs

        journal = self._session.journal
        runs = journal.runs(name, limit=_LOOK_BACK)
        if not runs or runs[0].id in disconnected_runs(journal):
            return False
        plans = (journal.plan_of(each.id) for each in runs)
        text = next(filter(None, plans), "")
        ours, theirs = self._session.prepared.plan_inputs, inputs_of(json.loads(text or "{}"))
        source, target = (
            role in theirs and real_place(ours[role]) == real_place(theirs[role])
            for role in ("source", "target")
        )
        return target and not source


def _is_new(outcome: Outcome, evidence: LinkEvidence) -> bool:
    """Return whether a record is to be written that no link says to be the person's."""
    written = any(each.verb is not Verb.CREATE for each in outcome.actions)
    if not (written and outcome.source_id and outcome.target_id):
        return False
    return evidence.targets.get(outcome.source_id) != outcome.target_id


def _is_listed(outcome: Outcome) -> bool:
    """Return whether a leaver can or may still get in, and nothing is written about it."""
    return outcome.has_access and not outcome.actions


def _records_of(outcome: Outcome) -> set[str]:
    """Return the target records that are or may be a person's."""
    if outcome.source_id is None:  # the candidates are source records
        return {outcome.target_id or ""}
    found = {id for each in outcome.reasons for id in each.candidates}
    return found | ({outcome.target_id} if outcome.target_id else set())


def _told(name: str, link: Link) -> str:
    key = link.key or f"source record {link.source_id}"
    return f"the connection '{name}' has linked it to {key}"


def _without(evidence: LinkEvidence, plan: Plan) -> LinkEvidence:
    """Return evidence without what our links and lists say of records that are another's."""
    stays = evidence.stays
    if not stays:
        return evidence
    listed = filter(_is_listed, plan.notable)
    theirs = [each for each in listed if (ids := _records_of(each)) and ids <= stays]
    whose = {each.source_id for each in theirs if each.source_id is not None}
    alone = {each.target_id for each in theirs if each.source_id is None}
    whose |= {source for source, target in evidence.table.pairs if target in alone}
    whose |= {source for target, source in evidence.listed.items() if target in alone}
    # Somebody with another record, too, stays listed for that one.
    whose -= {source for source, target in evidence.pairs_of(whose) if target not in stays}
    kept = [each for each in evidence.table.pairs if each[1] not in stays or each[0] not in whose]
    return replace(
        evidence,
        links=evidence.table.some(kept),
        doubted={id: why for id, why in evidence.doubted.items() if id not in whose},
        before={id: who - whose for id, who in evidence.before.items() if who - whose},
    )
