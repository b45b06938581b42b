"""Hypothesis profiles: how many examples each run generates.

`default` is `make test`: its examples are fixed, so that a red run is red for whoever repeats
it. `random` draws new ones each time, and `long` draws many; both are asked for by
HYPOTHESIS_PROFILE, as is `mutants`, which has no time for shrinking.
"""

import os

from hypothesis import HealthCheck, Phase, settings

from folders import write_to_memory
from signals import let_children_hear

let_children_hear()
write_to_memory()

_SLOW_TO_DRAW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

settings.register_profile(
    "default",
    max_examples=60,
    deadline=None,
    suppress_health_check=_SLOW_TO_DRAW,
    derandomize=True,
    database=None,
)
settings.register_profile(
    "random", parent=settings.get_profile("default"), max_examples=200, derandomize=False
)
settings.register_profile("long", parent=settings.get_profile("random"), max_examples=800)
settings.register_profile(
    "mutants",
    parent=settings.get_profile("default"),
    max_examples=150,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
