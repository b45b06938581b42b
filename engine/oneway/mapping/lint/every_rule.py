"""Every lint rule, each found in its module of `rules`."""

from collections.abc import Iterator
from importlib import import_module
from os import listdir

from oneway.mapping.lint import rules
from oneway.mapping.lint.rule import LintRule


def _rules() -> Iterator[LintRule]:
    names = {file.partition(".")[0] for file in listdir(rules.__path__[0])}
    for name in sorted(each for each in names if each.startswith("m")):
        rule: LintRule = import_module(f"{rules.__name__}.{name}").RULE
        yield rule


RULES: tuple[LintRule, ...] = tuple(_rules())
"""Every rule, by its code."""
