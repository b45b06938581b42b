"""Recognises answers that report a failure, or a partial success, by names and values.

One vocabulary for keys beside the rows of a list and for answers to writes: names in any case
(`page_words`), and values other than null, 0, false, "", `[]`, `{}` and words such as "ok".
"""

import re
from collections.abc import Mapping

from oneway.core.records import Value
from oneway_connectors.rest import page_words as words


def says_failed(letters: str, value: Value) -> bool:
    """Return whether a value under a name (its letters) reports a failure."""
    if words.FAULT.fullmatch(letters):
        return _is_wrong(value)
    if words.PART.fullmatch(letters) and not words.LIMITED.fullmatch(letters):
        return yes_or_no(value) is True
    if words.SUCCESS.fullmatch(letters):
        return yes_or_no(value) is False or str(value).strip() == "0"
    if letters == "typename":
        return isinstance(value, str) and bool(words.WRONG_TYPE.fullmatch(value))
    return bool(words.OUTCOME.fullmatch(letters)) and _is_bad_end(letters, value)


def says_left_out(letters: str, value: Value) -> bool:
    """Return whether a value under a name says that a list does not show some of its records.

    Texts without a digit (`omitted: ["salary"]`) name fields. A list that is `hidden` as a whole,
    as a display setting, lacks no records.
    """
    if letters == "hidden" and yes_or_no(value) is not None:
        return False
    texts = value if isinstance(value, list) else ()
    named = bool(texts) and all(isinstance(e, str) and not _DIGIT.search(e) for e in texts)
    return bool(words.LEFT_OUT.fullmatch(letters)) and _is_wrong(value) and not named


def says_unready(letters: str, value: Value) -> bool:
    """Return whether a value under a name (its letters) says that the answer is yet to come.

    `building` names a place. Beside a success, `pending` says which records were asked for, whereas
    a request may succeed although its job still runs.
    """
    if letters == "building":
        return False
    if words.UNREADY.fullmatch(letters):
        return yes_or_no(value) is True
    if words.READY.fullmatch(letters):
        return yes_or_no(value) is False
    if not words.STATE.fullmatch(letters):
        return False
    if isinstance(value, Mapping):
        known = [(words.plain(name), each) for name, each in value.items()]
        done = any(says_done(name, each) for name, each in known)
        asked = "pending" if done else ""
        return any(says_unready(name, each) for name, each in known if name != asked)
    return isinstance(value, str) and bool(words.UNREADY.fullmatch(words.plain(value)))


def may_refuse(letters: str, value: Value) -> bool:
    """Return whether a value may explain why an answer shows nothing.

    Beside records it describes the endpoint, or says when to ask again for changes.
    """
    if words.LOGIN.fullmatch(letters):
        return yes_or_no(value) is True
    text = str(value).strip() if words.RETRY.fullmatch(letters) else ""
    return text.isdigit() and int(text) > 0


def says_done(letters: str, value: Value) -> bool:
    """Return whether a value under a name (its letters) says that the request succeeded."""
    if words.SUCCESS.fullmatch(letters):
        return yes_or_no(value) is True
    text = words.plain(value) if isinstance(value, str) else ""
    return bool(words.OUTCOME.fullmatch(letters)) and text in _GOOD_ENDS


def yes_or_no(value: Value) -> bool | None:
    """Return a value as yes or no, or None if it is neither."""
    if isinstance(value, str):
        return _ANSWERS.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def _is_bad_end(letters: str, value: Value) -> bool:
    """Return whether a status means failure: a word, an HTTP status, or an object.

    A short word under `code` may be a country or a currency: Norway's NO and NOK. Not all of an
    index was searched if fewer shards were `successful` than there are, even if none `failed`.
    """
    if isinstance(value, Mapping):
        searched, shards = (value.get(name) for name in ("successful", "total"))
        counted = letters == "shards" and type(searched) is type(shards) is int
        others = {name for name in value if not (counted and name == "successful")}
        failed = any(says_failed(words.plain(name), value[name]) for name in others)
        return failed or (counted and searched != shards)
    text = words.plain(value) if isinstance(value, str) else ""
    if value is False or text == "false":
        return True
    if text:
        if (letters == "code" and len(text) < _SHORTEST) or _NO_ERRORS.fullmatch(str(value)):
            return False
        return bool(words.BAD_END.fullmatch(text) or words.PART.fullmatch(text))
    number = str(value).strip() if isinstance(value, str | int) else ""
    if number.startswith("-") and number[1:].isdigit():
        return True
    return len(number) == len("500") and number.isdigit() and number[0] in "45"


def _is_wrong(value: Value) -> bool:
    """Return whether the value of an error key means that there is one."""
    if isinstance(value, Mapping):
        return any(_is_wrong(each) for name, each in value.items() if not _is_well(name, each))
    if isinstance(value, list):
        return any(map(_is_wrong, value))
    if isinstance(value, str):
        text = _APART.sub("", value.lower())
        return text not in _ALL_WELL and bool(text.strip("0"))
    return bool(value)


def _is_well(name: str, value: Value) -> bool:
    """Return whether a status is not an error."""
    named = words.OUTCOME.fullmatch(words.plain(name))
    return bool(named) and str(value).strip() in _SUCCESSES


_ANSWERS = {"true": True, "yes": True, "y": True, "false": False, "no": False, "n": False}
_SUCCESSES = {"200", "201", "202", "204"}
_ALL_WELL = {
    "", "null", "none", "false", "na", "no", "noerror", "noerrors", "ok", "success",
}  # fmt: skip
_DIGIT = re.compile(r"\d")
_APART = re.compile(r"[\s_/-]+")
_SHORTEST = 4
_NO_ERRORS = re.compile(
    r"\s*0\s.*|(?:.*[\W_])?(?:no|zero|without(?:[\W_]any)?)[\W_](?:errors?|failures?)[\W_]*",
    re.IGNORECASE | re.DOTALL,
)
"""How "0 errors" begins, and what "completed without error" ends with."""
_GOOD_ENDS = {"ok", "success", "done"}
