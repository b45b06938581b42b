"""A mapping as Python: generated functions that do what the interpreter does.

    source     the text: lines, new names, escaped literals, bound objects
    unknowns   what an answer depends on, as numbers in variables
    nodes      the nodes of an expression
    calls      the functions that an expression calls
    memo       what is computed once for all records with the same text
    cells      the cells of a source row
    rows       both functions of a mapping
    functions  the functions of one program, and the objects they name
    program    the program that runs them, beside the interpreter

The interpreter is the reference. Generated code does the same for ordinary records, marks what is
unknown where a key is absent, and hands a record with anything wrong to the interpreter, which has
all of the messages.
"""

from oneway.mapping.generated.program import GeneratedProgram

__all__ = ["GeneratedProgram"]
