"""The inputs of a run as they are stored with it, without sensitive values."""
