"""People with careless data: on hold, codes in another form, no status, unknown departments."""

from collections.abc import Sequence

from oneway_connectors.sandbox.cast import Cast, Situation
from oneway_connectors.sandbox.drafts import PersonDraft, payroll_department
from oneway_connectors.sandbox.names import Department

_STRANGE = Department("XTR", "Special Projects", None, "", None)


def _on_hold(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for draft in drafts:
        draft.employment["onHold"] = True


def _near_code(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for draft, (code, reference) in zip(drafts, (("42", "042"), ("0043", "43")), strict=True):
        draft.employment["payrollCode"], draft.held["reference"] = code, reference
    # As the system before wrote them: nothing but the name says that the two are one person.
    drafts[1].held["email"] = f"old.{drafts[1].held['email']}"


def _status_missing(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    absent, null = drafts
    if cast.quirks:
        del absent.employee["status"]
        null.employee["status"] = None


def _department_unknown(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for draft in drafts:
        draft.employment["department"] = payroll_department(_STRANGE)


CARELESS: tuple[Situation, ...] = (
    Situation("on_hold", 1, _on_hold, "on hold in payroll, otherwise unchanged"),
    Situation(
        "near_code",
        2,
        _near_code,
        "a code of 42 and a reference of 042 with one email; 0043 and 43 with two",
    ),
    Situation("status_missing", 2, _status_missing, "no status in payroll: absent, and null"),
    Situation(
        "department_unknown", 1, _department_unknown, "a department that neither system lists"
    ),
)
