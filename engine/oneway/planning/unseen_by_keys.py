"""Says why a target record may exist that no match key can find.

A system may leave out null values, so a record without a match key is usually a record of nobody.
If it also lacks a field that every record has, or if no record of a long list shows the key, then
the system does not show what it has: the key was renamed, or the credentials may not see it.
"""

from collections.abc import Mapping, Sequence

from oneway.core.phrases import count, some
from oneway.core.records import MISSING, Collected
from oneway.mapping.policy import Policy
from oneway.mapping.rows import TargetRow
from oneway.mapping.short_rows import AnyTargetRow
from oneway.planning.links import LinkEvidence
from oneway.planning.similar.lookalikes import is_keyless

_LONG = 20
"""How many records a list has at least if a key that none of them shows is not just unused yet."""


def is_unnamed(policy: Policy, target: TargetRow) -> bool:
    """Return whether a record does not tell whose it is, so that it may be anybody's."""
    if not target.keys_known:
        return True
    held = zip(policy.fields, target.values, strict=False)
    return is_keyless(target) and any(
        value is MISSING and policy.requires(rule.path) for rule, value in held
    )


def unseen_by_keys(
    policy: Policy,
    target: Collected[AnyTargetRow],
    targets: Sequence[TargetRow],
    evidence: LinkEvidence,
) -> tuple[str, ...]:
    """Return why a target record may exist that no key can find; empty if none can."""
    why = [] if target.complete else ["the list of target records may not be complete"]
    unknown = [each.target_id for each in targets if is_unnamed(policy, each)]
    if unknown:
        records = count(len(unknown), "target record")
        why.append(f"the match keys of {records} are not known: {some(unknown)}")
    hidden = evidence.hidden(targets)
    if hidden:
        why.append(
            f"the list of target records lacks {len(hidden)} that are there by id: {some(hidden)}"
        )
    return tuple(why)


def unshown_keys(policy: Policy, records: int, stated: Mapping[str, int]) -> str:
    """Return that no record of a long list shows a match key; "" if one does, or it is short.

    `stated` is how many of the records show each key, also as null.
    """
    keys = policy.match_paths
    if records < _LONG or any(stated.get(key, 1) for key in keys):
        return ""
    return f"no target record shows {', '.join(keys)}, so none can be recognised"
