"""Decides with an SMT solver whether two versions of a mapping are the same for all records.

    Compiled, Compiled ─slots→ pairs of expressions ─symbolic→ formulas ─z3→ same, or a record

The formulas say what an expression comes to, with the checks of the words that it names
(`besides_value`). Parts that the formulas cannot model stay open, with any value; a result that
holds anyway holds for every record. A record found by the solver counts only if the engine's plans
confirm it.
"""
