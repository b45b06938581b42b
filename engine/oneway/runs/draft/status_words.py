"""Tells the words of a status apart: who has left, who still works here, and who is away."""

import re

from oneway.core.field_concepts import concept, words_of
from oneway.core.key_names import letters

_GONE = re.compile(
    r"\b(leavers?|left|former|ex[- ]employees?|terminated|inactive|departed|resigned|exited|"
    r"retired|retirees?|deceased|died|dismissed|laid off|made redundant|uit dienst|vertrokken|"
    r"inactief|overleden|ontslagen|gepensioneerd|ausgeschieden|ausgetreten|inaktiv|verstorben|"
    r"ehemalige?[rn]?|pensioniert|(im )?ruhestand|entlassen|inactif|décédée?|retraitée?|"
    r"licenciée?|démissionné)\b|^((employment|contract|service) )?ended$|^(sorti|parti)e?s?$",
    re.IGNORECASE,
)
_NOT_SURE = re.compile(
    r"\b(not|never|nicht|niet|noch|nog|pas|pending|to be|will be|yet|planned|scheduled|due|future|"
    r"semi|partly|now|again|rehired?|returned|leave|absent|absence|elternzeit|verlof|congé)\b",
    re.IGNORECASE,
)
"""Words beside which "terminated" or "inactive" may mean something else."""
_HERE = re.compile(
    r"\b(active|employed|current|working|in service|in post|aktiv|beschäftigt|angestellt|"
    r"im dienst|actief|in dienst|werkzaam|actif|employée?|salariée?|en poste|présente?)\b",
    re.IGNORECASE,
)
_STAYS = re.compile(
    r"\b(active|maternity|paternity|parental|adoption|family|sick(ness)?|ill(ness)?|annual|unpaid|"
    r"medical|absent|absence|on leave|sabbatical|career break|furlough(ed)?|probation(ary)?|"
    r"trial|full[- ]?time|part[- ]?time|permanent|temporary|fixed[- ]term|contractor|intern|"
    r"apprentice|new|starter|joiner|hired|onboarding|pending start|future|rehired|returned|"
    r"elternzeit|mutterschutz|krank|urlaub|ruhend|beurlaubt|probezeit|vollzeit|teilzeit|"
    r"unbefristet|befristet|ziek|verlof|zwangerschapsverlof|ouderschapsverlof|proeftijd|voltijds?|"
    r"deeltijds?|congé|maladie|maternité|temps (plein|partiel)|période d'essai|cdi|cdd)\b|"
    r"^(leave|leave of absence|loa|ft|pt|vz|tz)$",
    re.IGNORECASE,
)
_GARDEN = re.compile(r"\b(garden(ing)?|notice|terminal|suspended|freigestellt)\b", re.IGNORECASE)
"""Words of people who may be about to leave, whatever stands beside them."""
_HEADING = re.compile(
    "(hr|employee|employment|staff|worker|person|personnel|people|member|mitarbeiter|arbeitnehmer|"
    "beschäftigungs|beschäftigten|anstellungs|dienst|personal|medewerker|personeels|werknemers|"
    "des?|du|la|l|d|employée?s?|salariée?s?|emploi)*"
)
_STATUS = re.compile("(status|statut|state|situation)(code|name|text|desc|description)?")
_ELSE = frozenset((
    "pension", "scheme", "benefit", "benefits", "insurance", "medical", "union", "visa", "permit",
    "project", "training", "course", "probation", "trial", "marital", "leave", "absence", "car",
    "vehicle", "licence", "license", "laptop", "device", "phone", "vpn", "badge", "card", "loan",
    "previous", "prior", "last", "past", "parent", "spouse", "partner", "customer", "client",
    "supplier", "hand", "handed", "handedness", "rente", "gewerkschaft", "projekt", "familienstand",
))  # fmt: skip
"""Words of headings about something else than a person's employment."""


def says_gone(word: str) -> bool:
    """Return whether a word says that a person has left, as "Terminated" and "Deceased" do."""
    return _GONE.search(word) is not None and _NOT_SURE.search(word) is None


def says_here(word: str) -> bool:
    """Return whether a word says that a person works here, as "Active" and "Employed" do."""
    return _HERE.search(word) is not None and not (says_gone(word) or _GARDEN.search(word))


def says_stays(word: str) -> bool:
    """Return whether a word is one of people who have not left, as "Maternity leave" is."""
    if _GONE.search(word) or _GARDEN.search(word):
        return False
    return (_HERE.search(word) or _STAYS.search(word)) is not None


def is_status(path: str) -> bool:
    """Return whether a heading means the status of a person: "Mitarbeiterstatus"."""
    if concept(path) == "status":
        return True
    heading, found = letters(path), _STATUS.search(letters(path))
    rest = heading.replace(found[0], "", 1) if found else ""
    return bool(rest) and _HEADING.fullmatch(rest) is not None


def is_of_something_else(path: str) -> bool:
    """Return whether a heading says that its words are not about the person's employment."""
    return not _ELSE.isdisjoint(words_of(path)) or concept(path) not in ("", "type")
