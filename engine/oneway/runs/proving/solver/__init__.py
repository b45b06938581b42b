"""Decides with an SMT solver whether two versions of a mapping are the same for all records.

    Compiled, Compiled ─slots→ pairs of expressions ─symbolic→ formulas ─z3→ same, or a record

Parts of an expression that the formulas cannot model stay open: a result that holds regardless
holds for every record. The engine plans each record that the solver finds before it counts.
"""
