"""Proves a mapping: checks its laws and claims on records of every class it distinguishes.

    Compiled ─domains→ dimensions ─combined→ ProofSituation ─laws→ Finding

No network, no credentials, nothing random: the same mapping gives the same situations.
"""
