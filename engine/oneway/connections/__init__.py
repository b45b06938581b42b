"""What a connector needs to reach a system: options, and credentials by reference.

environment  the variables that say them            access  both, put together
secret_refs  where a credential is kept, as data    files   private files, and nothing else
keyrings     the system's keyring                   opening a reference becomes a `Secret`

Options may stand on the command line or in a mapping as well; credentials never.
"""

from oneway.connections.access import Lookup, access, given_options, given_secrets
from oneway.connections.environment import from_environment, variable
from oneway.connections.opening import opened
from oneway.connections.secret_refs import SecretKind, SecretRef, secret_ref

__all__ = [
    "Lookup",
    "SecretKind",
    "SecretRef",
    "access",
    "from_environment",
    "given_options",
    "given_secrets",
    "opened",
    "secret_ref",
    "variable",
]
