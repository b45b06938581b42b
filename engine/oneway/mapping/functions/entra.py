"""Maps each function of Microsoft Entra's expression reference to ours.

The reference page is generated from this table; a test parses every expression in it. The
source: "Reference for writing expressions for attribute mappings in Microsoft Entra ID".
"""

from oneway.core.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Equivalent:
    """An Entra function, the equivalent expression (or nothing), and a remark."""

    entra: str
    expression: str
    remark: str = ""


ENTRA: tuple[Equivalent, ...] = (
    Equivalent("Append", "concat(userName, '.test')"),
    Equivalent("AppRoleAssignmentsComplex", "", "Entra's own roles; no system of ours has them"),
    Equivalent("BitAnd", "", "flags packed into a number are turned into fields by a connector"),
    Equivalent("CBool", "to_boolean(active)", "a comparison is a boolean already"),
    Equivalent("CDate", "parse_date(start, 'dd/MM/yyyy')", "days stay as written"),
    Equivalent("Coalesce", "coalesce(mail, userPrincipalName)", "blank text counts as none"),
    Equivalent("ConvertToBase64", "", "an encoding is the connector's affair"),
    Equivalent("ConvertToUTF8Hex", "", "an encoding is the connector's affair"),
    Equivalent("Count", "length(proxyAddresses)"),
    Equivalent("CStr", "to_text(number)"),
    Equivalent("DateAdd", "add_days(start, `7`)", "also add_months(), add_years(); no hours"),
    Equivalent("DateDiff", "days_between(today(), start)", "also in months and years"),
    Equivalent("DateFromNum", "from_filetime(lastLogon)"),
    Equivalent("FormatDateTime", "format_date(parse_date(start, 'd/M/yyyy'), 'yyyyMMdd')"),
    Equivalent("Guid", "", "random: the same inputs would not give the same plan"),
    Equivalent("IgnoreFlowIfNullOrEmpty", "mail", "on_blank: keep, the default"),
    Equivalent("IIF", "iif(country == 'USA', country, department)"),
    Equivalent("InStr", "index_of(code, '-')", "counted from 0, null where there is none"),
    Equivalent("IsNull", "phone == `null`"),
    Equivalent("IsNullOrEmpty", "is_blank(phone)"),
    Equivalent("IsPresent", "is_present(phone)"),
    Equivalent("IsString", "type(phone) == 'string'"),
    Equivalent("Item", "item(proxyAddresses, `1`)", "or proxyAddresses[0]"),
    Equivalent("Join", "join_present('.', [givenName, surname])", "join() is stricter: texts only"),
    Equivalent("Left", "left(name, `3`)"),
    Equivalent("Mid", "substring(name, `0`, `3`)", "counted from 0, where Mid counts from 1"),
    Equivalent("NormalizeDiacritics", "strip_diacritics(givenName)"),
    Equivalent("Not", "!to_boolean(suspended)"),
    Equivalent("Now", "today()", "the day of the run, pinned in its plan"),
    Equivalent("NumFromDate", "to_filetime(start)"),
    Equivalent("PCase", "title_case(name)"),
    Equivalent("RandomString", "", "random: the same inputs would not give the same plan"),
    Equivalent("Redact", "", "a field rule's sensitive: true hides a value everywhere"),
    Equivalent("RemoveDuplicates", "unique(proxyAddresses)"),
    Equivalent("Replace", r"regex_replace(phone, '^[(]([0-9]+)[)]', '\1')", "replace() for text"),
    Equivalent("SelectUniqueValue", "", "joiners.unless_taken: a conflict, no guess"),
    Equivalent("SingleAppRoleAssignment", "", "Entra's own roles; only() takes one of a list"),
    Equivalent("Split", "split(groups, ',')"),
    Equivalent("StripSpaces", "remove_spaces(phone)"),
    Equivalent("Switch", "map_value(state, {VIC: 'Australia/Melbourne'}, 'Australia/Brisbane')"),
    Equivalent("ToLower", "lower(mail)"),
    Equivalent("ToUpper", "upper(code)"),
    Equivalent("Word", "word(name, `2`, ' -')"),
)  # fmt: skip
