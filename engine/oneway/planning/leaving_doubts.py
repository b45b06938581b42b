"""Says why people may have left although this run's source does not say so."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from shlex import quote

from oneway.mapping.packed_rows import ids_of, others_of
from oneway.mapping.short_rows import AnyTargetRow
from oneway.planning.breach import key_of, words_of
from oneway.planning.links import Link
from oneway.planning.plan import Action, Outcome, Reason
from oneway.planning.plan_inputs import Read

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
    """Return why people may have left whose source record is no longer shown."""
    return {each: _VANISHED for each in still_in if each not in shown}


def passed_on(others: Mapping[str, str]) -> Mapping[str, str]:
    """Return why people may have left whose ids others, who differ as stated, now seem to have."""
    return {
        each: f"source record {each} may be another person by now: {unlike}"
        for each, unlike in others.items()
    }


def unanswered(inconclusive: Mapping[str, str]) -> Mapping[str, str]:
    """Return why it is doubtful that people stay, if the deciding value is no clear answer."""
    return {
        each: f"the source does not say that they stay: {why}" for each, why in inconclusive.items()
    }


KEY_GONE = "key_gone:"
"""The prefix of reason codes: no record still has the key that says who has left."""


def unstated(key: str, had: int) -> Reason:
    """Return why a source that has lost the key that says who has left brings nobody back."""
    allow = f"--allow keys_gone.source.{key}={had}"
    text = f"no record has '{key}' any more, which says who has left; if that is right, {allow}"
    return Reason(f"{KEY_GONE}{key}", text, warning=True)


def unanswered_return(why: str) -> Reason:
    """Return why a person does not count as back, if the deciding value is no clear answer."""
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
    """Return why people may have left whom a write let in after they vanished from the source."""
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
