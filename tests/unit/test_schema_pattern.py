"""What a schema's pattern finds, where JSON Schema and Python's `re` disagree."""

import pytest

from oneway.core.linear_pattern import RegexMistake
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
    assert bool(compiled(pattern).found_in(text)) is found


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"^\d{8}$", "12345678", True),
        (r"^\d{8}$", "１２３４５６７８", False),
        (r"^[\d]+$", "１", False),
        (r"^[^\D]$", "１", False),
        (r"^\D$", "１", True),
        (r"^\w+$", "é", False),
        (r"^[\w-]+$", "a-b_1", True),
        (r"^[\w-.]+$", "a-b.c", True),
        (r"^\W$", "é", True),
        (r"^\s$", "\u00a0", True),
        (r"^\s$", "\ufeff", True),
        (r"^\s$", "\x1c", False),
        (r"^\S$", "\u00a0", False),
        (r"^[\s\S]$", "\n", True),
        (r"\bab\b", "éab", True),
        ("^.$", "\r", False),
        ("^.$", "\u2028", False),
        ("^[^]$", "\n", True),
        ("[]", "a", False),
        ("^[[]$", "[", True),
        ("^[a&&b|~]+$", "&|~", True),
        (r"^\p{L}+$", "éあ", True),
        (r"^\p{Lu}$", "é", False),
        (r"^[\p{L}\d]+$", "é1", True),
        (r"^\P{Letter}$", "é", False),
        (r"^\u{1F600}$", "\U0001f600", True),
        (r"^\u00e9\cJ\x41\/$", "é\nA/", True),
        (r"^\A\Z$", "AZ", True),
        (r"^(?<a>x)$", "x", True),
        ("^a.b$", "a\ud800b", True),
        (r"^\W\S\D$", "\U0001f600é\ud800", True),
    ],
)
def test_a_pattern_means_what_ecma_262_says(pattern: str, text: str, found: bool) -> None:
    assert bool(compiled(pattern).found_in(text)) is found


@pytest.mark.parametrize(
    "pattern",
    [
        r"\p{Script=Latin}",
        r"\p{Nonsense}",
        "a\\",
        r"(?<a>x)\k<a>",
        r"(x)\1",
        "(?=a)a",
        "a(?!b)",
        "(a{100}){100}",
    ],
)
def test_a_pattern_that_cannot_be_kept_is_refused(pattern: str) -> None:
    with pytest.raises(RegexMistake):
        compiled(pattern)


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(RegexMistake):
        compiled("(")
