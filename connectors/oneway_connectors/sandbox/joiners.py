"""People who are not users yet, or cannot become one: joiners, blanks, taken values."""

from collections.abc import Sequence

from oneway_connectors.sandbox.matching_person import PersonDraft
from oneway_connectors.sandbox.person_kinds import Cast, each, situation


@situation(12, "not yet a user")
def joiner(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft in drafts:
        draft.user = None
        draft.employment["starterDetails"]["startDate"] = cast.maker.day(-25, 0)
    cast.set_status(drafts[0], "Current", int)
    cast.set_status(drafts[1], "Current", str)


@situation(3, "not yet a user, starts in the coming weeks")
def joiner_upcoming(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft, form in zip(drafts, (None, int, str), strict=True):
        draft.user = None
        draft.employment["starterDetails"]["startDate"] = cast.maker.day(1, 40)
        cast.set_status(draft, "Upcoming", form)


@situation(5, "email null, empty or spaces; the first is a user")
def missing_email(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for draft, email in zip(drafts, (None, None, None, "", "   "), strict=True):
        draft.personal["email"] = email
        draft.user = draft.user if draft is drafts[0] else None


@each(1, "no first name, not a user")
def missing_first_name(draft: PersonDraft, _: Cast) -> None:
    draft.personal["firstName"], draft.user = None, None


@each(1, "an empty last name, is a user")
def missing_last_name(draft: PersonDraft, _: Cast) -> None:
    draft.personal["lastName"] = ""


@situation(2, "payroll code of white space")
def blank_payroll_code(drafts: Sequence[PersonDraft], _: Cast) -> None:
    # The vendor's schema demands at least one character, so a blank code is white space.
    for draft, code in zip(drafts, (" ", "   "), strict=True):
        draft.employment["payrollCode"], draft.user = code, None


@situation(4, "two codes held by two each; one has a user")
def duplicate_payroll_code(drafts: Sequence[PersonDraft], _: Cast) -> None:
    first, second, third, fourth = drafts
    second.employment["payrollCode"], second.user = first.employment["payrollCode"], None
    fourth.employment["payrollCode"] = third.employment["payrollCode"]
    third.user = fourth.user = None


@situation(4, "no user; another has the email: reference blank, null, in another case, left")
def taken_email(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    blank, null, other_case, left = drafts
    cast.add_holder(blank.personal["email"].upper(), "")
    cast.add_holder(null.personal["email"], None)
    other_case.employment["payrollCode"] = "NW-Ä-77"
    cast.add_holder(other_case.personal["email"], "nw-ä-77")
    cast.add_holder(left.personal["email"], "OLD-0041", cast.day(-300))
    for draft in drafts:
        draft.user = None


@situation(2, "two joiners with one email")
def shared_email(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for draft in drafts:
        draft.personal["email"], draft.user = drafts[0].personal["email"], None


JOINING = (
    joiner, joiner_upcoming, missing_email, missing_first_name, missing_last_name,
    blank_payroll_code, duplicate_payroll_code, taken_email, shared_email,
)  # fmt: skip
