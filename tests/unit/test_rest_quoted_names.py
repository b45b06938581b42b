"""A value that was sent is cut out of an answer as a person or a form would quote it."""

import re

import pytest

from oneway_connectors.rest.redaction import hide

HOLDERS = [
    ("Ada Holder", "the account of HOLDER, ADA", "the account of …, …"),
    ("Ada Holder", "it belongs to Holder", "it belongs to …"),
    ("Ada van Holder-Quill", "HOLDER QUILL, ADA van is not known", "… van is not known"),
    ("Zoë", "is Zo\\u00eb right?", "is … right?"),
    ("Zoë", "is Zo%C3%AB right?", "is … right?"),
    ("Zoë", "is Zo&euml; right?", "is … right?"),
    ("Zoë", "is ZOE right?", "is … right?"),
    ("Łuk", "is &#321;uk right?", "is … right?"),
    ("Müll", "is MUELL right?", "is … right?"),
    ("Jörg Müller", "JOERG.MUELLER is taken", "… is taken"),
    ("Søren Ø", "Soren has no account", "… has no account"),
    ("1990-04-03", "born on 03/04/1990?", "born on …?"),
    ("1990-04-03", "born on 4/3/1990?", "born on …?"),
    ("1990-04-03T00:00:00Z", "born on 3 April 1990?", "born on …?"),
    ("1990-04-03", "born on Apr 3, 1990?", "born on …?"),
    ("41250.0", "pay of 41,250 is too much", "pay of … is too much"),
    ("41250.5", "pay of 41.250,50 is too much", "pay of …0 is too much"),
]
"""Values that were sent, what the system says of them, and what is left of that."""


@pytest.mark.parametrize(("value", "says", "left"), HOLDERS)
def test_a_value_is_cut_out_as_a_person_would_quote_it(value: str, says: str, left: str) -> None:
    assert re.sub(r"…[ ,.-]*(?=…)", "", hide(says, [value])) == re.sub(r"…[ ,.-]*(?=…)", "", left)


ORDINARY = [
    ("Sales and Marketing", "first and last name are missing"),
    ("Ann", "a plan: an n, an-n"),
    ("Zoë", "zoeken, zo e and ZOEK"),
    ("Ann Lee", "annual leeway, Leeds, an n"),
    ("Ada Holder", "adamant shareholders"),
    ("on leave", "the leave is on hold"),
    ("1990-04-03", "at 04:03 on line 1990"),
    ("1990-13-45", "13/45/1990"),
    ("41250.0", "record 4125 of 5041"),
]
"""Messages in which nothing of the value that was sent is quoted."""


@pytest.mark.parametrize(("value", "says"), ORDINARY)
def test_what_only_resembles_a_value_stays(value: str, says: str) -> None:
    assert hide(says, [value]) == says
