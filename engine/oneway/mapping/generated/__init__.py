"""A mapping as Python: what the interpreter makes of a record, by functions that are generated.

    source     the text: lines, names that are made here, escaped literals, bound objects
    unknowns   what an answer depends on, as numbers in variables
    nodes      the nodes of an expression
    calls      the functions that an expression calls
    repeats    what is worked out once for all records with one text
    cells      the cells of a source row
    rows       both functions of a mapping
    functions  the functions of one program, with the objects that they name
    program    the program that runs them, beside the interpreter

The interpreter is the reference. Generated code does what it does wherever a record is as it
should be, says what is unknown where a key is absent, and hands the record to the interpreter
wherever anything is wrong with it: so there is one home of every message.
"""

from oneway.mapping.generated.program import GeneratedProgram

__all__ = ["GeneratedProgram"]
