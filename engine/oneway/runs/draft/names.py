"""What a field's name says that it holds, in the many words that systems have for it."""

import re
from collections.abc import Mapping

_CONCEPTS: Mapping[str, str] = {
    "email": "email emailaddress workemail mail emailwork workemailaddress companyemail",
    "first": "firstname forename givenname first knownas preferredname christianname forenames",
    "last": "lastname surname familyname last secondname",
    "name": "name fullname displayname employeename personname staffname",
    "reference": (
        "reference ref employeeid employeenumber employeeno staffnumber staffno staffid "
        "payrollcode payrollno payrollnumber payrollid code externalid personnelnumber personid "
        "personnumber employeecode staffcode employeeref workerid worknumber"
    ),
    "phone": "phone mobile telephone mobilephone phonenumber tel telno mobileno mobilenumber",
    "department": "department dept departmentname team deptcode departmentcode departmentid",
    "job": "jobtitle position role title jobrole job",
    "start": "startdate hiredate joindate datejoined startedon startday employmentstart joined",
    "leave": (
        "leavedate enddate terminationdate leavingdate dateleft lastday leftdate left leaver "
        "dateofleaving lastworkingday leftdate leaveon"
    ),
    "manager": "manager managerid linemanager supervisor reportsto managercode managerno",
    "status": "status active employmentstatus isactive enabled state",
    "location": "location office site branch workplace",
    "type": "type employmenttype contracttype workertype employeetype stafftype category",
    "account": "accountnumber bankaccount bankaccountnumber account iban accountno",
    "sort": "sortcode banksortcode bic",
    "national": "ninumber nino nationalinsurancenumber ni nationalinsurance ssn taxid",
    "birth": "dateofbirth dob birthdate birthday",
    "address": "address addressline1 street homeaddress line1 address1 postcode zip",
}  # fmt: skip
_BY_NAME = {word: concept for concept, words in _CONCEPTS.items() for word in words.split()}
CANONICAL: Mapping[str, str] = {
    "email": "email", "first": "firstName", "last": "lastName", "name": "name",
    "reference": "reference", "phone": "phone", "department": "department", "job": "jobTitle",
    "start": "startDate", "leave": "leaveDate", "manager": "manager", "status": "status",
}  # fmt: skip
"""What a field is called where the target has none yet."""


def plain(path: str) -> str:
    """Return a name's letters and digits in lower case, of the last key of a path."""
    last = path.rpartition(".")[2] if '"' not in path and " " not in path else path
    return "".join(c for c in last.casefold() if c.isalnum())


def concept(path: str) -> str:
    """Return what a field's name says that it holds; nothing where it is not known."""
    name = plain(path)
    whole = "".join(c for c in path.casefold() if c.isalnum())
    return _BY_NAME.get(whole, "") or _BY_NAME.get(name, "")


def camel(heading: str) -> str:
    """Return a heading as the name of a field: "Start Date" is startDate."""
    words = re.findall(r"[A-Za-z0-9]+", heading)
    if not words:
        return "field"
    rest = (word[:1].upper() + word[1:] for word in words[1:])
    name = words[0].lower() if words[0].isupper() else words[0][:1].lower() + words[0][1:]
    return "".join([name, *rest])
