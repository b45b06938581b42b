"""Erases one person from the store."""
