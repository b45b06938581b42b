"""Merges the guards of a mapping and of a connection, which may only be stricter."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from oneway.connections.connection import OwnGuards
from oneway.documents.yaml_source import Path
from oneway.mapping.spec import GuardKind, GuardsSpec, LimitSpec, OnBreach
from oneway.planning.guard_kinds import DEFAULTS, Limit


def merged_guards(guards: GuardsSpec, own: OwnGuards | None) -> GuardsSpec:
    """Return a mapping's guards with a connection's limits in place of the mapping's."""
    if own is None:
        return guards
    return replace(
        guards,
        limits=tuple({**dict(guards.limits), **own.limits}.items()),
        on_breach=own.on_breach or guards.on_breach,
        source_shrink=guards.source_shrink if own.source_shrink is None else own.source_shrink,
        target_shrink=guards.target_shrink if own.target_shrink is None else own.target_shrink,
        keys_gone=guards.keys_gone if own.keys_gone is None else own.keys_gone,
        values_gone=guards.values_gone if own.values_gone is None else own.values_gone,
    )


def looser_guards(guards: GuardsSpec, own: OwnGuards) -> Iterator[tuple[Path, str]]:
    """Yield each guard of a connection looser than the mapping's: its path and a sentence."""
    limits = dict(guards.limits)
    for kind, limit in own.limits.items():
        yield from _limit(kind, _effective(kind, limits), limit)
    if own.on_breach is OnBreach.HOLD and guards.on_breach is OnBreach.STOP:
        yield ("guards", "on_breach"), "the mapping stops the whole plan where a guard fires"
    shares = (
        ("source", "shrink", own.source_shrink, guards.source_shrink, "the source shrink by {}"),
        ("target", "shrink", own.target_shrink, guards.target_shrink, "the target shrink by {}"),
        ("keys", "gone", own.keys_gone, guards.keys_gone, "keys go from {} of the records"),
        ("values", "gone", own.values_gone, guards.values_gone, "values go from {} of the records"),
    )
    for name, word, share, most, text in shares:
        if share is not None and share > most:
            yield ("guards", name, word), f"the mapping lets {text.format(_percent(most))}"


def _effective(kind: GuardKind, limits: dict[GuardKind, LimitSpec]) -> Limit | None:
    """Return the limit in force without the connection, or None."""
    if kind in limits:
        return Limit(Fraction(str(limits[kind].share)), limits[kind].floor)
    return DEFAULTS.get(kind)


def _limit(kind: GuardKind, before: Limit | None, limit: LimitSpec) -> Iterator[tuple[Path, str]]:
    if before is None:
        return
    path = ("guards", kind.value)
    if Fraction(str(limit.share)) > before.share:
        yield (*path, "share"), f"{kind.value}: the mapping's share is {_percent(before.share)}"
    if limit.floor > before.floor:
        yield (*path, "floor"), f"{kind.value}: the mapping's floor is {before.floor}"


def _percent(share: float | Fraction) -> str:
    return f"{float(share) * 100:g}%"
