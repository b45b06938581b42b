"""Finds the connectors of installed packages by their entry points (packaging.python.org).

`importlib.metadata` gives the same result, but the email parser that it imports takes as long as
the rest of a `--help`. It is used only for packages that are not in folders.
"""

import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

_INFO = (".dist-info", ".egg-info")


class PackageOffer(NamedTuple):
    """One entry point: its name, and the object that it names (`package.module:attribute`)."""

    name: str
    value: str

    def load(self) -> Any:
        """Return the object; raises `ImportError` or `AttributeError` if there is none."""
        module, _, attributes = self.value.partition(":")
        found: Any = import_module(module.strip())
        for each in filter(None, attributes.strip().split(".")):
            found = getattr(found, each)
        return found


def offers(group: str) -> tuple[PackageOffer, ...]:
    """Return the entry points of a group; of packages found twice, the first one counts."""
    places = [each or os.curdir for each in sys.path]
    if any(os.path.isfile(each) for each in places if each.endswith((".zip", ".egg", ".whl"))):
        from importlib.metadata import entry_points

        return tuple(PackageOffer(each.name, each.value) for each in entry_points(group=group))
    seen: set[str] = set()
    return tuple(each for place in places for each in _offered_in(place, group, seen))


def _offered_in(place: str, group: str, seen: set[str]) -> Iterator[PackageOffer]:
    """Yield the entry points of packages in a folder of `sys.path`; `seen` are earlier packages."""
    try:
        names = os.listdir(place)
    except OSError:
        return
    for name in names:
        if not name.endswith(_INFO):
            continue
        package = re.sub(r"[-_.]+", "-", name.rpartition(".")[0].partition("-")[0]).lower()
        if package in seen:
            continue
        seen.add(package)
        try:
            with open(os.path.join(place, name, "entry_points.txt"), encoding="utf-8") as file:
                yield from _of_group(file.read(), group)
        except OSError:
            continue  # the package has no entry points


def _of_group(text: str, group: str) -> Iterator[PackageOffer]:
    """Yield the entry points of a group in the text of an `entry_points.txt`."""
    current = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            current = line.strip("[] ")
        elif current == group and "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield PackageOffer(name.strip(), value.partition("[")[0].strip())
