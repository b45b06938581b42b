"""A JSON Schema's `pattern`, meaning what it means there.

There `$` is the end of a text. To Python's `re` it is also the place before a line break that
ends it, so that `acme\\n` would be a name of a connection, and break the subject of its mails.
"""

import re
from functools import cache


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern compiled, to be searched for in a text; raise `re.error`."""
    return re.compile(_PARTS.sub(lambda part: r"\Z" if part[0] == "$" else part[0], pattern))


_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\$", re.DOTALL)
"""What stands for itself, with the `$` in it, and each `$` that is an end."""
