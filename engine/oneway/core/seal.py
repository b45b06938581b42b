"""Keyed digests of sensitive values, and the canonical JSON that digests are made of."""

import hmac
import json
from json.encoder import c_make_encoder  # type: ignore[attr-defined]
from json.encoder import encode_basestring_ascii as quoted

from oneway.core.records import Value
from oneway.core.sealed import Sealed

__all__ = ["Seal", "Sealed", "canonical"]


class Seal:
    """Digests sensitive values with a key that never leaves the state folder.

    The digest covers the record and the field as well, so that two people who share a bank
    account do not show the same digest. HMAC-SHA-256 (RFC 2104), of which the key's part is made
    once: a copy of it takes a fraction of what `hmac.digest` does.
    """

    __slots__ = ("_keyed",)

    def __init__(self, key: bytes) -> None:
        self._keyed = hmac.new(key, digestmod="sha256")

    def digest(self, record: str, field: str, value: Value) -> str:
        """Return the keyed digest of a value, as 64 hex digits."""
        said = f"[{quoted(record)},{quoted(field)},{canonical(value)}]"
        return self._code(said.encode("ascii"))

    def mac(self, text: str) -> str:
        """Return the code that shows that a text is ours, as 64 hex digits.

        What `digest` takes begins with a bracket, so that neither can stand for the other.
        """
        return self._code(f"oneway {text}".encode())

    def _code(self, message: bytes) -> str:
        keyed = self._keyed.copy()
        keyed.update(message)
        return keyed.hexdigest()

    def __repr__(self) -> str:
        return "Seal(***)"


def canonical(data: object) -> str:
    """Return data as canonical JSON: sorted keys, ASCII, no white space."""
    if isinstance(data, str):
        return quoted(data)
    return "".join(_chunks(data, 0))


_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
# What `_encoder.encode` makes for each object anew; a circle of objects is too deep for it as well.
_chunks = c_make_encoder(None, _encoder.default, quoted, None, ":", ",", True, False, False)
