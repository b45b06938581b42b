"""Keyed digests of the words in people's names: links remember names without storing them.

If the source's id is also the match key, both can pass to another person at once. Only the name
reveals this: none of its words is the same.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from hashlib import blake2b

from oneway.core.seal import Seal
from oneway.mapping.expressions import Expression
from oneway.planning.links import Link
from oneway.planning.similar.same_person import label_words

_SIZE = 4
"""Bytes per digest. A collision hides a changed name; the odds are one in four billion."""
_WIDTH = 2 * _SIZE
_SHORT = 3 * _WIDTH
_KEYED = "k"
"""Begins the mark of the seal's key; names of earlier versions have none, and begin with a digit
of their first digest."""


class NameDigests:
    """Digests the labels of one mapping; each digest covers the record and the `label` expression.

    `Link.names` holds a mark of the seal's key, one of that expression, the digest of the whole
    label, and those of its words, eight characters each. The marks change with the key and when the
    expression is edited: labels can then no longer be compared with earlier ones.
    """

    def __init__(self, seal: Seal, label: Expression | None) -> None:
        text = label.text if label is not None else ""
        key = bytes.fromhex(seal.mac(f"key of names by {text}"))
        self._keyed = blake2b(key=key, digest_size=_SIZE)
        self._key = _KEYED + seal.mac("key of names")[: _WIDTH - 1]
        self._mark = self._key + self._digest("mark")

    def short(self, source_id: str, label: str) -> str:
        """Return the marks and the digest of the whole label, for a quick comparison.

        For a blank label, returns blank text, so that the link keeps the name that it had.
        """
        if not label.strip():
            return ""
        return self._mark + self._digest(f"label {source_id}\0{label}")

    def of(self, source_id: str, label: str) -> str:
        """Return the digests of a label in the form of `Link.names`."""
        words = sorted(self._digest(f"word {source_id}\0{each}") for each in label_words(label))
        return "".join((self.short(source_id, label), *words))

    def in_full(self, labels: Callable[[], Mapping[str, str]]) -> Callable[[Link], Link]:
        """Return a function that completes a link with `short` names.

        `labels` returns the labels by source id; it is called once, when the first link needs it.
        """
        found = cache(labels)
        return lambda each: each._replace(names=self.of(each.source_id, found()[each.source_id]))

    def new_words(self, link: Link, label: str) -> int | None:
        """Return 0 if a name shares a word with the name its link remembers.

        Otherwise returns how many words the remembered name had, or None if there is nothing to
        compare.
        """
        names = link.names if link.names[:1] in ("", _KEYED) else self._key + link.names
        before = _digests_in(names) if names.startswith(self._mark) else ()
        if before and label.strip() and names.startswith(self.short(link.source_id, label)):
            return 0  # the usual case
        now = _digests_in(self.of(link.source_id, label)) if before else ()
        if not (before and now):
            return None
        return 0 if {*before} & {*now} else len(before)

    def is_by_another_key(self, names: str) -> bool:
        """Return whether a link's names were digested with a key that is not the seal's."""
        return names.startswith(_KEYED) and not names.startswith(self._key)

    def are_all(self, link: Link, label: str) -> bool:
        """Return whether a name has exactly the words that a link remembers."""
        before = _digests_in(link.names) if link.names.startswith(self._mark) else ()
        return bool(before) and {*before} == {*_digests_in(self.of(link.source_id, label))}

    def _digest(self, text: str) -> str:
        made = self._keyed.copy()
        made.update(text.encode("utf-8", "surrogatepass"))
        return made.hexdigest()


def _digests_in(names: str) -> Sequence[str]:
    return [names[at : at + _WIDTH] for at in range(_SHORT, len(names), _WIDTH)]
