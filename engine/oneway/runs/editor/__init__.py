"""Answers an editor's requests while a mapping is written, with the compiler's own stages.

Everything here takes the text as it stands, finished or not, and never opens a system: files
alone are looked at, for the names of their columns.
"""

from oneway.runs.editor.answers import completions, definition, diagnostics, hover
from oneway.runs.editor.facts import EditorFacts, facts_of
from oneway.runs.editor.schema import schema_for

__all__ = [
    "EditorFacts",
    "completions",
    "definition",
    "diagnostics",
    "facts_of",
    "hover",
    "schema_for",
]
