"""People who are not users yet, or cannot become one: joiners, blanks, taken values."""

from collections.abc import Sequence

from oneway_connectors.sandbox.cast import Cast, Situation
from oneway_connectors.sandbox.drafts import PersonDraft


def _joiner(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft in drafts:
        draft.user = None
        draft.employment["starterDetails"]["startDate"] = cast.maker.day(-25, 0)
    cast.set_status(drafts[0], "Current", int)
    cast.set_status(drafts[1], "Current", str)


def _joiner_upcoming(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft, form in zip(drafts, (None, int, str), strict=True):
        draft.user = None
        draft.employment["starterDetails"]["startDate"] = cast.maker.day(1, 40)
        cast.set_status(draft, "Upcoming", form)


def _missing_email(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for draft, email in zip(drafts, (None, None, None, "", "   "), strict=True):
        draft.personal["email"] = email
        draft.user = draft.user if draft is drafts[0] else None


def _missing_first_name(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for draft in drafts:
        draft.personal["firstName"], draft.user = None, None


def _missing_last_name(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for draft in drafts:
        draft.personal["lastName"] = ""


def _blank_payroll_code(drafts: Sequence[PersonDraft], _: Cast) -> None:
    # The vendor's schema wants at least one character: white space is how blank gets through.
    for draft, code in zip(drafts, (" ", "   "), strict=True):
        draft.employment["payrollCode"], draft.user = code, None


def _duplicate_payroll_code(drafts: Sequence[PersonDraft], _: Cast) -> None:
    first, second, third, fourth = drafts
    second.employment["payrollCode"], second.user = first.employment["payrollCode"], None
    fourth.employment["payrollCode"] = third.employment["payrollCode"]
    third.user = fourth.user = None


def _taken_email(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    blank, null, other_case, left = drafts
    cast.add_holder(blank.personal["email"].upper(), "")
    cast.add_holder(null.personal["email"], None)
    other_case.employment["payrollCode"] = "NW-Ä-77"
    cast.add_holder(other_case.personal["email"], "nw-ä-77")
    cast.add_holder(left.personal["email"], "OLD-0041", cast.day(-300))
    for draft in drafts:
        draft.user = None


def _shared_email(drafts: Sequence[PersonDraft], _: Cast) -> None:
    for draft in drafts:
        draft.personal["email"], draft.user = drafts[0].personal["email"], None


JOINING: tuple[Situation, ...] = (
    Situation("joiner", 12, _joiner, "not yet a user"),
    Situation("joiner_upcoming", 3, _joiner_upcoming, "not yet a user, starts in the coming weeks"),
    Situation(
        "missing_email", 5, _missing_email, "email null, empty or spaces; the first is a user"
    ),
    Situation("missing_first_name", 1, _missing_first_name, "no first name, not a user"),
    Situation("missing_last_name", 1, _missing_last_name, "an empty last name, is a user"),
    Situation("blank_payroll_code", 2, _blank_payroll_code, "payroll code of white space"),
    Situation(
        "duplicate_payroll_code",
        4,
        _duplicate_payroll_code,
        "two codes held by two each; one has a user",
    ),
    Situation(
        "taken_email",
        4,
        _taken_email,
        "no user; another has the email: reference blank, null, in another case, left",
    ),
    Situation("shared_email", 2, _shared_email, "two joiners with one email"),
)
