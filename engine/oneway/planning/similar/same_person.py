"""Compares a source record and a target record: do they seem to be one person?"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from functools import partial

from oneway.core.compare import Compare, Comparison, same
from oneway.core.dataclass import dataclass
from oneway.core.key_forms import key_text, shown
from oneway.core.records import Missing, Value, is_blank
from oneway.core.redacted import SAME_AS_ID, WORD, Redacted, known_of
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.rows import STATED, SourceRow, TargetRow
from oneway.planning.similar.lookalikes import held_value, said_value
from oneway.planning.similar.marks import as_told, emails_in, has_email, marks_of

SEVERAL = 2
"""How many identifying fields must differ at once before a record seems to be another person's."""


_Word = tuple[bool, str]
"""A word of a name, and whether the name is sensitive. Both are compared, because a snapshot must
not reveal that a sensitive name shares a word with one that it shows."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """The identifying fields in which a source record and a target record agree, and differ."""

    agreeing: tuple[FieldRule, ...]
    differing: tuple[str, ...]
    exclusive: bool = False
    """Whether they share a unique value."""
    one_word: bool | None = None
    """Whether their names have a word in common; None if either has no name."""
    whole_name: bool = False
    """Whether a name of several words differs in one field."""
    lost_name: bool = False
    """Whether the only name has several words in the target record and is blank in the source."""
    withdrawn: tuple[str, ...] = ()
    """The names that the target record holds, and for which the source record is blank."""

    @property
    def one_person(self) -> bool:
        """Whether the two share something that identifies them, and differ in nothing."""
        return bool(self.agreeing) and not self.differing

    @property
    def beyond_the_key(self) -> bool:
        """Whether something besides the match key says that the two are one person."""
        return self.exclusive or self.one_person

    @property
    def related(self) -> bool:
        """Whether a value, or a word of their names, is the same."""
        return bool(self.agreeing or self.exclusive or self.one_word)

    @property
    def two_people(self) -> bool:
        """Whether only the key says that the two are one person, and several values contradict it.

        A single value may have changed, such as a name by marriage. Names are compared by their
        words, of which one usually stays; a name of several words with none in common contradicts
        the key by itself.
        """
        if self.related:
            return False
        return self.whole_name or len(self.differing) >= SEVERAL

    @property
    def unlike(self) -> bool:
        """Whether a person who stays seems to be somebody else than the target record's person.

        A newcomer's row may be incomplete on its first night, so a name that it lacks contradicts
        the key only if one of its other values does. The row of a leaver may lose its names.
        """
        if self.related:
            return False
        lacking = bool(self.differing) and len(self.differing) + len(self.withdrawn) >= SEVERAL
        return self.two_people or self.lost_name or lacking

    @property
    def unproven(self) -> bool:
        """Whether a row lacks the target record's names and shares nothing else with it."""
        return bool(self.withdrawn) and not self.related

    @property
    def text(self) -> str:
        """What differs, as evidence for a human."""
        said = (*self.differing, *self.withdrawn) if self.unproven else self.differing
        return "; ".join(said) or "no other field tells whether they are one person"


def likeness_of(policy: Policy, row: SourceRow, target: TargetRow) -> Likeness:
    agreeing, differing, withdrawn = [], [], []
    exclusive, whole_name, lost_name = False, False, False
    naming = policy.naming
    for position in policy.identifying if row.cells and target.values else ():
        rule, agree = policy.fields[position], _agree(policy, position, row, target)
        if agree:
            agreeing.append(rule)
            exclusive = exclusive or position in policy.exclusive
        elif agree is False:
            held, said = target.values[position], row.cells[position].telling
            if position in naming and not whole_name:
                whole_name = all(map(_is_of_several, (held, said)))
                lost_name = len(naming) == 1 and _is_of_several(held)
                lost_name = lost_name and not _have_one_email(policy, row, target)
            differing.append(
                f"{rule.path} differs"
                if rule.sensitive
                else f"{rule.path} is {as_told(held)}, and here {as_told(said)}"
            )
        elif position in naming and rule.tells(target.values[position]):
            was = "" if rule.sensitive else f"{as_told(target.values[position])}, and here "
            withdrawn.append(f"{rule.path} is {was}blank")
    one_word = _have_one_word(policy, row, target) if differing and not agreeing else None
    found = tuple(agreeing), tuple(differing), exclusive, one_word, whole_name, lost_name
    return Likeness(*found, tuple(withdrawn))


def _have_one_email(policy: Policy, row: SourceRow, target: TargetRow) -> bool:
    """Return whether any field holds the same email in both records."""
    return any(
        has_email(held) and _agree(policy, position, row, target) is True
        for position, held in enumerate(target.values)
    )


def _is_of_several(value: Value | Missing) -> bool:
    """Return whether a name has several words."""
    return len(words_of(value)) >= SEVERAL


def likeness_beside(
    policy: Policy, row: SourceRow, target: TargetRow, *, after: int = -1
) -> Likeness:
    """Return the likeness of a matched pair, counting its other match keys as well.

    Counts only keys after the level `after`.
    """
    found = likeness_of(policy, row, target)
    both = enumerate(zip(row.keys, target.keys, strict=False))
    keys = [(level, *pair) for level, pair in both if level > after and None not in pair]
    differing = tuple(
        _of_keys(policy, level, one, other) for level, one, other in keys if one != other
    )
    exclusive = is_exclusive(policy, row, target)
    return replace(found, differing=(*found.differing, *differing), exclusive=exclusive)


def _of_keys(policy: Policy, level: int, said: Hashable, held: Hashable) -> str:
    path = policy.match_paths[level] or f"match key {level + 1}"
    if not policy.key_shown[level]:
        return f"{path} differs"
    return f"{path} is {shown(held)}, and here {shown(said)}"


