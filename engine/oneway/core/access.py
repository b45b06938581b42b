"""What a connector needs to reach a system: options, and credentials that do not print."""

from collections.abc import Mapping
from pathlib import Path

from oneway.core.dataclass import dataclass
from oneway.core.sealed import MASK


class Secret:
    """A credential. Prints as `***`, however it is formatted.

    Only a connector opens it, and the code that stores a typed one. It cannot be copied, pickled or
    converted to JSON. Two secrets are never equal, so comparing them reveals nothing.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def open(self) -> str:
        """Return the credential itself, for the request that needs it."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return MASK

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not to be stored or copied")

    def __getstate__(self) -> object:
        raise TypeError("a secret is not to be stored or copied")


@dataclass(frozen=True, slots=True)
class Access:
    """What a connector needs to reach a system: its options and credentials, by name.

    `shared` is a private folder shared by all processes that reach systems from here; a connector
    that must coordinate with them (on a rate limit) keeps files there, without secrets. `whose`
    names the owner of the credentials, the same at each run.
    """

    options: Mapping[str, str]
    secrets: Mapping[str, Secret]
    shared: Path | None = None
    whose: str = ""
