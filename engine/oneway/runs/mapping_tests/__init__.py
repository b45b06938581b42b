"""Tests of mappings: cases in YAML, planned by the real engine, and compared.

    test.yaml ─load→ MappingTest ─check→ CaseResult, ClaimResult

It reads only files, and writes nothing.
"""
