"""`oneway new` on exports in other languages: who is whom, who leaves, and who takes part."""

from collections.abc import Callable
from pathlib import Path

import pytest

from commands import Ended

Run = Callable[..., Ended]

DUTCH = """\
Personeelsoverzicht,,,,,,,,
Pers.nr.,Voornaam,Tussenv.,Achternaam,E-mail werk,Dienstverband,Leidinggevende,In dienst,Uit dienst
4001,Anna,de,Boer,a.deboer@example.com,Vast,,01-02-2019,
4002,Bram,,Smit,b.smit@example.com,Vast,Anna de Boer,15-03-2020,
4003,Cor,van der,Meer,c.vandermeer@example.com,Tijdelijk,Anna de Boer,31-12-2021,
4004,Daan,van,Dijk,d.vandijk@example.com,ZZP,Bram Smit,01-01-2022,
4005,Els,,Vos,e.vos@example.com,Vast,Anna de Boer,01-06-2015,30-09-2020
4006,Fenna,de,Wit,f.dewit@example.com,Vast,Bram Smit,01-07-2024,
Totaal,6,,,,,,,
"""
DUTCH_USERS = """\
Gebruikersnaam;Personeelsnummer;Volledige naam;E-mailadres;Leidinggevende;Actief
a.deboer;4001;Anna de Boer;a.deboer@example.com;;ja
b.smit;4002;Bram Smit;b.smit@example.com;a.deboer;ja
c.vandermeer;4003;Cor van der Meer;c.vandermeer@example.com;a.deboer;ja
e.vos;4005;Els Vos;e.vos@example.com;a.deboer;ja
"""
GERMAN = """\
Personalnummer;Vorname;Nachname;E-Mail-Adresse;Abteilung;Beschäftigungsart;Eintritt;Ausgeschieden am
101;Anja;Groß;anja.gross@example.com;Vertrieb;Festanstellung;01.02.2019;
102;Bernd;Jäger;bernd.jaeger@example.com;IT;Festanstellung;15.03.2020;
103;Carla;Köhler;carla.koehler@example.com;IT;Zeitarbeit;31.12.2021;
104;Dirk;Weiß;dirk.weiss@example.com;Vertrieb;Festanstellung;01.01.2022;30.09.2020
Gesamt: 4;;;;;;;
"""
GERMAN_USERS = """\
id,number,displayName,email,department,aktiv
1,101,"Groß, Anja",anja.gross@example.com,Vertrieb,ja
2,102,"Jäger, Bernd",bernd.jaeger@example.com,IT,ja
3,104,"Weiß, Dirk",dirk.weiss@example.com,Vertrieb,ja
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of its own."""
    monkeypatch.chdir(tmp_path)


def drafted(oneway: Run, people: str, users: str) -> str:
    """Return the mapping that is written of two files, with its questions answered by yes."""
    Path("staff.csv").write_text(people, "utf-8")
    Path("accounts.csv").write_text(users, "utf-8")
    args = ("new", "map.yaml", "--source", "staff.csv", "--target", "accounts.csv")
    assert oneway(*args).code == 0
    text = Path("map.yaml").read_text("utf-8")
    for key in ("eligible", "leavers", "rehires"):
        text = text.replace(f"# {key}:", f"{key}:")
    for key in ("- id", "  when", "  otherwise", "  for", "when", "set", "left"):
        text = text.replace(f"\n#   {key}", f"\n  {key}")
    Path("map.yaml").write_text(text, "utf-8")
    return text


def planned(oneway: Run) -> dict[str, str]:
    """Return the outcome of each person, by number."""
    plan = oneway("plan", "map.yaml", "--format", "json").data
    return {each["key"]: each["outcome"] for each in plan["outcomes"]}


def test_dutch_headings_words_and_totals_are_known(oneway: Run) -> None:
    text = drafted(oneway, DUTCH, DUTCH_USERS)
    for line in (
        "header: 2",
        "footer: Totaal",
        "id: Gebruikersnaam",
        "    key: '\"Volledige naam\"'\n    value: Gebruikersnaam\n",
        'Gebruikersnaam: {from: email_local(lower(trim("E-mail werk"))), write: on_create}',
        "Leidinggevende: {from: Leidinggevende, lookup: people",
        "[Voornaam || '', \"Tussenv.\" || '', Achternaam || '']",
        "excludes ZZP",
        'set: {Actief: {value: "nee"}}',
    ):
        assert line in text
    assert planned(oneway) == {
        **dict.fromkeys(("4001", "4002", "4003"), "unchanged"),
        "4004": "ineligible",
        "4005": "leave",
        "4006": "create",
    }


def test_german_headings_words_and_totals_are_known(oneway: Run) -> None:
    text = drafted(oneway, GERMAN, GERMAN_USERS)
    assert all(line in text for line in ("delimiter: semicolon", "footer: Gesamt", "dd.MM.yyyy"))
    assert "excludes Zeitarbeit" in text
    assert (
        "displayName: Nachname && Vorname && normalize_spaces(join(', ', [Nachname, Vorname]))"
        in text
    )
    assert 'set: {aktiv: {value: "nein"}}' in text
    assert planned(oneway) == {
        **dict.fromkeys(("101", "102"), "unchanged"),
        "103": "ineligible",
        "104": "leave",
    }


@pytest.mark.parametrize("question", ["test", "prove"])
def test_what_is_drafted_passes_its_own_checks(question: str, oneway: Run) -> None:
    drafted(oneway, DUTCH, DUTCH_USERS)
    args = ("--situations", "300") if question == "prove" else ()
    assert oneway(question, "map.yaml", *args).code == 0
