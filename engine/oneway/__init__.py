"""Oneway: a declarative one-way sync engine."""

__version__ = "0.1.0"
