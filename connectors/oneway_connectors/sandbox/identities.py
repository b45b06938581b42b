"""Who is whom: people of whom a key alone says too little. They are there where asked for."""

from collections.abc import Sequence

from oneway_connectors.sandbox.cast import Cast, Situation
from oneway_connectors.sandbox.drafts import PersonDraft, leaver_details


def _reused_code(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for number, draft in enumerate(drafts, 1):
        draft.user = None
        draft.employment["starterDetails"]["startDate"] = cast.day(-3)
        code = draft.employment["payrollCode"]
        cast.add_holder(f"former.colleague{number}@example.com", code, cast.day(-200))


def _two_employments(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    ended, current = drafts
    current.personal.update(ended.personal)
    current.user = None
    current.employment["starterDetails"]["startDate"] = cast.day(-1)
    ended.employment["leaverDetails"] = leaver_details(has_left=True, leave_date=cast.day(-2))
    cast.set_status(ended, "Former")


IDENTITIES: tuple[Situation, ...] = (
    Situation(
        "reused_code", 2, _reused_code, "a joiner with the code of somebody who left, and is a user"
    ),
    Situation(
        "two_employments",
        2,
        _two_employments,
        "one person: an employment that ended, with the user, and one that began",
    ),
)
