"""Checks a document against a schema of `schemas/`, and reports every mistake with its place.

The schemas are JSON Schema 2020-12 and the only definition of the syntax. Their annotations are
used as well: `errorMessage` and `patternErrorMessage`, which editors also show, become the help of
a diagnostic; `title` and `examples` supply its words.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from oneway.core.diagnostics import Diagnostic, Fix
from oneway.documents.schema_check.files import schema_data, schema_names, schema_text
from oneway.documents.schema_check.fits import Fits, fits_of
from oneway.documents.yaml_source import Document, Path

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

    from oneway.documents.schema_check.mistakes import Mistake

__all__ = ["broken", "check", "schema_data", "schema_names", "schema_text"]

_MOST_REPORTED = 200


def check(document: Document, schema_name: str) -> list[Diagnostic]:
    """Return an error for every mistake in a document's shape, in the order of the file."""
    if _fits(document, schema_name):
        return []
    found = set(_mistakes(document, schema_name))
    placed = [_placed(document, m) for m in islice(sorted(found, key=str), _MOST_REPORTED)]
    return sorted(placed, key=lambda d: (d.span.line, d.span.column, d.code, d.summary))


def _placed(document: Document, mistake: "Mistake") -> Diagnostic:
    found = document.at(mistake.path, mistake.code, mistake.summary, mistake.help, key=mistake.key)
    span = found.span
    if not (mistake.instead and span.line):
        return found
    was = document.lines[span.line - 1][span.column - 1 : span.end - 1]
    return replace(found, fix=Fix(span, was, mistake.instead))


def broken(document: Document, schema_name: str) -> set[Path]:
    """Return the paths of all mistakes in shape; without them, the rest is valid.

    A missing key is reported as its object's path.
    """
    if _fits(document, schema_name):
        return set()
    return {mistake.path for mistake in _mistakes(document, schema_name)}


def _fits(document: Document, schema_name: str) -> bool:
    fits = _quick(schema_name)
    return fits is not None and fits(document.data)


@cache
def _quick(schema_name: str) -> Fits | None:
    return fits_of(schema_data(schema_name))


def _mistakes(document: Document, schema_name: str) -> "Iterator[Mistake]":
    # Imported here, because jsonschema takes longer than all the rest of a `--help`.
    from oneway.documents.schema_check.mistakes import mistakes

    for error in _validator(schema_name).iter_errors(document.data):
        yield from mistakes(error)


@cache
def _validator(schema_name: str) -> "Draft202012Validator":
    from oneway.documents.schema_check.patterns import validator_of

    return validator_of(schema_data(schema_name))
