"""Writes the expressions of draft fields (trimmed, in title case, padded, as numbers)."""

from collections.abc import Iterable, Sequence

from oneway.core.compare import Compare
from oneway.core.field_concepts import concept
from oneway.runs.draft.keys import MatchKey
from oneway.runs.draft.notation import expression, literal
from oneway.runs.draft.pairs import Pair, name_parts
from oneway.runs.draft.side import DraftSide


def field_value(pair: Pair, source: DraftSide, *, trims: bool = True) -> str:
    """Return the expression of a field, converted to what the target needs."""
    read = expression(source, pair.source)
    if pair.email:
        return f"lower(trim({read}))"
    if trims and not pair.number and not pair.looks_up:
        read = trimmed(source, pair.source)
    if pair.pattern:
        return day_value(read, pair.pattern)
    if pair.letters:
        return f"{pair.letters}({read})"
    if pair.ignores_case and concept(pair.target) in ("first", "last", "name"):
        return _cased(source, pair.source)
    if pair.width:
        return f"{read} && pad_left({read}, `{pair.width}`, '0')"
    if pair.number and pair.marks:
        # If two marks are possible, the one on which more records agree; a person decides.
        number = f"parse_number({read}, {literal(pair.marks[0])})"
        return f"{read} && to_text({number})" if pair.as_text else number
    return f"to_number({read})" if pair.number else read


def day_value(read: str, pattern: str) -> str:
    """Return the expression that writes a day with a pattern; "" means as it is."""
    if pattern in ("", "yyyy-MM-dd"):
        return f"parse_date({read})" if pattern else read
    return f"format_date({read}, {literal(pattern)})"


def trimmed(source: DraftSide, path: str) -> str:
    """Return the expression that reads a field, trimmed if any of its texts has outer spaces.

    In names, repeated inner spaces are removed as well.
    """
    read = expression(source, path)
    values = source.values(path)
    texts = [each for each in values if isinstance(each, str)]
    if len(texts) < len(values):
        return read
    if concept(path) in ("first", "middle", "last", "name") and any("  " in each for each in texts):
        return f"normalize_spaces({read})"
    return f"trim({read})" if any(each != each.strip() for each in texts) else read


def _cased(source: DraftSide, path: str) -> str:
    """Return the expression of a name in title case, however the source writes it."""
    read, values = trimmed(source, path), list(map(str, source.values(path)))
    if _are_capitals(values):
        return f"title_case({read})"
    if not any(value == value.upper() != value.lower() for value in values):
        return read
    # A name in mixed case, such as MacKay or van Dam, stays unchanged.
    return f"iif({read} == upper({read}), title_case({read}), {read})"


def _are_capitals(values: Sequence[str]) -> bool:
    """Return whether most names are in capitals or in small letters throughout."""
    plain = [value for value in values if value in (value.upper(), value.lower())]
    return len(plain) * 2 > len(values)


def key_value(key: MatchKey, source: DraftSide) -> str:
    """Return the expression of a key; it is not trimmed if the key's comparison heeds spaces."""
    return field_value(key.pair, source, trims=key.compare is not Compare.EXACT)


def comparison(pair: Pair, key: MatchKey | None) -> str:
    """Return the comparison of a key or a field, as written within braces."""
    if key is not None and key.compare is not Compare.EXACT:
        return f", compare: {key.compare.value}"
    return ", compare: ignore_case" if _ignores_case(pair) else ""


def _ignores_case(pair: Pair) -> bool:
    names = ("first", "last", "name")
    loose = pair.ignores_case and not pair.letters
    return pair.email or (loose and concept(pair.target) not in names)


def spells_anew(pair: Pair) -> bool:
    """Return whether new records get the source's spelling, while existing ones keep theirs."""
    return _ignores_case(pair) and not pair.email


def whole_name(source: DraftSide, target: DraftSide, path: str) -> str:
    """Return the expression of a whole name from two source fields; "" if it cannot be made.

    It has no value if the first or last name is blank: half a name must not replace a whole one.
    """
    parts, between = name_parts(source, target, path)
    if not parts:
        return ""
    needed = [expression(source, each) for each in parts if concept(each) != "middle"]
    # the part before a last name, such as van der, is in small letters where it is right
    texts = [
        f"{expression(source, each)} || ''" if concept(each) == "middle" else _cased(source, each)
        for each in parts
    ]
    joined = f"normalize_spaces(join('{between}', [{', '.join(texts)}]))"
    return " && ".join([*needed, joined])


def one_name(parts: Iterable[str]) -> str:
    """Return the expression that names a person in reports, even if some of its parts are blank."""
    texts = [f"{each} || ''" for each in parts]
    trim = "normalize_spaces" if len(texts) > 2 else "trim"
    return f"{trim}(join(' ', [{', '.join(texts)}]))"
