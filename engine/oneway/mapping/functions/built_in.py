"""JMESPath's own functions, as the `jmespath` package describes them."""

from collections.abc import Sequence
from typing import Any

from jmespath.functions import Functions

BUILT_IN: dict[str, Sequence[dict[str, Any]]] = {
    name: entry["signature"] for name, entry in Functions.FUNCTION_TABLE.items()
}
"""The types of each parameter by the function's name, and whether the last one repeats."""
