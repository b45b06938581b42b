"""How long a test waits for what must come: longer than any machine is busy.

A wait is for a condition; this only ends the ones that would never end. It is below the limit of a
test (`timeout` in pyproject.toml), so that a wait says what it waited for.
"""

PATIENCE = 240.0
"""Seconds."""
