"""Says why people may have left although this run's source does not say so."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from shlex import quote

from oneway.mapping.packed_rows import ids_of, others_of
from oneway.mapping.program import Policy, SourceRow, TargetRow
from oneway.mapping.short_rows import AnyTargetRow
from oneway.mapping.spec import Rehires
from oneway.planning.breach import key_of, words_of
from oneway.planning.diff import at_update, perhaps_left, refuses
from oneway.planning.links import Link
from oneway.planning.plan import Action, Outcome, Read, Reason
from oneway.planning.similar.near_misses import forms_of
from oneway.planning.similar.same_person import (
    SEVERAL,
    Likeness,
    is_id,
    is_supported,
    likeness_beside,
    likeness_of,
)

_MOST = 3
"""How many keys are named at most."""


def left_out(
    unlisted: Sequence[Link],
    targets: Sequence[AnyTargetRow],
    still_in: Collection[str],
    since: str,
) -> int:
    """Return how many leavers are no longer among the source's records.

    `unlisted` are the links of missing source records. A link counts if it was seen at or after the
    last good run (`since`), and if the target record has left, is no longer listed, or belongs to
    somebody of `still_in`, who had left according to the source. The values of such records are not
    lost: the records are gone.
    """
    staying = staying_ids(targets) if unlisted else set()
    return sum(
        each.seen >= since and (each.target_id not in staying or each.source_id in still_in)
        for each in unlisted
    )


def staying_ids(targets: Sequence[AnyTargetRow]) -> set[str]:
    """Return the ids of the target records that have not left."""
    return {*ids_of(targets)} - {each.target_id for each in others_of(targets) if each.left}


ELSEWHERE = "this run does not read what the connection says"
"""Why a run that reads a file or has other options takes nobody off the list."""
UNASKED = "the mapping does not say any more who has left"
"""Why a mapping without `leavers` takes nobody off the list."""
ALL_LEFT = "`leavers.left` holds of every target record, also of those who stay"
"""Why target records take nobody off the list."""
_VANISHED = "the source no longer has their record"
_LISTED = "was in this list after the last run"
_HAD_LEFT = "the source said before that they leave"
_SEEN = "had left when a run was refused or held, as far as that run could tell"


def vanished(still_in: Collection[str], shown: Collection[str]) -> Mapping[str, str]:
    """Return why each of these source records that is no longer shown may be a leaver's."""
    return {each: _VANISHED for each in still_in if each not in shown}


def anothers(
    policy: Policy, links: Mapping[str, str], row: SourceRow, target: TargetRow, words: int | None
) -> str:
    """Return how a row that stays differs from a record that was listed for its id; "" if alike.

    By now the id may belong to somebody else. It does not if the two have the same key, which is
    not the id, and a link of which at least one of the `words` of the name is left (`renamed`). Nor
    if a key in another form is all that they had in common before. A row without the record's names
    does not show that its person is back.
    """
    likeness = likeness_beside(policy, row, target)
    if perhaps_left(policy, row) or not (likeness.unlike or likeness.unproven):
        return ""
    keys = zip(row.keys, target.keys, strict=False)
    exact = any(one is not None and one == other for one, other in keys)
    linked = exact and links.get(row.source_id) == target.target_id
    by_key = any(is_id(row, value) for value in row.key_values)
    if linked and not by_key and (words or 0) < SEVERAL:
        return ""
    if not exact and not {*forms_of(row)}.isdisjoint(forms_of(target)):
        return ""
    return likeness_of(policy, row, target).text


def renamed(
    policy: Policy,
    links: Mapping[str, str],
    row: SourceRow,
    target: TargetRow,
    words: int | None,
    *,
    lost: bool = False,
) -> str:
    """Return how a row that stays differs from its record, if its id and key passed on; else "".

    They passed on if none of the `words` that the person's name had when the two were linked is
    left (None if there are none to compare), and nothing else says that they are one person:
    neither the record nor, if the name had one word, a key beside the id. A record that has left
    matters only if the row would reactivate it. An update that replaces the names in the record is
    left to the guard `identities`. With `lost`, the seal key of the link's digests is lost, so all
    words may be others.
    """
    supported = is_supported(links, row, target)
    lost = lost and not supported
    closed = target.left and policy.rehires is not Rehires.REACTIVATE
    untold = words is None and not (target.left or lost)
    if closed or untold or row.evaluation_error is not None or perhaps_left(policy, row):
        return ""
    likeness = likeness_beside(policy, row, target)
    if likeness.related:
        return ""
    several = lost or (words or 0) >= SEVERAL
    by_record = likeness.unlike if words is None else likeness.two_people
    if supported:
        by_record = by_record and words is None
    if not (several or by_record) or _are_replaced(policy, row, target, likeness):
        return ""
    name = "no word of the name is as it was" if words else "nothing of it agrees"
    name = _NOT_COMPARED if lost else name
    return "; ".join((name, *likeness.differing, *likeness.withdrawn))


_NOT_COMPARED = (
    "the name cannot be compared with the one that its link remembers, as seal.key is another now"
)


