"""A compiled mapping as a connection runs it: with its settings and guards."""

from dataclasses import replace
from typing import TYPE_CHECKING

from oneway.mapping.compiler import Compiled

if TYPE_CHECKING:
    from oneway.connections.connection import Connection


def as_run_by(compiled: Compiled, connection: "Connection | None") -> Compiled:
    """Return a mapping whose defaults of settings and guards are those that the connection sets."""
    if connection is None:
        return compiled
    from oneway.connections.guards import merged_guards

    spec, own = compiled.spec, connection.settings
    guards = merged_guards(spec.guards, connection.guards)
    settings = tuple(replace(e, default=own.get(e.name, e.default)) for e in spec.settings)
    code = replace(compiled.code, policy=replace(compiled.code.policy, guards=guards))
    return replace(compiled, spec=replace(spec, settings=settings, guards=guards), code=code)
