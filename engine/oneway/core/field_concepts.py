"""Says what a field holds by its name, in the words of many systems."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from oneway.core.key_names import abbreviates, letters, names_key

_CONCEPTS: Mapping[str, str] = {
    "email": "email emailaddress workemail mail emailwork workemailaddress companyemail",
    "first": "firstname forename givenname first knownas preferredname christianname forenames",
    "last": "lastname surname familyname last secondname",
    "name": "name fullname displayname employeename personname staffname",
    "phone": "phone mobile telephone mobilephone phonenumber tel telno mobileno mobilenumber",
    "department": "department dept departmentname team deptcode departmentcode departmentid",
    "job": "jobtitle position role title jobrole job",
    "start": (
        "startdate hiredate joindate datejoined startedon startday employmentstart joined "
        "entrydate dateofentry eintrittsdatum eintritt"
    ),
    "leave": (
        "leavedate enddate terminationdate leavingdate dateleft lastday leftdate left leaver "
        "dateofleaving lastworkingday leaveon exitdate exit dateofexit exited separationdate "
        "departuredate resignationdate austrittsdatum austritt austrittam austrittstag"
    ),
    "manager": "manager linemanager supervisor reportsto",
    "status": "status active employmentstatus isactive enabled isenabled state accountstatus",
    "closed": (
        "disabled suspended blocked locked inactive deactivated archived isdisabled issuspended"
    ),
    "location": "location office site branch workplace",
    "cost": "costcentre costcenter costcode costcentrecode costcentername costcentrename",
    "type": "type employmenttype contracttype workertype employeetype stafftype category",
    "account": "accountnumber bankaccount bankaccountnumber account iban accountno",
    "sort": "sortcode banksortcode bic",
    "national": "ninumber nino nationalinsurancenumber ni nationalinsurance ssn taxid",
    "birth": "dateofbirth dob birthdate birthday",
    "address": "address addressline1 street homeaddress line1 address1 postcode zip",
}  # fmt: skip
_ELSEWHERE: Mapping[str, str] = {
    "email": (
        "emailadres emailadresse emailzakelijk zakelijkemail emailwerk dienstlicheemail "
        "mailadresse adressemail adresseemail courriel"
    ),
    "first": "voornaam roepnaam vorname rufname prenom prénom",
    "middle": (
        "middlename middlenames tussenvoegsel tussenvoegsels tussenv voorvoegsel vorsatzwort "
        "namenszusatz particule"
    ),
    "last": "achternaam nachname familienname zuname nomdefamille",
    "name": (
        "naam volledigenaam weergavenaam vollername vollständigername anzeigename gesamtname "
        "nomcomplet"
    ),
    "phone": (
        "telefoon telefoonnummer mobiel telefon telefonnummer mobil mobilnummer handy téléphone"
    ),
    "department": "afdeling afdelingsnaam abteilung abteilungsname département",
    "job": "functie functietitel funktion stellenbezeichnung fonction",
    "start": (
        "einstellungsdatum indienst datumindienst indiensttreding datumindiensttreding "
        "datedentrée dateembauche datedembauche"
    ),
    "leave": (
        "uitdienst datumuitdienst uitdienstdatum uitdiensttreding datumuitdiensttreding "
        "ausgeschieden ausgeschiedenam ausgetreten datedesortie datesortie datededépart datedépart"
    ),
    "manager": ("leidinggevende teamleider vorgesetzter vorgesetzte führungskraft responsable"),
    "status": "actief aktiv actif dienststatus statut",
    "closed": "geblokkeerd inactief gesperrt inaktiv inactif",
    "location": "locatie vestiging standort",
    "cost": "kostenstelle kostenplaats centredecoût centredecout centrodecosto centrodicosto",
    "type": (
        "dienstverband soortdienstverband soortcontract beschäftigungsart anstellungsart "
        "vertragsart mitarbeiterart typedecontrat"
    ),
    "birth": "geboortedatum geburtsdatum datedenaissance",
}
"""The same in Dutch, German and French."""
_BY_NAME = {
    word: concept
    for names in (_CONCEPTS, _ELSEWHERE)
    for concept, words in names.items()
    for word in words.split()
}
_BY_WORD: Mapping[str, str] = {
    "manager": "manager", "supervisor": "manager", "email": "email", "mail": "email",
    "department": "department", "dept": "department", "leaving": "leave", "termination": "leave",
    "leaver": "leave", "exit": "leave", "separation": "leave", "departure": "leave",
    "austritt": "leave", "austrittsdatum": "leave", "resignation": "leave", "joining": "start",
    "hire": "start", "mobile": "phone", "phone": "phone",
    "contract": "type", "employment": "type", "afdeling": "department", "abteilung": "department",
    "leidinggevende": "manager", "vorgesetzte": "manager", "vorgesetzter": "manager",
    "führungskraft": "manager", "dienstverband": "type",
}  # fmt: skip
"""The meaning of one word in a longer heading; the first known word decides."""
_BARE = {"id", "key", "no", "nr", "num", "number", "userid"}
"""Names that usually hold a system's own ids."""
CANONICAL: Mapping[str, str] = {
    "email": "email", "first": "firstName", "last": "lastName", "name": "name",
    "reference": "reference", "phone": "phone", "department": "department", "job": "jobTitle",
    "start": "startDate", "leave": "leaveDate", "manager": "manager", "status": "status",
}  # fmt: skip
"""Names of fields for a target that has none yet."""


def plain(path: str) -> str:
    """Return a name's letters and digits in lower case, of the last key of a path."""
    return letters(_last(path))


@lru_cache(maxsize=4096)
def concept(path: str) -> str:
    """Return what a field holds, going by its name; "" if unknown."""
    whole, name = letters(path), plain(path)
    known = _BY_NAME.get(whole, "") or _BY_NAME.get(name, "")
    if known or (names_key(_last(path)) and name not in _BARE and name):
        return known or "reference"
    return next((_BY_WORD[word] for word in words_of(path) if word in _BY_WORD), "")


def names_person(keys: Sequence[str]) -> bool:
    """Return whether a path leads to a name of the person, and not of their manager or company."""
    *parents, last = keys
    if any(concept(each) not in ("", "name") for each in parents):
        return False
    known = concept(last)
    return known in ("first", "last") or (
        known == "name" and not (parents and plain(last) in _NAME)
    )


_NAME = ("name", "naam")


def _last(path: str) -> str:
    path = path.rstrip(".")  # an abbreviation at the end: Personal-Nr.
    whole = '"' in path or " " in path or abbreviates(path)
    return path if whole else path.rpartition(".")[2]


def words_of(path: str) -> list[str]:
    """Return the words of a heading or of a name in camel case, in lower case."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", _last(path).replace("-", ""))
    return re.findall(r"[^\W_]+", apart.lower())


def camel(heading: str) -> str:
    """Return a heading as the name of a field: "Start Date" is startDate."""
    words = re.findall(r"[A-Za-z0-9]+", heading)
    if not words:
        return "field"
    rest = (word[:1].upper() + word[1:] for word in words[1:])
    name = words[0].lower() if words[0].isupper() else words[0][:1].lower() + words[0][1:]
    return "".join([name, *rest])
