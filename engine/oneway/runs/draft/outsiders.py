"""Tells by words who works somewhere without being employed there, such as contractors."""

import re

from oneway.core import yes_and_no
from oneway.core.field_concepts import concept
from oneway.core.records import Value

YES = yes_and_no.YES | {"j", "o", "x"}
_OUTSIDE = re.compile(
    r"\b(sub-?)?contractors?\b|\bcontingent\b|\bagency\b|\bextern(al)?s?\b|\btemp(s|orary)?\b|"
    r"\bfreelancers?\b|\bfreelance\b|\bconsultants?\b|\bvendors?\b|\bsuppliers?\b|"
    r"\bthird[- ]party\b|\bself[- ]?employed\b|\boff[- ]?payroll\b|\bumbrella\b|\bvolunteers?\b|"
    r"\bnon[- ]?employees?\b|\bout(side|sourced)\b|\bsecond(ed|ees?)\b|\bguests?\b|"
    r"\bextern(e|er|en|es)\b|\buitzend\w*|\bzzp\w*|\binhuur\w*|\bingehuurd\w*|"
    r"\bgedetacheerd\w*|\bdetachering\b|\bleih(arbeit\w*|kraft|kräfte)\b|\bzeitarbeit\w*|"
    r"\bfreiberuf\w*|\bfremd(personal|firma)\b|\bint[ée]rimaires?\b|\bprestataires?\b|"
    r"\bfreie[rsn]?(\(r\))? mitarbeit\w*|\bfreie[rn]?\b|\bhonorar(kraft|kräfte|vertrag|basis)\b|"
    r"\bwerkvertrag\w*|\b(solo-?)?selb(st)?ständige?[rn]?\b|\bsubunternehme\w*|"
    r"\bdienstleister\w*|\b(externe )?berater(in)?\b|\barbeitnehmerüberlassung\b|\baüg\b|"
    r"\bfremdkr(aft|äfte)\b|\behrenamt\w*|"
    r"\bzelfstandigen?\b|\bonderaannemers?\b|\binleen\w*|\bflexkracht\w*|\bvrijwilligers?\b|"
    r"\bind[ée]pendante?s?\b|\bsous-?traitan(ts?|ce)\b|\bportage\b|\bb[ée]n[ée]voles?\b|"
    r"\b(auto|micro)-?entrepreneu(r|se)s?\b|\bvacataires?\b|\bconsultante?s?\b|"
    r"\baut[óôo]nom[oa]s?\b|\b(sub)?contratistas?\b|\bsubcontratad[oa]s?\b|\bextern[oai]\b|"
    r"\bconsult?or(a|es)?\b|\bterceirizad[oa]s?\b|\bprestador(a|es)?\b|"
    r"\blibero professionista\b|\bpartita iva\b|\bconsulente\b|\bsomministrat[oa]\b|"
    r"\binterinal[ei]\b|\bkonsul(t|tti|ent)(er)?\b|\binhyrd\w*|\binnleid\w*|\bindlejet\b|"
    r"\bb2b\b|\bsamozatrudni\w*|\bzleceniobiorca\b",
)
"""Lower-case words for people who work there without being employed."""


def is_outside(path: str, value: Value) -> bool:
    """Return whether a value means that a person is not employed, such as a contractor."""
    word = str(value).strip().casefold()
    if _OUTSIDE.search(" ".join(re.findall("[a-z0-9]+", path.casefold()))):
        return word in YES or _OUTSIDE.search(word) is not None
    if concept(path) == "type":
        return _OUTSIDE.search(word) is not None
    return _OUTSIDE.fullmatch(word) is not None
