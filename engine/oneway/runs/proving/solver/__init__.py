"""Decides with an SMT solver whether two versions of a mapping are the same for all records.

    Compiled, Compiled ─slots→ pairs of expressions ─symbolic→ formulas ─z3→ same, or a record

Parts that the formulas cannot model stay open, with any value; a result that holds anyway holds for
every record. A record found by the solver counts only if the engine's plans confirm it.
"""