def _agree(policy: Policy, position: int, row: SourceRow, target: TargetRow) -> bool | None:
    """Return whether both records have the same value in a field; None if either has none.

    A constant of the mapping counts as no value, because it says nothing about the person.
    """
    cell, held, rule = row.cells[position], target.values[position], policy.fields[position]
    said = cell[1] if cell[0] is STATED else cell.telling
    if not (rule.tells(said) and rule.tells(held)):
        return None
    if said == held and isinstance(held, str) and not is_blank(held):
        return True  # the usual case: equal texts are equal under every comparison
    if same(held, said, comparison(rule)):
        return True
    is_group = emails_in(held) or emails_in(said)
    return bool(is_group) and not set(marks_of(held)).isdisjoint(marks_of(said))


def shares_single(policy: Policy, row: SourceRow, target: TargetRow) -> bool:
    """Return whether a pair shares an identifying value that is unique."""
    for position in policy.exclusive if row.cells and target.values else ():
        if _agree(policy, position, row, target):
            return True
    return False


def is_exclusive(policy: Policy, row: SourceRow, target: TargetRow) -> bool:
    """Return whether a matched pair shares a unique value, or a key that did not match it."""
    return shares_single(policy, row, target) or shares_keys(row, target)


def shares_keys(row: SourceRow, target: TargetRow) -> bool:
    """Return whether a pair has several match keys in common."""
    keys = zip(row.keys, target.keys, strict=False)
    return len([one for one, other in keys if one is not None and one == other]) > 1


def is_supported(links: Mapping[str, str], row: SourceRow, target: TargetRow) -> bool:
    """Return whether a link says that a pair is one person, independently of its key.

    `links` are the linked target records by source record. If the source record's id is the key on
    which the two agree, the link adds nothing: id and key may both have passed to someone else.
    """
    if links.get(row.source_id) != target.target_id:
        return False
    agreeing = zip(row.keys, target.keys, row.key_values, strict=False)
    return not any(
        one == other and one is not None and is_id(row, value) for one, other, value in agreeing
    )


def is_id(row: SourceRow, value: object) -> bool:
    """Return whether a match value is the id of its source record."""
    if isinstance(value, Redacted):
        return value.same_as == SAME_AS_ID
    return value is not None and repeats(row.source_id, value)


def repeats(id: str, value: object) -> bool:
    """Return whether a match value is an id.

    It may lack leading zeros or be in lower case, as after `to_number()` or `lower()`.
    """
    ids = (id, id.casefold())
    return _without_zeros(key_text(value)) in map(_without_zeros, ids)


def _without_zeros(text: str) -> str:
    return text.strip().lstrip("0")


def have_one_word(
    policy: Policy, other: SourceRow, row: SourceRow, target: TargetRow
) -> bool | None:
    """Return whether the names of two source records have a word in common.

    `row` is matched with `target`, whose names count as well. None if either has no name.
    """
    theirs, own = said_words(policy, other), said_words(policy, row) | held_words(policy, target)
    return bool(theirs & own) if theirs and own else None


def _have_one_word(policy: Policy, row: SourceRow, target: TargetRow) -> bool | None:
    said, held = said_words(policy, row), held_words(policy, target)
    return bool(said & held) if said and held else None


def said_names(policy: Policy, row: SourceRow) -> frozenset[str]:
    """Return the words of all names of a person in a source record."""
    return frozenset(word for _, word in said_words(policy, row))


def held_names(policy: Policy, target: TargetRow) -> frozenset[str]:
    """Return the words of all names of a person in a target record."""
    return frozenset(word for _, word in held_words(policy, target))


def said_words(policy: Policy, row: SourceRow) -> frozenset[_Word]:
    """Return the words of all names of a person in a source record, to compare them."""
    return _words(policy, partial(said_value, policy, row))


def held_words(policy: Policy, target: TargetRow) -> frozenset[_Word]:
    """Return the words of all names of a person in a target record, to compare them."""
    return _words(policy, partial(held_value, target))


def _words(policy: Policy, value_at: Callable[[int], Value]) -> frozenset[_Word]:
    rules = policy.fields
    return frozenset(
        (rules[at].sensitive, word) for at in policy.naming for word in words_of(value_at(at))
    )


def words_of(value: Value | Missing | Redacted) -> frozenset[str]:
    """Return the words of a name in comparable form, without initials, titles and particles."""
    if isinstance(value, Redacted):
        return frozenset(str(number) for kind, number in known_of(value) if kind == WORD)
    if not isinstance(value, str):
        return _NO_WORDS
    words = (each.strip(".,;()'\"") for each in value.casefold().split() if "@" not in each)
    return frozenset(each for each in words if len(each) > 1) - _IN_MANY_NAMES


def label_words(label: str) -> frozenset[str]:
    """Return the words of the name in a label, without codes, which may be the key."""
    return frozenset(each for each in words_of(label) if not any(map(str.isdigit, each)))


_NO_WORDS: frozenset[str] = frozenset()
_TITLES = "mr mrs ms miss mx dr prof sir dame lord lady herr frau mme mlle dhr mevr"
_PARTICLES = (
    "al ap bin bint da das de del della den der di do dos du el la las le los st ten ter van vd "
    "von zu zur"
)
_IN_MANY_NAMES = frozenset(f"{_TITLES} {_PARTICLES}".split())
"""Titles and particles, which do not count as a word in common."""


def comparison(rule: FieldRule) -> Comparison:
    return Compare.IGNORE_CASE if rule.unique_ignores_case else rule.compare
