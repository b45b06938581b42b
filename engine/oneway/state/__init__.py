"""The state folder and its files."""

STATE = ".oneway"
"""The usual state folder, in the working folder."""