def _are_replaced(policy: Policy, row: SourceRow, target: TargetRow, likeness: Likeness) -> bool:
    """Return whether an update would replace so many names that the guard `identities` holds it."""
    fields = (policy.fields, row.cells, target.values)
    written = [each for each in at_update(*fields) if each.before is not None]
    changed = [each for each in written if each.rule.path in policy.identifying_paths]
    refused = any(
        refuses(rule, cell, creating=False)
        for rule, cell in zip(policy.fields, row.cells, strict=True)
    )
    if refused or row.outside or row.failed_rules or not (changed and likeness.two_people):
        return False
    return likeness.whole_name or len(changed) >= SEVERAL


def passed_on(others: Mapping[str, str]) -> Mapping[str, str]:
    """Return why people may have left whose ids now seem to be others', who differ as stated."""
    return {
        each: f"source record {each} may be another person by now: {unlike}"
        for each, unlike in others.items()
    }


def unanswered(inconclusive: Mapping[str, str]) -> Mapping[str, str]:
    """Return why it is in doubt that people stay, if the value that decides is no clear answer."""
    return {
        each: f"the source does not say that they stay: {why}" for each, why in inconclusive.items()
    }


KEY_GONE = "key_gone:"
"""The prefix of reason codes: no record has the key that says who has left any more."""


def unstated(key: str, had: int) -> Reason:
    """Return why nobody comes back by a source that lost the key that says who has left."""
    allow = f"--allow keys_gone.source.{key}={had}"
    text = f"no record has '{key}' any more, which says who has left; if that is right, {allow}"
    return Reason(f"{KEY_GONE}{key}", text, warning=True)


def unanswered_return(why: str) -> Reason:
    """Return why a person is not back, if the value that decides is no clear answer."""
    return Reason("unsaid", f"the source does not say that they are back: {why}", warning=True)


def since_when(
    doubts: Mapping[str, str], seen: Collection[str], left: Collection[str]
) -> Mapping[str, str]:
    """Return these doubts, adding where each person was known to have left.

    They were listed after the last run, except that only refused or held runs saw those of `seen`
    leave, and those of `left` had no access then.
    """

    def when(id: str) -> str:
        return _SEEN if id in seen else _HAD_LEFT if id in left else _LISTED

    return {each: f"{when(each)}, and {why}" for each, why in doubts.items()}


def regained(ended: Mapping[str, str]) -> Mapping[str, str]:
    """Return why people may have left who have access again after this sync wrote their leave.

    `ended` has the day of the leave. The source no longer has their record.
    """
    return {
        each: f"this sync wrote their leave on {day}, the record gives access all the same, and "
        f"the source no longer has theirs; {_unlisting(each)}"
        for each, day in ended.items()
    }


def let_in(found: Iterable[str]) -> Mapping[str, str]:
    """Return why people may have left whom a write let in after the source no longer had them."""
    text = "a create or a return on its way has let them in, and the source no longer has theirs"
    return {each: f"{text}; {_unlisting(each)}" for each in found}


def _unlisting(source_id: str) -> str:
    how = f"oneway forget {quote(source_id)} --force takes them out of this list"
    return f"if they are to have it, {how}"


def doubted(still_in: Iterable[str], gone: Sequence[str]) -> Mapping[str, str]:
    """Return why each of these people may have left, if any keys or values are gone.

    `gone` are the keys whose values are gone, as guards name them.
    """
    if not gone:
        return {}
    named = [_named(*key_of(each)) for each in gone[:_MOST]]
    more = f" and {len(gone) - _MOST:,} more" if len(gone) > _MOST else ""
    why = f"whether they have left is in doubt: many values of {', '.join(named)}{more} are gone"
    return dict.fromkeys(still_in, why)


def _named(role: str, counted: str) -> str:
    key, words = words_of(counted)
    return f"{words} in '{key}' ({role})" if words else f"'{key}' ({role})"


def as_written(
    reads: Iterable[Read], written: Iterable[Action], outcomes: Iterable[Outcome] = ()
) -> tuple[Read, ...]:
    """Return reads as the next run may find them, without the values that these actions clear.

    A value that the sync itself removes, such as a returning person's leave date, does not count as
    gone. A key stays expected as long as its loss keeps people from coming back.
    """
    cleared = Counter(change.field for each in written for change in each.changes if change.clears)
    codes = {why.code for each in outcomes for why in each.reasons}
    awaited = {each.removeprefix(KEY_GONE): 1 for each in codes if each.startswith(KEY_GONE)}

    def expected(read: Read) -> Read:
        if read.name == "target":
            return _without(read, cleared)
        return replace(read, stated={**read.stated, **awaited}) if read.name == "source" else read

    return tuple(map(expected, reads))


def _without(read: Read, cleared: Mapping[str, int]) -> Read:
    lost = {
        key: sum(
            n
            for field, n in cleared.items()
            if key == field or key.startswith((f"{field}.", f"{field}[]"))
        )
        for key in read.valued
    }
    return replace(read, valued={key: max(n - lost[key], 0) for key, n in read.valued.items()})
