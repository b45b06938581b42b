"""Tests of mappings: cases in YAML, planned by the real engine, and compared.

    test.yaml ─load→ MappingTest ─check→ CaseResult, ClaimResult

It reads only files, and writes nothing.
"""

from oneway.runs.mapping_tests.check import (
    CaseResult,
    ClaimResult,
    MappingTestResult,
    Mismatch,
    UnreadResult,
    check_test,
    refuse_unknown,
)
from oneway.runs.mapping_tests.load import find_tests, load_test
from oneway.runs.mapping_tests.spec import Case, Expectation, MappingClaim, MappingTest

__all__ = [
    "Case",
    "CaseResult",
    "ClaimResult",
    "Expectation",
    "MappingClaim",
    "MappingTest",
    "MappingTestResult",
    "Mismatch",
    "UnreadResult",
    "check_test",
    "find_tests",
    "load_test",
    "refuse_unknown",
]
