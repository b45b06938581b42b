"""Finds target records that other connections of the store have linked to their people.

Two employers can share one target. A connection's own links do not say whose record it is, nor
whether its person still has access by another employer; those of the other connection do.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oneway.mapping.packed_rows import with_ids
from oneway.mapping.short_rows import whole_target
from oneway.planning.links import Link, LinkEvidence
from oneway.planning.plan import Kind, Outcome, Plan, Verb
from oneway.planning.similar.record_marks import RecordMarks
from oneway.planning.similar.same_person import held_names
from oneway.runs.read import EvaluatedInputs
from oneway.runs.session import RunSession

if TYPE_CHECKING:
    from oneway.runs.evidence.other_connections import Linked, OtherConnections


class SharedTarget:
    """Looks in a plan for records of other connections' people.

    The store is asked only about records to be written, listed leavers, and people in conflict over
    their own record; on an ordinary night there are few.
    """

    def __init__(self, session: RunSession) -> None:
        self._session = session

    def others(self, found: EvaluatedInputs, plan: Plan) -> EvaluatedInputs | None:
        """Return the inputs with what other connections know; None if that changes nothing."""
        new = {each.target_id: each for each in plan.notable if _is_new(each, found.evidence)}
        listed = {id for each in plan.notable if _is_listed(each) for id in _records_of(each)}
        ours = {id: each for each in plan.notable if (id := _decided_on(each)) is not None}
        asked = {*filter(None, new), *listed, *ours}
        if not asked or self._session.past is None:
            return None
        # Loads the store, which most nights of a single connection do not need here:
        from oneway.runs.evidence.other_connections import OtherConnections, link_words

        marks = RecordMarks(self._session.seal, found.program.policy)
        others = OtherConnections(self._session, marks)
        found_there = self._by_name(found, [*others.links_to(asked)])
        known = [each for each in found_there if others.is_beside(each[0])]
        linked = [(name, link) for name, link, _ in known]
        sure = [(name, link) for name, link, is_sure in known if is_sure]
        taken = {link.target_id for _, link in linked if self._is_others(link, new)}
        stays = _staying(found, sure, others) & (listed | taken)
        shared = [each for each in sure if each[1].target_id in ours.keys() - taken]
        decided = self._decided(found, others, ours, shared)
        if not (taken or stays or any(decided.values())):
            return None
        said = {link.target_id: link_words(name, link) for name, link in linked}
        evidence = replace(
            found.evidence,
            elsewhere={id: said[id] for id in (*taken, *stays)},
            stays=stays,
            **decided,
        )
        return replace(found, evidence=_without(evidence, plan))

    def _decided(
        self,
        found: EvaluatedInputs,
        others: "OtherConnections",
        ours: Mapping[str, Outcome],
        shared: "Sequence[Linked]",
    ) -> dict[str, Any]:
        """Return what other connections decide about people who have the same name there."""
        if not shared:
            return {}
        from oneway.runs.evidence.shared_people import SharedPeople

        people = SharedPeople(self._session, found, others, ours, shared)
        return {
            "employed": people.employed(),
            "lapsed": people.lapsed(),
            "overdue": people.overdue(),
            "looked_after": people.looked_after(),
        }

    def _by_name(
        self, found: EvaluatedInputs, linked: "Collection[Linked]"
    ) -> Iterator[tuple[str, Link, bool]]:
        """Yield the links to records whose name may be that of the link's person.

        The others are from another account, where the same id is another record; the credentials
        alone may decide which account is read. The last item says whether a word of the name is
        known to be the same.
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
    found: EvaluatedInputs, linked: "Collection[Linked]", others: "OtherConnections"
) -> frozenset[str]:
    """Return the records that hold the key of a person whom another source still has."""
    rows = with_ids(found.target.items, {link.target_id for _, link in linked})
    held = {(each.target_id, each.key) for each in rows}
    return frozenset(
        link.target_id
        for name, link in linked
        if link.key
        and (link.target_id, link.key) in held
        and others.employs(name, link)
        and not others.overdue(name)
    )


def _is_new(outcome: Outcome, evidence: LinkEvidence) -> bool:
    """Return whether the plan writes to a record that no link gives to the person."""
    written = any(each.verb is not Verb.CREATE for each in outcome.actions)
    if not (written and outcome.source_id and outcome.target_id):
        return False
    return evidence.targets.get(outcome.source_id) != outcome.target_id


def _is_listed(outcome: Outcome) -> bool:
    """Return whether a leaver can or may still get in, and the plan writes nothing about it."""
    return outcome.has_access and not outcome.actions


def _decided_on(outcome: Outcome) -> str | None:
    """Return the record that is written, or the record over which its former owner is in conflict.

    Returns None if the outcome has neither.
    """
    if outcome.target_id is not None:
        return outcome.target_id if outcome.actions or outcome.has_access else None
    if outcome.kind is Kind.CONFLICT and outcome.reasons[0].code == "rekeyed":
        return next(iter(outcome.reasons[0].candidates), None)
    return None


def _records_of(outcome: Outcome) -> set[str]:
    """Return the target records that are or may be a person's."""
    if outcome.source_id is None:  # the candidates are source records
        return {outcome.target_id or ""}
    found = {id for each in outcome.reasons for id in each.candidates}
    return found | ({outcome.target_id} if outcome.target_id else set())


def _without(evidence: LinkEvidence, plan: Plan) -> LinkEvidence:
    """Return the evidence without our links and lists about other connections' records.

    A matched record stays linked; the other connection decides about its access.
    """
    theirs = evidence.stays.union(evidence.looked_after)
    if not evidence.others:
        return evidence
    about = [each for each in plan.notable if _is_listed(each) or each.kind is Kind.CONFLICT]
    about = [each for each in about if (ids := _records_of(each)) and ids <= theirs]
    whose = {each.source_id for each in about if each.source_id is not None}
    alone = {each.target_id for each in about if each.source_id is None}
    whose |= {source for source, target in evidence.table.pairs if target in alone}
    whose |= {source for target, source in evidence.listed.items() if target in alone}
    # People with another record of their own stay listed for it.
    whose -= {source for source, target in evidence.pairs_of(whose) if target not in theirs}
    kept = [each for each in evidence.table.pairs if each[1] not in theirs or each[0] not in whose]
    matched = {each.source_id for each in plan.notable if each.target_id in evidence.employed}
    over = whose | matched
    return replace(
        evidence,
        links=evidence.table.some(kept),
        doubted={id: why for id, why in evidence.doubted.items() if id not in over},
        before={id: who - over for id, who in evidence.before.items() if who - over},
    )
