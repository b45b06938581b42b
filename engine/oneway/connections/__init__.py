"""Connections: the options and credentials with which a connector reaches a system.

environment     options and credentials from environment variables
secrets         credentials: references, private files, keyrings, and how a reference is opened
access          both, combined
store_location  where runs are stored

The command line and a mapping may set options too, but never credentials.

A customer's connection is a file: `connection` is its content, and `parse` parses it (`load`
builds it, `validate` and `secrets.places` find mistakes, `provenance` finds the places). `folder`
finds the files, `file_writer` writes them, and `secrets.store` stores credentials for them.
"""
