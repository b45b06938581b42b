"""People who are users in both systems and differ in a field, or appear to."""

from collections.abc import Sequence

from oneway_connectors.sandbox.matching_person import PersonDraft, bank_of, payroll_department
from oneway_connectors.sandbox.names import AMBIGUOUS, DEPARTMENTS, UNREFERENCED
from oneway_connectors.sandbox.person_kinds import Cast, each, situation


@each(5, "last name changed in payroll")
def mover_name(draft: PersonDraft, _: Cast) -> None:
    draft.held["lastName"] = "Formerly-" + draft.held["lastName"]


@each(4, "email changed in payroll")
def mover_email(draft: PersonDraft, cast: Cast) -> None:
    draft.held["email"] = cast.maker.fresh_email()


@situation(5, "department changed in payroll; one user has none")
def mover_department(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft in drafts:
        others = [d.id for d in DEPARTMENTS if d.id != draft.held["departmentId"]]
        draft.held["departmentId"] = cast.maker.rng.choice(others)
    drafts[0].held["departmentId"] = None


@situation(5, "bank details changed in payroll; one user has none")
def mover_bank(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for position, draft in enumerate(drafts):
        draft.held["bankDetails"] = {
            "accountName": draft.held["bankDetails"]["accountName"],
            "accountNumber": f"0000000{position + 1}",
            "sortCode": "000000",
        }
    drafts[0].held["bankDetails"] = None


@situation(6, "the user's name or department was edited by hand")
def drift(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for position, draft in enumerate(drafts):
        if position % 2:
            draft.held["departmentId"] = AMBIGUOUS[0].id
        else:
            draft.held["firstName"] = draft.held["firstName"].upper() + " (edited)"


@each(3, "the user's email is written in another case")
def email_case(draft: PersonDraft, _: Cast) -> None:
    draft.held["email"] = draft.held["email"].title()


@each(1, "the new email belongs to another user")
def taken_email_update(draft: PersonDraft, cast: Cast) -> None:
    cast.add_holder(draft.personal["email"], "EXT-0900")
    draft.held["email"] = cast.maker.fresh_email()


@situation(2, "one takes the email that the other gives up")
def email_handover(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    giver, taker = drafts
    giver.held["email"] = taker.personal["email"]
    taker.held["email"] = cast.maker.fresh_email()


@each(3, "a department code that is not the reference of any department")
def department_unreferenced(draft: PersonDraft, _: Cast) -> None:
    draft.employment["department"] = payroll_department(UNREFERENCED)
    draft.held["departmentId"] = UNREFERENCED.id


@situation(3, "a department code that is the reference of two departments")
def department_ambiguous(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for position, draft in enumerate(drafts):
        draft.employment["department"] = payroll_department(AMBIGUOUS[0])
        draft.held["departmentId"] = AMBIGUOUS[position % 2].id


@each(2, "no department in payroll")
def department_none(draft: PersonDraft, _: Cast) -> None:
    del draft.employment["department"]


@situation(3, "bank details null in payroll; two users have some")
def bank_missing(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for draft in drafts:
        draft.employee["bankDetails"] = dict.fromkeys(draft.employee["bankDetails"])
    drafts[0].held["bankDetails"] = None


@situation(2, "bank details partly and wholly empty text")
def bank_blank(drafts: Sequence[PersonDraft], _: Cast) -> None:
    partly, wholly = drafts
    partly.employee["bankDetails"]["sortCode"] = ""
    partly.held["bankDetails"] = bank_of(partly.employee["bankDetails"])
    wholly.employee["bankDetails"] = dict.fromkeys(wholly.employee["bankDetails"], "")


MOVING = (
    mover_name, mover_email, mover_department, mover_bank, drift, email_case, taken_email_update,
    email_handover, department_unreferenced, department_ambiguous, department_none, bank_missing,
    bank_blank,
)  # fmt: skip
