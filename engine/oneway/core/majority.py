"""Says when nearly all of many values are alike, so that the others are odd."""

_LEAST = 4
_ONE_IN = 10


def is_overwhelming(alike: int, values: int) -> bool:
    """Return whether so many of the values are alike that the others are mistakes.

    One may differ where four are alike, and one in ten where there are more.
    """
    odd = values - alike
    return odd == 0 < alike or (alike >= _LEAST and odd <= max(1, values // _ONE_IN))
