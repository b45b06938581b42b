"""The guards' verdict on a plan: each guard that fired, and the actions that it blocks."""

from datetime import timedelta
from fractions import Fraction
from shlex import quote

from oneway.core.dataclass import dataclass
from oneway.core.phrases import count as count_of
from oneway.mapping.profile.word_groups import SEPARATOR
from oneway.mapping.spec import GuardKind
from oneway.planning.endings import End, Ending
from oneway.planning.guard_kinds import GUARDS, Limit

WINDOW = timedelta(days=7)
"""How far back guards count earlier runs."""

IDENTITY = f"{GuardKind.IDENTITIES.value}:"
"""The form in which `--allow` names a person who may change identity: `identities:00007`."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A guard that fired: what it counted, how many it lets pass, and the option that allows more.

    `field` is set for `field_changes`, `keys_gone` and `values_gone`, which count each field
    separately. `earlier` is how many others were counted within the window. The share is taken of
    `base`. `system` names the list that shrank, and `unread` is how many of its records could not
    be read. `named` are the keys of the people who can be allowed by name.
    """

    kind: GuardKind
    field: str
    found: int
    earlier: int
    ceiling: int
    limit: Limit
    base: int
    blocked: tuple[str, ...]
    system: str = ""
    named: tuple[str, ...] = ()
    unread: int = 0
    there: int = 0
    """How many records the target has now, matched or not."""
    creates: int = 0
    """How many creates that write the field are blocked as well."""

    @property
    def name(self) -> str:
        """The guard's name in `--allow`."""
        return guard_name(self.kind, self.field)

    @property
    def shrank(self) -> bool:
        """Whether the guard fired because a list lost implausibly many records or keys."""
        return GUARDS[self.kind].of_list

    @property
    def setting(self) -> str:
        """The mapping's key that sets the limit."""
        return GUARDS[self.kind].setting

    @property
    def total(self) -> int:
        """The count that is compared with the ceiling."""
        return self.found + self.earlier

    @property
    def text(self) -> str:
        """The reason in one sentence."""
        if self.kind is GuardKind.KEYS_GONE:
            return self._gone_text()
        if self.kind is GuardKind.VALUES_GONE:
            return self._blank_text()
        if self.shrank:
            return self._shrank_text()
        if self.kind is GuardKind.SIDE_EFFECTS:
            records = "record was" if self.found == 1 else "records were"
            return (
                f"{self.name}: {self.found} target {records} changed by a write beyond what it "
                f"sent (W117): {self.system}; no update is sent before a plan lets this through"
            )
        what = f"{self.found} now"
        if self.earlier:
            what += f" and {self.earlier} in the last {WINDOW.days} days"
        share = f"{_percent(self.limit.share)} of {self.base} matched"
        limit = f"the larger of {self.limit.floor} and {share}" if self.limit.floor else share
        if self.kind is GuardKind.IDENTITIES and not self.ceiling:
            return f"{self.name}: {what}: the keys may find other people's records"
        text = f"{self.name}: {what}, at most {self.ceiling} may pass ({limit})"
        if self.creates:
            text += f"; {count_of(self.creates, 'create')} with this field held back too"
        return text

    def _shrank_text(self) -> str:
        of_target = self.kind is GuardKind.TARGET_SHRINK
        managed = "matched " if of_target else ""
        now = self.base - self.found - (self.unread if of_target else 0)
        percent = f"{_percent(self.limit.share)} of {self.base:,}"
        if of_target and self.there >= self.base:
            return (
                f"{self.name}: {self.system}: {self.base:,} records were matched at the last good "
                f"run, {now:,} are now, and it still has {self.there:,}: the source lacks their "
                f"records, or the match keys have changed; at most {self.ceiling:,} may be missing "
                f"({percent})"
            )
        beside = f", beside {self.unread:,} that cannot be read" if self.unread else ""
        return (
            f"{self.name}: {self.system}: {self.base:,} {managed}records at the last good run, "
            f"{now:,} now{beside}; at most {self.ceiling:,} may be missing "
            f"({percent})"
        )

    def _gone_text(self) -> str:
        _, key = key_of(self.field)
        return (
            f"{self.name}: {self.system}: by the last good run, {self.base:,} records should have "
            f"the key '{key}', {self.base - self.found:,} have it now; at most {self.ceiling:,} "
            f"may lack it ({_percent(self.limit.share)} of {self.base:,})"
        )

    def _blank_text(self) -> str:
        key, words = words_of(key_of(self.field)[1])
        value, one = (words, "it") if words else ("a value", "one")
        have = self.base - self.found
        share = f"{_percent(self.limit.share)} of {self.base:,}"
        return (
            f"{self.name}: {self.system}: by the last good run, {self.base:,} records should have "
            f"{value} in '{key}', {have:,} have {one} now; at most {self.ceiling:,} may have lost "
            f"it (the larger of {self.limit.floor} and {share})"
        )

    @property
    def allow(self) -> str:
        """The command-line options that allow exactly these, quoted for a shell."""
        if self.named:
            return " ".join(f"--allow {quote(f'{IDENTITY}{key}')}" for key in self.named)
        return f"--allow {quote(f'{self.name}={self.total}')}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The guards' verdict on a plan; `blocked` are the ids of actions that must not be applied."""

    breaches: tuple[Breach, ...]
    blocked: frozenset[str]
    stops: bool = False
    """Whether each guard that fired holds the whole plan (`on_breach: stop`)."""

    def allow(self, breach: Breach) -> str:
        """Return the options that let pass what a guard holds.

        If each guard holds the whole plan, nothing passes before all are allowed.
        """
        needed = self.breaches if self.stops else (breach,)
        return " ".join(each.allow for each in needed)

    @property
    def fired(self) -> bool:
        """Whether any guard fired."""
        return bool(self.breaches)

    def ends(self) -> dict[str, End]:
        """Return the ending of each blocked action, with the names of the guards that block it."""
        guards: dict[str, list[str]] = {}
        for breach in self.breaches:
            for id in breach.blocked:
                guards.setdefault(id, []).append(breach.name)
        fired = tuple(breach.name for breach in self.breaches)
        return {id: _held(tuple(guards.get(id, ())), fired) for id in self.blocked}

    @property
    def shrank(self) -> bool:
        """Whether a list lost implausibly many records or keys."""
        return any(breach.shrank for breach in self.breaches)


def guard_name(kind: GuardKind, field: str) -> str:
    return f"{kind.value}.{field}" if field else kind.value


def key_of(counted: str) -> tuple[str, str]:
    """Return the read that a `keys_gone` or `values_gone` breach concerns, and the key.

    `source.leaveDate` is a key of the source, `references.departments.code` one of a reference.
    """
    role, _, key = counted.partition(".")
    if role == "references":
        name, _, key = key.partition(".")
        role = f"{role}.{name}"
    return role, key


def words_of(counted: str) -> tuple[str, str]:
    """Return the key that `values_gone` counts and the word; "" if it counts all values."""
    key, _, words = counted.partition(SEPARATOR)
    return key, " or ".join(f"'{each}'" for each in words.split(",")) if words else ""


def _held(guards: tuple[str, ...], fired: tuple[str, ...]) -> End:
    """Return the ending of an action that guards block, alone or with the whole plan."""
    if guards:
        return End(Ending.HELD, reason=f"held back by {', '.join(guards)}", guards=guards)
    reason = f"held back with the whole plan by {', '.join(fired)} (on_breach: stop)"
    return End(Ending.HELD, reason=reason, guards=fired)


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):g} %"
