"""Answers an editor's requests while a mapping is written, with the compiler's own stages.

Everything here takes the text as it stands, finished or not, and never opens a system: files
alone are looked at, for the names of their columns.
"""
