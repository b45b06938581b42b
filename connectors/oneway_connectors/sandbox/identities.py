"""People whom a match key alone does not identify, added on request."""

from collections.abc import Sequence

from oneway_connectors.sandbox.matching_person import PersonDraft, leaver_details
from oneway_connectors.sandbox.person_kinds import Cast, situation


@situation(2, "a joiner with the code of somebody who left, and is a user")
def reused_code(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for number, draft in enumerate(drafts, 1):
        draft.user = None
        draft.employment["starterDetails"]["startDate"] = cast.day(-3)
        code = draft.employment["payrollCode"]
        cast.add_holder(f"former.colleague{number}@example.com", code, cast.day(-200))


@situation(2, "one person: an employment that ended, with the user, and one that began")
def two_employments(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    ended, current = drafts
    current.personal.update(ended.personal)
    current.user = None
    current.employment["starterDetails"]["startDate"] = cast.day(-1)
    ended.employment["leaverDetails"] = leaver_details(has_left=True, leave_date=cast.day(-2))
    cast.set_status(ended, "Former")


IDENTITIES = (reused_code, two_employments)
