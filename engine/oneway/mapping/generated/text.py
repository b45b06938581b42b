"""Compiles the text of generated code, and keeps it for tracebacks."""

import linecache
from functools import lru_cache
from hashlib import sha256
from types import CodeType


@lru_cache(maxsize=64)
def compiled(text: str) -> CodeType:
    """Return the code of a text, which tracebacks can quote from then on."""
    name = f"<oneway, generated {sha256(text.encode('ascii')).hexdigest()[:12]}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    return compile(text, name, "exec")
