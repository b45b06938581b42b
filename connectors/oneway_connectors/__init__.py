"""Connectors: one folder or module for each kind of system."""
