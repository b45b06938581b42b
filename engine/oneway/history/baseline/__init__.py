"""The baseline of a connection: what its last run leaves for the next to compare with."""
