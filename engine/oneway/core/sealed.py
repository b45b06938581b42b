"""Sensitive values as a plan holds them: only as a digest (`oneway.core.seal` makes them)."""

from oneway.core.dataclass import dataclass

MASK = "***"
"""Stands for a sensitive value wherever one is shown."""


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """A sensitive value of which a plan has only the digest; apply reads the value again.

    A blank value is never sealed: its absence is not a secret.
    """

    digest: str

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__
