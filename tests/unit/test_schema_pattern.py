"""What a schema's pattern finds, where JSON Schema and Python's `re` disagree."""

import re

import pytest

from oneway.core.schema_pattern import compiled


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^a$", "a", True),
        ("^a$", "a\n", False),
        ("^(a|b$)", "b\n", False),
        ("a$|b", "a\n", False),
        ("a$|b", "b\n", True),
        (r"^a\$", "a$b", True),
        (r"^a\\$", "a\\", True),
        (r"^a\\$", "a\\\n", False),
        ("^[$]+$", "$$", True),
        ("^[$]+$", "$$\n", False),
        ("^[^]$]$", "a", True),
        ("^[^]$]$", "$", False),
        (r"^[\]$]$", "$", True),
        ("", "anything", True),
    ],
)
def test_a_dollar_is_the_end_of_the_text_and_nothing_else(
    pattern: str, text: str, found: bool
) -> None:
    assert bool(compiled(pattern).search(text)) is found


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(re.error):
        compiled("(")
