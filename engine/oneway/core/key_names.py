"""Recognises headings that name a key or a secret.

"Staff No", "Staff #", `payrollCode` and "Employee ID" name keys; "Sort Code" and `niNumber`
name secrets.
"""

import re

_KEY = (
    r"(employ(ee|ment)?|emp|staff|payroll|pers(on(nel|al)?)?|mitarbeiter|worker|works?|user|member|"
    r"external|unique|personeels?|medewerkers?|gebruikers?|benutzer|anwender)?"
    r"(no|nr|num|number|nummer|id|code|ref|reference|key)|(numero|num)?matricule"
)
_FIRST = ("id", "uid")
_IDS = frozenset({"id", "uid", "guid", "uuid"})
_OTHER_TEXT = (
    "job role position post vacancy department dept division team unit cost center centre location "
    "site office company entity group manager supervisor parent national tax external device "
    "contract badge card stelle abteilung standort kostenstelle firma afdeling functie vestiging "
    "leidinggevende vorgesetzter vorgesetzte"
)
_OTHER = frozenset(_OTHER_TEXT.split())
"""Other things with an id, which changes for a person."""
_LOGINS = ("username", "userlogin", "login", "loginname", "gebruikersnaam", "benutzername")
_SECRET = re.compile(
    r"\b(account|routing|ni|tax (file|payer)) (number|no|nr)$"
    r"|\bbank( details| data)? (account|number|no|nr|code)$"
    r"|\b(sort code|iban|bic|nino|ssn|bsn|blz|svnr|wages?|lohn|loon|secret|token|pin)$"
)
"""The last words of a heading that names a secret."""
_SECRET_LETTERS = (
    "password passwort kennwort wachtwoord passphrase apikey accesstoken sortcode bankaccount "
    "accountnumber routingnumber kontonummer bankleitzahl rekeningnummer buildingsociety ninumber "
    "nationalinsurance socialsecurity burgerservicenummer sozialversicherungsnummer steuernummer "
    "taxpayernumber taxfilenumber passport reisepass paspoort salary salaris gehalt payrate "
    "annualpay"
)
_ENDS = tuple(
    each + number for each in _SECRET_LETTERS.split() for number in ("", "number", "no", "nr")
)
"""The last letters of a heading that names a secret."""
_MONEY = ("gl", "nominal", "ledger", "expense", "cost", "minimum")
_OF_NOBODY = frozenset([*_MONEY, "must", "has", "reset", "change", "drop", "valid"])
"""Words that begin headings such as "GL Account Number" and "Must Change Password"."""
_CAPITAL = r"(?<=[a-z0-9])(?=[A-Z])|[_\-.]+|\s+"


def letters(name: str) -> str:
    """Return a name's letters and digits in lower case: "Payroll No." is "payrollno"."""
    return "".join(c for c in name.casefold() if c.isalnum())


def names_key(name: str) -> bool:
    """Return whether a heading means that the column identifies people."""
    return re.fullmatch(_KEY, letters(name.replace("#", "no"))) is not None


def key_rank(name: str) -> int:
    """Return how well a heading names its record's key: 0 is best, 3 is not at all.

    An email address identifies people too, but changes with their name.
    """
    plain = letters(name)
    if plain in _FIRST:
        return 0
    return 1 if names_key(name) or plain in _LOGINS else 2 if "email" in plain else 3


def abbreviates(name: str) -> bool:
    """Return whether the dots in a heading abbreviate words, as in `Pers.-Nr` and `Tel.Nr`.

    In `bankDetails.sortCode`, a dot leads into an object.
    """
    first, *others = name.split(".")
    if not others or not all((first, *others)):
        return False
    short = first[0].isupper() and len(first) <= _SHORT
    return short or any(not (each[0].isalpha() or each[0] == "_") for each in others)


_SHORT = 5
"""The most letters of an abbreviated word."""


def names_record(name: str) -> bool:
    """Return whether a heading names the id of the record itself: "Account ID", not "Job ID"."""
    words = [word.casefold() for word in re.split(_CAPITAL, name.replace(".", " ")) if word]
    return bool(words) and words[-1] in _IDS and _OTHER.isdisjoint(words)


def names_secret(path: str) -> bool:
    """Return whether a heading, or the end of a path, names a secret, whatever precedes it.

    "Portal Password", "Account no.", "N.I. Number" and `bank.account` do; "Salary band" and
    "Secretary" do not.
    """
    heading = re.sub(r"\s*\([^()]*\)\s*$", "", path).rstrip(". ")  # "Salary (GBP)"
    if abbreviates(heading):
        return _is_secret(heading)
    parts = heading.split(".")
    if _is_secret(parts[-1]):
        return True
    # A secret's name may be in several keys: `bank.account`, but not `gl.account.number`.
    return _OF_NOBODY.isdisjoint(map(str.casefold, parts)) and _is_secret(" ".join(parts))


def _is_secret(name: str) -> bool:
    words = " ".join(filter(None, re.split(_CAPITAL, name))).casefold()
    words = re.sub(r"\b(\w) (?=\w\b)", r"\1", words)  # "n i number"
    if words.partition(" ")[0] in _OF_NOBODY:
        return False
    return _SECRET.search(words) is not None or letters(name).endswith(_ENDS)
