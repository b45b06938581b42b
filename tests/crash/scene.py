"""Which mapping runs in a crash world, between which systems, and with what changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from oneway_connectors.sandbox import expensein, staffology
from oneway_connectors.sandbox.payroll import EMPLOYER
from oneway_connectors.sandbox.people import Population

from .systems import Both, Systems

Changes: TypeAlias = tuple[tuple[str, str], ...]
"""Texts that are replaced, each of which must be there."""


@dataclass(frozen=True)
class Scene:
    """A mapping below `mappings/`, its systems, and what is changed of it and of manifests.

    `both` takes the people and the folder in which a run begins, `environment` the addresses of
    `source` and `target`. `in_flight` is how many writes both systems allow at once, and `written`
    the name of the file that is the target, if it is one.
    """

    mapping: str
    both: Callable[[Population, Path], Systems]
    environment: Callable[[Mapping[str, str]], dict[str, str]]
    settings: Changes = ()
    manifests: Mapping[str, Changes] = field(default_factory=dict)
    in_flight: int = 1
    written: str = ""


def payroll_at(url: str) -> dict[str, str]:
    """Return what points a run to payroll."""
    return {
        "ONEWAY_OWN_STAFFOLOGY_BASE_URL": url,
        "ONEWAY_OWN_STAFFOLOGY_EMPLOYER": EMPLOYER,
        "ONEWAY_OWN_STAFFOLOGY_API_KEY": staffology.KEY,
    }


# Two pages, and details one after the other, so that each step has its number.
PAYROLL: Changes = (
    (
        "size_param: pageSize, size: 100}\n      assumed",
        "size_param: pageSize, size: 40}\n      assumed",
    ),
    ("concurrency: 8", "concurrency: 1"),
)


def _expenses_at(urls: Mapping[str, str]) -> dict[str, str]:
    return {
        **payroll_at(urls["source"]),
        "ONEWAY_OWN_EXPENSEIN_BASE_URL": urls["target"] + "/1.0",
        "ONEWAY_OWN_EXPENSEIN_API_KEY": expensein.KEY,
    }


EXPENSES = Scene(
    mapping="staffology-to-expensein.yaml",
    both=Both,
    environment=_expenses_at,
    settings=(("    default: false\n", "    default: true\n"),),
    manifests={
        "staffology": PAYROLL,
        # Tokens in place of the key; and nothing that would make a second create harmless.
        "expensein": (
            (
                'auth: {type: header, header: Authorization, value: "ApiKey {api_key}"}',
                'auth: {type: token_exchange, path: /token, body: {key: "{api_key}"}}',
            ),
            ("idempotency_header: Idempotency-Key\n", ""),
            # What was in flight is asked about at once, and not a quarter of an hour later.
            ("    title: Users\n", "    title: Users\n    lag: 0\n"),
        ),
    },
)
