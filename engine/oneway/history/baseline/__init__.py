"""The baseline of a connection: what its last run stored for the next run to compare with."""
