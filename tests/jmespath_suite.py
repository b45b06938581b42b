"""The published JMESPath suite, where it is beside the checkout: ../shared/facts/suites."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

_FOLDER = Path(__file__).parents[2] / "shared" / "facts" / "suites" / "jmespath"
AT_HAND = _FOLDER.is_dir()
FILES = sorted(path.stem for path in _FOLDER.glob("*.json"))

needs_suite = pytest.mark.skipif(
    not AT_HAND, reason="the published suite is not beside the checkout: ../shared/facts/suites"
)


class SuiteCase(NamedTuple):
    """An expression, the data it is evaluated on, and all that the suite says of it."""

    id: str
    expression: str
    given: Any
    told: dict[str, Any]


def cases(file: str) -> list[SuiteCase]:
    """Return the cases of a file of the suite."""
    return [
        SuiteCase(f"{file}-{number}-{position}", case["expression"], suite["given"], case)
        for number, suite in enumerate(json.loads((_FOLDER / f"{file}.json").read_text("utf-8")))
        for position, case in enumerate(suite["cases"])
    ]


def all_cases() -> list[SuiteCase]:
    """Return every case; none where the suite is not at hand."""
    return [case for file in FILES for case in cases(file)]
