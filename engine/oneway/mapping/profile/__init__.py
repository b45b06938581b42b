"""Profiles the records that are read: which keys, values, words and types they have."""
