"""Renders diagnostics in the formats of CI systems.

sarif    SARIF 2.1.0 (OASIS), for code scanning
junit    JUnit XML: a test case for each file
github   annotations of GitHub Actions: the first ten of each severity, as it shows no more
gitlab   GitLab's Code Quality report
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from urllib.parse import quote
from xml.etree import ElementTree as ET

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Fix, Severity, Span
from oneway.mapping.lint.codes import CODES
from oneway.render.sanitize import harmless

ANNOTATIONS = 10
"""GitHub shows this many annotations of one step and severity, and drops the others."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def sarif(found: Sequence[Diagnostic], version: str) -> str:
    """Return findings as a SARIF 2.1.0 log of one run."""
    codes = sorted({each.code for each in found})
    driver = {
        "name": "oneway",
        "version": version,
        "rules": list(map(_sarif_rule, codes)),
    }
    results = [_sarif_result(each, codes.index(each.code)) for each in found]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
        ],
    }
    return json.dumps(log, indent=2) + "\n"


def _sarif_rule(code: str) -> dict[str, object]:
    known = CODES[code]
    return {
        "id": code,
        "shortDescription": {"text": known.title},
        "help": {"text": f"{known.advice} More: `oneway docs {code}`"},
    }


def _sarif_result(each: Diagnostic, rule: int) -> dict[str, object]:
    place: dict[str, object] = {"artifactLocation": {"uri": _uri(each.span)}}
    if each.span.line:
        end = max(each.span.end, each.span.column + 1)
        place["region"] = {
            "startLine": each.span.line,
            "startColumn": each.span.column,
            "endColumn": end,
        }
    found: dict[str, object] = {
        "ruleId": each.code,
        "ruleIndex": rule,
        "level": _LEVELS[each.severity],
        "message": {"text": _said(each)},
        "locations": [{"physicalLocation": place}],
    }
    if each.fix is not None:
        found["fixes"] = [_sarif_fix(each.fix)]
    return found


def _sarif_fix(fix: Fix) -> dict[str, object]:
    region = {
        "startLine": fix.span.line,
        "startColumn": fix.span.column,
        "endColumn": fix.span.column + len(fix.was),
    }
    replacement = {"deletedRegion": region, "insertedContent": {"text": fix.text}}
    place = {"uri": _uri(fix.span)}
    return {"artifactChanges": [{"artifactLocation": place, "replacements": [replacement]}]}


def junit(checked: Mapping[str, Sequence[Diagnostic]]) -> str:
    """Return findings as JUnit XML: a test case for each file, which fails by its own errors.

    A mapping's errors are also found by its test, and count once.
    """
    cases = []
    for file, found in checked.items():
        others = checked.keys() - {file}
        errors = [
            each
            for each in found
            if each.severity is Severity.ERROR and each.span.file not in others
        ]
        said = [f"{_place(each.span)}: {_said(each)} [{each.code}]" for each in errors]
        cases.append(JUnitCase(file, "file", said[0] if said else "", "\n".join(said)))
    return xml_page([JUnitSuite("oneway validate", "error", cases)])


def github(found: Sequence[Diagnostic]) -> str:
    """Return findings as annotations of GitHub Actions."""
    lines = []
    for severity, word in ((Severity.ERROR, "error"), (Severity.WARNING, "warning")):
        these = [each for each in found if each.severity is severity]
        lines += [
            annotation(word, each.span, f"{_said(each)} [{each.code}]")
            for each in these[:ANNOTATIONS]
        ]
    return "".join(lines)


def annotation(word: str, place: Span, said: str) -> str:
    """Return one annotation, as a workflow command."""
    where = f"file={_escaped(_path(place), ',:')},line={max(place.line, 1)}"
    where += f",col={max(place.column, 1)}"
    return f"::{word} {where}::{_escaped(said)}\n"


def gitlab(found: Sequence[Diagnostic]) -> str:
    """Return findings as a Code Quality report: a JSON list."""
    severities = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}
    report = [
        {
            "description": _said(each),
            "check_name": each.code,
            "fingerprint": hashlib.sha256(
                f"{_place(each.span)} {each.code} {each.summary}".encode()
            ).hexdigest(),
            "severity": severities[each.severity],
            "location": {"path": _path(each.span), "lines": {"begin": max(each.span.line, 1)}},
        }
        for each in found
    ]
    return json.dumps(report, indent=2) + "\n"


@dataclass(frozen=True, slots=True)
class JUnitCase:
    """A test case; `failure` and its `body` are "" if it passed."""

    name: str
    classname: str
    failure: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class JUnitSuite:
    """Test cases, whose failures are of one type."""

    name: str
    type: str
    cases: Sequence[JUnitCase]


def xml_page(suites: Iterable[JUnitSuite]) -> str:
    """Return suites as a JUnit XML document."""
    root = ET.Element("testsuites")
    for each in suites:
        failed = sum(bool(case.failure) for case in each.cases)
        counts = {"tests": len(each.cases), "failures": failed, "errors": 0, "skipped": 0}
        numbers = {name: str(number) for name, number in {**counts, "time": 0}.items()}
        suite = ET.SubElement(root, "testsuite", {"name": xml_text(each.name), **numbers})
        for case in each.cases:
            names = {"name": xml_text(case.name), "classname": xml_text(case.classname)}
            made = ET.SubElement(suite, "testcase", {**names, "time": "0"})
            if case.failure:
                said = {"message": xml_text(case.failure), "type": each.type}
                lines = map(xml_text, case.body.split("\n"))
                ET.SubElement(made, "failure", said).text = "\n".join(lines)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def xml_text(text: str) -> str:
    """Return text without the characters that XML 1.0 forbids (section 2.2)."""
    return "".join(c for c in harmless(text) if c in "\t\n\r" or ord(c) >= 0x20)


def _escaped(text: str, more: str = "") -> str:
    """Return text escaped for a workflow command."""
    escaped = "".join(f"%{ord(c):02X}" if c in "%\r\n" + more else c for c in text)
    return harmless(escaped)


def _said(each: Diagnostic) -> str:
    return harmless(f"{each.summary}. {each.help}" if each.help else each.summary)


def _place(span: Span) -> str:
    return f"{_path(span)}:{span.line}:{span.column}"


def _uri(span: Span) -> str:
    """Return a file's path as a URI, even if it is not valid UTF-8."""
    return quote(_path(span), errors="surrogateescape")


def _path(span: Span) -> str:
    return PurePath(span.file).as_posix()
