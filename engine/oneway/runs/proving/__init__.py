"""Proves a mapping: checks its laws and claims on records of every class it distinguishes.

    Compiled ─domains→ dimensions ─combined→ ProofSituation ─laws→ Finding

No network, no credentials, nothing random: the same mapping gives the same situations.
"""

from oneway.runs.proving.laws import BrokenLaw
from oneway.runs.proving.prove import (
    DifferentTreatment,
    MappingProof,
    Sameness,
    VersionComparison,
    prove,
    same,
)
from oneway.runs.proving.situations import Bound, ProofSituation

__all__ = [
    "Bound",
    "BrokenLaw",
    "DifferentTreatment",
    "MappingProof",
    "ProofSituation",
    "Sameness",
    "VersionComparison",
    "prove",
    "same",
]  # fmt: skip
