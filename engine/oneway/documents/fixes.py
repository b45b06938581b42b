"""Applies fixes to the text of a document, keeping comments and layout."""

from collections.abc import Iterable

from oneway.core.diagnostics import Diagnostic, Fix


def fixed(data: bytes, found: Iterable[Diagnostic]) -> tuple[bytes, tuple[Diagnostic, ...]]:
    """Return a file's bytes with every possible correction, and the corrected findings.

    A correction is left out if the text at its place is not the one it was made for, as in a text
    that YAML folds, or if it would overlap another one.
    """
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError:
        return data, ()
    made: list[Diagnostic] = []
    taken: list[Fix] = []
    for each in sorted(found, key=lambda one: (one.span.line, one.span.column), reverse=True):
        fix = each.fix
        if fix is None or not _stands(fix, lines) or any(_touch(fix, one) for one in taken):
            continue
        start = fix.span.column - 1
        line = lines[fix.span.line - 1]
        lines[fix.span.line - 1] = line[:start] + fix.text + line[start + len(fix.was) :]
        taken.append(fix)
        made.append(each)
    return "\n".join(lines).encode(), tuple(reversed(made))


def _stands(fix: Fix, lines: list[str]) -> bool:
    span = fix.span
    line = lines[span.line - 1] if 0 < span.line <= len(lines) else ""
    return bool(fix.was) and line[span.column - 1 :].startswith(fix.was)


def _touch(one: Fix, other: Fix) -> bool:
    if one.span.line != other.span.line:
        return False
    start, end = one.span.column, one.span.column + len(one.was)
    return start < other.span.column + len(other.was) and other.span.column < end
