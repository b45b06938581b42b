"""The fault matrix: every kind of call, every fault, and what a night ends with."""
