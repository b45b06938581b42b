"""Imports the names of a package when they are first used.

A command imports only what it needs: the rest of a package would cost each `oneway validate` more
time than its own work.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def lazily(package: str, homes: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """Return a package's `__getattr__`, given the names that each of its modules defines."""
    home = {name: module for module, names in homes.items() for name in names}

    def found(name: str) -> object:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{home[name]}"), name)

    return found
