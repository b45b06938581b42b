"""Plans from only what has changed since the last run of a connection."""
