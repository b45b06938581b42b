"""Hypothesis profiles: how many examples each run generates.

`default` is `make test`; `ci` and `long` are asked for by HYPOTHESIS_PROFILE; `mutants` is
fixed, so that a mutant dies, or does not, in every run alike.
"""

import os

from hypothesis import HealthCheck, Phase, settings

from signals import let_children_hear

let_children_hear()

_SLOW_TO_DRAW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

settings.register_profile(
    "default", max_examples=60, deadline=None, suppress_health_check=_SLOW_TO_DRAW
)
settings.register_profile("ci", parent=settings.get_profile("default"), max_examples=200)
settings.register_profile("long", parent=settings.get_profile("default"), max_examples=800)
settings.register_profile(
    "mutants",
    parent=settings.get_profile("default"),
    max_examples=150,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    database=None,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
