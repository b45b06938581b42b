"""Snapshots: the inputs of a run, stored with it without sensitive values."""
