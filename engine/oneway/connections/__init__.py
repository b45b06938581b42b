"""What a connector needs to reach a system: options, and credentials by reference.

environment     the variables that set them     access  both, combined
secrets         credentials: references, private files, keyrings, and how a reference is opened
store_location  where runs are stored

The command line and a mapping may set options too, but never credentials.

A customer's connection is a file: `connection` is its content, and `parse` parses it (`load`
builds it, `validate` and `secrets.places` find mistakes, `provenance` finds the places). `folder`
finds the files, `file_writer` writes them, and `secrets.store` stores credentials for them.
"""
