"""Credentials by reference: environment variables, private files, and the system's keyring."""
