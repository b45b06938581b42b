"""Mappings loaded and compiled, or refused with every mistake at the first stage that has one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from oneway.core.description import Description
from oneway.core.diagnostics import Findings, Refused
from oneway.mapping.compiler import Compiled, compile_partly
from oneway.mapping.load import Loaded, load_partly
from oneway.mapping.spec import MappingSpec


def load_mapping(data: bytes, file: str) -> Loaded:
    """Return the mapping of a file's bytes; raise `Refused` for any mistake of text or shape."""
    loaded = load_partly(data, file)
    if loaded.mistakes:
        raise Refused(loaded.mistakes)
    return loaded


def compile_mapping(
    spec: MappingSpec, lines: Sequence[str], catalogue: Mapping[str, Description]
) -> Compiled:
    """Return the compiled mapping; raise `Refused` for any mistake of meaning."""
    compiled = compile_partly(spec, lines, catalogue)
    return replace(compiled, warnings=Findings(list(compiled.warnings)).refuse_errors())
