"""Says when nearly all of many values are alike, so that the others are odd."""

_LEAST = 4
_ONE_IN = 10


def is_overwhelming(alike: int, values: int) -> bool:
    """Return whether enough of the values are alike for the others to be mistakes.

    One may differ beside four alike, and one in ten of larger numbers.
    """
    odd = values - alike
    return odd == 0 < alike or (alike >= _LEAST and odd <= max(1, values // _ONE_IN))
