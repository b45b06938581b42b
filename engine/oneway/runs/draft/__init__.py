"""Writes a first mapping from the records of the two sides, for `oneway new`.

Every guess is marked as one, and each decision that a person must take is a question in a comment.
The mapping validates and plans unchanged.
"""
