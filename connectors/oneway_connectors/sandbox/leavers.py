"""People who leave, have left, or came back."""

from collections.abc import Sequence

from oneway_connectors.sandbox.matching_person import PersonDraft, leaver_details
from oneway_connectors.sandbox.person_kinds import Cast, each, situation


def _leave(
    draft: PersonDraft, cast: Cast, date: str | None, form: type[int] | type[str] | None = None
) -> None:
    draft.employment["leaverDetails"] = leaver_details(has_left=True, leave_date=date)
    cast.set_status(draft, "Former", form)


@situation(2, "leaves today, user active")
def leaver_today(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft, form in zip(drafts, (None, int), strict=True):
        _leave(draft, cast, cast.day(0), form)


@situation(3, "left in the last weeks, user active")
def leaver_past(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft, form in zip(drafts, (None, str, None), strict=True):
        _leave(draft, cast, cast.maker.day(-20, -1), form)


def _leave_soon(draft: PersonDraft, cast: Cast) -> None:
    _leave(draft, cast, cast.maker.day(5, 60))
    cast.set_status(draft, "Current")


@each(2, "leaves in the coming weeks, user has no leave date")
def leaver_future(draft: PersonDraft, cast: Cast) -> None:
    _leave_soon(draft, cast)


@each(1, "status Former without any date, user active")
def leaver_undated(draft: PersonDraft, cast: Cast) -> None:
    draft.employment["leaverDetails"] = leaver_details(has_left=False, leave_date=None)
    cast.set_status(draft, "Former")


@each(1, "leaves in the coming weeks, user has that date")
def leaver_scheduled(draft: PersonDraft, cast: Cast) -> None:
    _leave_soon(draft, cast)
    draft.held["leaveDate"] = draft.employment["leaverDetails"]["leaveDate"]


@each(1, "leaves in the coming weeks, user has another date")
def leaver_rescheduled(draft: PersonDraft, cast: Cast) -> None:
    _leave_soon(draft, cast)
    draft.held["leaveDate"] = cast.day(90)


@each(1, "a date is noted, but payroll does not say that they leave")
def leaver_noted(draft: PersonDraft, cast: Cast) -> None:
    draft.employment["leaverDetails"]["leaveDate"] = cast.day(75)


@situation(5, "left long ago in both")
def left_already(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft in drafts:
        date = cast.maker.day(-400, -30)
        _leave(draft, cast, date, str if draft is drafts[0] else None)
        draft.held["leaveDate"] = date


@each(3, "left long ago and never was a user")
def leaver_unknown(draft: PersonDraft, cast: Cast) -> None:
    _leave(draft, cast, cast.maker.day(-700, -400))
    draft.user = None


@each(2, "employed in payroll, left in the expense system")
def rehire(draft: PersonDraft, cast: Cast) -> None:
    draft.held["leaveDate"] = cast.maker.day(-200, -60)
    draft.employment["starterDetails"]["startDate"] = cast.maker.day(-25, -1)


LEAVING = (
    leaver_today, leaver_past, leaver_future, leaver_undated, leaver_scheduled,
    leaver_rescheduled, leaver_noted, left_already, leaver_unknown, rehire,
)  # fmt: skip
