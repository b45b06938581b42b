"""Plans a run from only what has changed since the connection's last run."""
