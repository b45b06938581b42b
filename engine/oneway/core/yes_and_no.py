"""Words that say yes or no, in lower case, in the languages in which exports say it."""

YES = frozenset((
    "true", "yes", "y", "on", "1", "wahr", "ja", "oui", "vrai", "waar", "si", "sí", "sim",
))  # fmt: skip
NO = frozenset((
    "false", "no", "n", "off", "0", "falsch", "nein", "non", "faux", "onwaar", "nee", "nej", "nei",
    "não", "nao", "falso", "falsk", "nie",
))  # fmt: skip
