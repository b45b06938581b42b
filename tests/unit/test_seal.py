"""Seals."""

import hmac

import pytest

from oneway.core.seal import Seal


@pytest.mark.parametrize("key", [b"", b"short", b"k" * 32, b"k" * 64, b"k" * 65, b"long" * 99])
def test_a_seal_gives_the_codes_of_hmac_with_a_key_of_any_length(key):
    seal = Seal(key)
    for _ in range(2):  # the second is made of the same beginnings as the first
        assert seal.mac("a text é") == _hmac(key, "oneway a text é")
        assert seal.digest("7", "iban", [1, "é"]) == _hmac(key, '["7","iban",[1,"\\u00e9"]]')


def _hmac(key, text):
    return hmac.new(key, text.encode(), "sha256").hexdigest()
