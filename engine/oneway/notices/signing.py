"""Signs webhooks by the Standard Webhooks specification 1.0.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac

from oneway.core.access import Secret

_PREFIX = "whsec_"
_BYTES = range(24, 65)
"""The lengths that the specification allows for a secret: 192 to 512 bits."""


class BadSecret(ValueError):
    """A secret does not have the specified form; the message does not quote it."""


def signature(secret: Secret, id: str, timestamp: int, body: bytes) -> str:
    """Return `v1,` and the base64 of the HMAC-SHA256 over `id.timestamp.body`.

    The secret must be `whsec_` and the base64 of 24 to 64 bytes; otherwise raises `BadSecret`.
    """
    signed = f"{id}.{timestamp}.".encode("ascii") + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode('ascii')}"


def _key(secret: Secret) -> bytes:
    text = secret.open()
    if not text.startswith(_PREFIX):
        raise BadSecret(f"it does not begin with {_PREFIX}")
    encoded = text.removeprefix(_PREFIX)
    try:
        # The specification's libraries accept it with and without padding.
        key = base64.b64decode(
            encoded.rstrip("=") + "=" * (-len(encoded.rstrip("=")) % 4), validate=True
        )
    except (binascii.Error, ValueError):
        raise BadSecret(f"what follows {_PREFIX} is not base64") from None
    if len(key) not in _BYTES:
        raise BadSecret(f"it has {len(key)} bytes, not {_BYTES.start} to {_BYTES.stop - 1}")
    return key
