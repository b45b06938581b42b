"""Proves a mapping: checks its laws and claims on records of every class that it distinguishes.

    Compiled ─domains→ dimensions ─combined→ ProofSituation ─laws→ Finding

It needs no network and no credentials, and nothing is random: the same mapping gives the same
situations.
"""
