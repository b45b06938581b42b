"""Merges the guards of a mapping and of a connection."""

from dataclasses import replace

from oneway.connections.connection import OwnGuards
from oneway.mapping.spec import GuardsSpec


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
