"""Invented names, job titles and departments for the people of the sandboxes.

A name outside the Latin alphabet is followed by its spelling in email addresses: `芳|fang`.
Elsewhere the spelling is the name without its accents.
"""

import unicodedata

from oneway.core.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A name, and its ASCII spelling in email addresses."""

    text: str
    spelling: str


@dataclass(frozen=True, slots=True)
class Department:
    """A department: payroll's code and title, the expense system's id, name and reference.

    `id` is None if the expense system lacks it, `code` is empty if payroll does.
    """

    code: str
    title: str
    id: int | None
    name: str
    reference: str | None


_APART = str.maketrans(
    {"ł": "l", "Ł": "L", "ı": "i", "ø": "o", "ß": "ss", "'": "", "’": "", " ": ""}
)


def _name(text: str) -> Name:
    written, _, spelt = text.partition("|")
    plain = unicodedata.normalize("NFKD", spelt or written.translate(_APART))
    return Name(written, plain.encode("ascii", "ignore").decode("ascii").lower())


def _names(text: str) -> tuple[Name, ...]:
    return tuple(_name(part.strip()) for part in text.split(","))


FAMILIES: tuple[tuple[int, tuple[Name, ...], tuple[Name, ...]], ...] = (
    # (how many in a hundred, first names, last names)
    (
        44,
        _names(
            "Amelia, George, Harriet, Oliver, Matilda, Edwin, Beatrice, Frank, Nora, Stanley, Ivy, "
            "Hugo, Phoebe, Ralph, Dorothy, Leonard, Tabitha, Walter, Hazel, Jasper"
        ),
        _names(
            "Ashgrove, Brackenbury, Copplestone, Dunwick, Elmsworth, Fairbrook, Gorseley, "
            "Hartswood, Inglethorpe, Kettlewick, Larkfield, Merriden, Netherby, Oakhanger, "
            "Pennyfold, Quarrington, Ravensdale, Stonebeck, Thistlewood, Underhay, Wrenbury"
        ),
    ),
    (
        9,
        _names("Siân, Llŷr, Angharad, Gwîon, Ffion, Iolo, Mabli, Rhŷs"),
        _names("ap Gwilym, Llwyd, Môrgan, Penrhôs, Tŷ-Gwyn, Ynyswen"),
    ),
    (
        9,
        _names("Aoife, Ciarán, Sinéad, Pádraig, Róisín, Oisín, Gráinne, Tomás"),
        _names("O'Brolchain, O’Dálaigh, Ní Fhloinn, Mac Giolla, O'Seagha, Ó Tuathail"),
    ),
    (
        10,
        _names("Łukasz, Małgorzata, Zbigniew, Grażyna, Wojciech, Agnieszka, Światosław, Żaneta"),
        _names("Brzęczyk, Dąbkowska, Gołębi, Jeżewski, Śliwowicz, Źródlany"),
    ),
    (
        8,
        _names("İbrahim, Çağla, Gülşen, Ömer, Şebnem, Tuğrul, Işıl, Yiğit"),
        _names("Akdağlı, Çınarcık, Güneşoğlu, Işıkveren, Öztaşkın, Şahinkaya"),
    ),
    (
        6,
        _names("Ελένη|eleni, Γιώργος|giorgos, Σοφία|sofia, Νίκος|nikos, Αγγελική|angeliki"),
        _names("Παπαλιάς|papalias, Καραμπέτη|karampeti, Θεοδωρής|theodoris, Ξενούλη|xenouli"),
    ),
    (
        6,
        _names("芳|fang, 伟|wei, 秀英|xiuying, 建国|jianguo, 小龙|xiaolong"),
        _names("欧阳|ouyang, 司徒|situ, 上官|shangguan, 诸葛|zhuge"),
    ),
    (
        8,
        _names("Anjali, Imran, Chidi, Folasade, Ngozi, Ravi, Samina, Kwabena, Jean-Luc, Zoë"),
        _names(
            "Adeyemi-Clarke, Bhattacharjee, Chukwuemeka, Darkoh, Falodun, Raghunathan, "
            "van der Zwaal, D'Aramitz"
        ),
    ),
)

JOB_TITLES = (
    "Account Manager",
    "Analyst",
    "Apprentice",
    "Buyer",
    "Care Adviser",
    "Driver",
    "Engineer",
    "Head of Section",
    "Payroll Clerk",
    "Team Leader",
    "Technician",
    "Warehouse Operative",
)

DEPARTMENTS = (
    Department("ADM", "Administration", 11, "Administration", "ADM"),
    Department("FIN", "Finance", 12, "Finance & Procurement", "FIN"),
    Department("OPS", "Operations", 13, "Operations", "OPS"),
    Department("SAL", "Sales", 14, "Sales and Marketing", "SAL"),
    Department("ITS", "IT Services", 15, "IT", "ITS"),
    Department("ENG", "Engineering", 16, "Engineering", "ENG"),
    Department("CUS", "Customer Care", 17, "Customer Care", "CUS"),
    Department("0080", "Legal", 18, "Legal", "0080"),
)
"""Departments with one code in both systems; most people are in one of them."""

UNREFERENCED = Department("RND", "Research", 19, "Research & Development", None)
"""A payroll code that is not the reference of any department."""

AMBIGUOUS = (
    Department("WHS", "Warehouse", 20, "Warehouse North", "WHS"),
    Department("WHS", "Warehouse", 21, "Warehouse South", "WHS"),
)
"""A payroll code that is the reference of two departments."""

EMPTY = Department("ARC", "Archive", 23, "Archive", "ARC")
"""A department without people."""

FOREIGN = Department("", "", 22, "Board", "BRD")
"""A department that is not in payroll."""
