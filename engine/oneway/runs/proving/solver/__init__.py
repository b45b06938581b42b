"""Decides with an SMT solver whether two versions of a mapping are the same for all records.

    Compiled, Compiled ─slots→ pairs of expressions ─symbolic→ formulas ─z3→ same, or a record

What the formulas do not know of an expression is open in them: whatever holds in spite of that
holds for every record. A record that the solver finds is planned by the engine before it counts.
"""
