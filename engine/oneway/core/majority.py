"""Decides when so many values are alike that the others are odd."""

_LEAST = 4
_ONE_IN = 10


def is_overwhelming(alike: int, values: int) -> bool:
    """Return whether enough values are alike for the others to be mistakes.

    One may differ from four others; of larger numbers, one in ten may.
    """
    odd = values - alike
    return odd == 0 < alike or (alike >= _LEAST and odd <= max(1, values // _ONE_IN))
