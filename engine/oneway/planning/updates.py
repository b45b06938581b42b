"""Drafts what is written to a matched record, apart from a leave or a return."""

from collections.abc import Iterable, Mapping, Sequence

from oneway.core.dataclass import dataclass
from oneway.core.phrases import some
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.spec import Rehires
from oneway.planning.diff import FieldChange, at_rekey, at_update, loses_letters
from oneway.planning.draft import Draft
from oneway.planning.draft_reasons import drifting, lost_letters, not_shown
from oneway.planning.match import Matches
from oneway.planning.plan import Kind, Reason, Verb
from oneway.planning.together import without_parts

_TWICE = ("duplicate", "near_duplicate", "one_per")
"""Conflicts between source records: they stay, whatever target records hold."""


@dataclass(frozen=True, slots=True)
class Updates:
    """Drafts updates of matched records; `contested` is the result of the function `contested`."""

    policy: Policy
    contested: Mapping[tuple[str, str], Sequence[str]]

    def draft(self, row: SourceRow, target: TargetRow) -> Draft:
        """Return the update of a matched record, or the outcome that it is unchanged."""
        if row.evaluation_error is not None:
            return Draft(Kind.UNCHANGED, row, target)
        differing = at_update(self.policy.fields, row.cells, target.values)
        found, in_part = without_parts(self.policy, differing, row.cells)
        lost = [each for each in found if loses_letters(each)]
        contested = self._left_to_a_person(target, found)
        differences = found
        if lost or contested:
            differences = tuple([d for d in found if not self._rivals(target, d) and d not in lost])
        reasons = (*drifting(self.policy, row, target), *not_shown(self.policy, row, target))
        reasons = (*reasons, *contested, *in_part, *map(lost_letters, lost))
        if differences:
            return Draft(Kind.UPDATE, row, target, Verb.UPDATE, differences, reasons)
        return Draft(Kind.UNCHANGED, row, target, reasons=reasons)

    def with_keys(self, draft: Draft, row: SourceRow, target: TargetRow) -> Draft:
        """Return a draft that also gives the record the row's keys, whatever `write` says."""
        if draft.kind is Kind.ERROR:
            return draft
        if draft.kind is Kind.REHIRE and self.policy.rehires is Rehires.REPORT:
            return draft
        written = {each.rule.path for each in draft.differences}
        differing = [e for e in at_rekey(self.policy, row, target) if e.rule.path not in written]
        keys = tuple(each for each in differing if not self._rivals(target, each))
        contested = self._left_to_a_person(target, differing)
        draft = draft._replace(reasons=tuple(dict.fromkeys((*draft.reasons, *contested))))
        if not keys:
            return draft
        kind = Kind.UPDATE if draft.kind is Kind.UNCHANGED else draft.kind
        verb = draft.verb or Verb.UPDATE
        return draft._replace(kind=kind, verb=verb, differences=(*draft.differences, *keys))

    def _rivals(self, target: TargetRow, difference: FieldChange) -> Sequence[str]:
        """Return the source records that would be matched by the old value of a field."""
        return self.contested.get((target.target_id, difference.rule.path), ())

    def _left_to_a_person(
        self, target: TargetRow, found: Iterable[FieldChange]
    ) -> tuple[Reason, ...]:
        """Return the reasons for changes that a human must decide about."""
        if not self.contested:  # the usual case
            return ()
        return tuple(
            Reason(
                "key_contested",
                f"{each.rule.path} is left alone: other source records are matched by it: "
                f"{some(rivals)}",
                each.rule.place,
                tuple(rivals),
                warning=True,
            )
            for each in found
            if (rivals := self._rivals(target, each))
        )


def contested(policy: Policy, matches: Matches) -> Mapping[tuple[str, str], Sequence[str]]:
    """Return the source records in conflict over the value of a target field.

    The key is a target id and the path of the field. Writing the field would end the conflict, and
    the next run would create the disputed source record or match it with another target record.
    """
    fields: dict[tuple[str, str], list[str]] = {}
    unclear = [(id, e) for id, e in matches.by_source.items() if e.conflict is not None]
    for source_id, found in sorted(unclear):
        if found.conflict is None or found.level is None or found.conflict.code in _TWICE:
            continue
        for target in found.candidates:
            field = (target.target_id, policy.match_paths[found.level])
            fields.setdefault(field, []).append(source_id)
    return fields
