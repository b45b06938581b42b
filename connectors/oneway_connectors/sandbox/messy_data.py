"""People with careless data: on hold, codes in another form, no status, unknown departments."""

from collections.abc import Sequence

from oneway_connectors.sandbox.matching_person import PersonDraft, payroll_department
from oneway_connectors.sandbox.names import Department
from oneway_connectors.sandbox.person_kinds import Cast, each, situation

_STRANGE = Department("XTR", "Special Projects", None, "", None)


@each(1, "on hold in payroll, otherwise unchanged")
def on_hold(draft: PersonDraft, _: Cast) -> None:
    draft.employment["onHold"] = True


@situation(2, "a code of 42 and a reference of 042 with one email; 0043 and 43 with two")
def near_code(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for draft, (code, reference) in zip(drafts, (("42", "042"), ("0043", "43")), strict=True):
        draft.employment["payrollCode"], draft.held["reference"] = code, reference
    # As an earlier system wrote it: only the name shows that the two are one person.
    drafts[1].held["email"] = f"old.{drafts[1].held['email']}"


@situation(2, "no status in payroll: absent, and null")
def status_missing(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    absent, null = drafts
    if cast.quirks:
        del absent.employee["status"]
        null.employee["status"] = None


@each(1, "a department that neither system lists")
def department_unknown(draft: PersonDraft, _: Cast) -> None:
    draft.employment["department"] = payroll_department(_STRANGE)


CARELESS = (on_hold, near_code, status_missing, department_unknown)
