"""What a connector needs to reach a system: options, and credentials by reference.

environment     the variables that set them     access  both, combined
secrets         credentials: references, private files, keyrings, and how a reference is opened
store_location  where runs are stored

The command line and a mapping may set options too, but never credentials.

A customer's connection is a file: `connection` is its content, and `parse` parses it (`load`
builds it, `validate` and `secrets.places` find mistakes, `provenance` finds the places). `folder`
finds the files, `file_writer` writes them, and `secrets.store` stores credentials for them.
"""

from typing import TYPE_CHECKING

from oneway.core.lazy import lazily

if TYPE_CHECKING:
    from oneway.connections.access import Lookup, given_options, given_secrets
    from oneway.connections.connection import (
        Connection,
        Email,
        NoticeFolder,
        Notify,
        Occasion,
        OwnGuards,
        Schedule,
        Security,
        Side,
        Upload,
        UploadMethod,
        Webhook,
    )
    from oneway.connections.environment import from_environment, variable
    from oneway.connections.folder import FOLDER, Found, connection_at, connections_in, path_of
    from oneway.connections.parse import load_connection
    from oneway.connections.secrets.open import opened
    from oneway.connections.secrets.refs import SecretKind, SecretRef, secret_ref
    from oneway.connections.store_location import store_url

__all__ = [
    "FOLDER",
    "Connection",
    "Email",
    "Found",
    "Lookup",
    "NoticeFolder",
    "Notify",
    "Occasion",
    "OwnGuards",
    "Schedule",
    "SecretKind",
    "SecretRef",
    "Security",
    "Side",
    "Upload",
    "UploadMethod",
    "Webhook",
    "connection_at",
    "connections_in",
    "from_environment",
    "given_options",
    "given_secrets",
    "load_connection",
    "opened",
    "path_of",
    "secret_ref",
    "store_url",
    "variable",
]

_HOMES = {
    "access": ("Lookup", "given_options", "given_secrets"),
    "connection": (
        "Connection",
        "Email",
        "NoticeFolder",
        "Notify",
        "Occasion",
        "OwnGuards",
        "Schedule",
        "Security",
        "Side",
        "Upload",
        "UploadMethod",
        "Webhook",
    ),
    "environment": ("from_environment", "variable"),
    "folder": ("FOLDER", "Found", "connection_at", "connections_in", "path_of"),
    "parse": ("load_connection",),
    "secrets.open": ("opened",),
    "secrets.refs": ("SecretKind", "SecretRef", "secret_ref"),
    "store_location": ("store_url",),
}

__getattr__ = lazily(__name__, _HOMES)
