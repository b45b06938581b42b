"""People who are users in both systems and differ in a field, or appear to."""

from collections.abc import Sequence

from oneway_connectors.sandbox.cast import Cast, Situation
from oneway_connectors.sandbox.drafts import PersonDraft, bank_of, payroll_department
from oneway_connectors.sandbox.names import AMBIGUOUS, DEPARTMENTS, UNREFERENCED


def _mover_name(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for draft in drafts:
        draft.held["lastName"] = "Formerly-" + draft.held["lastName"]


def _mover_email(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft in drafts:
        draft.held["email"] = cast.maker.fresh_email()


def _mover_department(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft in drafts:
        others = [d.id for d in DEPARTMENTS if d.id != draft.held["departmentId"]]
        draft.held["departmentId"] = cast.maker.rng.choice(others)
    drafts[0].held["departmentId"] = None


def _mover_bank(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for position, draft in enumerate(drafts):
        draft.held["bankDetails"] = {
            "accountName": draft.held["bankDetails"]["accountName"],
            "accountNumber": f"0000000{position + 1}",
            "sortCode": "000000",
        }
    drafts[0].held["bankDetails"] = None


def _drift(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for position, draft in enumerate(drafts):
        if position % 2:
            draft.held["departmentId"] = AMBIGUOUS[0].id
        else:
            draft.held["firstName"] = draft.held["firstName"].upper() + " (edited)"


def _email_case(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for draft in drafts:
        draft.held["email"] = draft.held["email"].title()


def _taken_email_update(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft in drafts:
        cast.add_holder(draft.personal["email"], "EXT-0900")
        draft.held["email"] = cast.maker.fresh_email()


def _email_handover(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    giver, taker = drafts
    giver.held["email"] = taker.personal["email"]
    taker.held["email"] = cast.maker.fresh_email()


def _department_unreferenced(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for draft in drafts:
        draft.employment["department"] = payroll_department(UNREFERENCED)
        draft.held["departmentId"] = UNREFERENCED.id


def _department_ambiguous(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for position, draft in enumerate(drafts):
        draft.employment["department"] = payroll_department(AMBIGUOUS[0])
        draft.held["departmentId"] = AMBIGUOUS[position % 2].id


def _department_none(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for draft in drafts:
        del draft.employment["department"]


def _bank_missing(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for draft in drafts:
        draft.employee["bankDetails"] = dict.fromkeys(draft.employee["bankDetails"])
    drafts[0].held["bankDetails"] = None


def _bank_blank(drafts: Sequence[PersonDraft], _: Cast) -> None:
    partly, wholly = drafts
    partly.employee["bankDetails"]["sortCode"] = ""
    partly.held["bankDetails"] = bank_of(partly.employee["bankDetails"])
    wholly.employee["bankDetails"] = dict.fromkeys(wholly.employee["bankDetails"], "")


MOVING: tuple[Situation, ...] = (
    Situation("mover_name", 5, _mover_name, "last name changed in payroll"),
    Situation("mover_email", 4, _mover_email, "email changed in payroll"),
    Situation(
        "mover_department", 5, _mover_department, "department changed in payroll; one user has none"
    ),
    Situation("mover_bank", 5, _mover_bank, "bank details changed in payroll; one user has none"),
    Situation("drift", 6, _drift, "somebody edited the user's name or department"),
    Situation("email_case", 3, _email_case, "the user's email is written in another case"),
    Situation(
        "taken_email_update", 1, _taken_email_update, "the new email belongs to another user"
    ),
    Situation("email_handover", 2, _email_handover, "one takes the email that the other gives up"),
    Situation(
        "department_unreferenced",
        3,
        _department_unreferenced,
        "a department code that is nobody's reference",
    ),
    Situation(
        "department_ambiguous",
        3,
        _department_ambiguous,
        "a department code that two references hold",
    ),
    Situation("department_none", 2, _department_none, "no department in payroll"),
    Situation(
        "bank_missing", 3, _bank_missing, "bank details null in payroll; two users have some"
    ),
    Situation("bank_blank", 2, _bank_blank, "bank details partly and wholly empty text"),
)
