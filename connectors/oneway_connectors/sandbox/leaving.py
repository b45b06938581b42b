"""People who leave, have left, or came back."""

from collections.abc import Sequence

from oneway_connectors.sandbox.cast import Cast, Situation
from oneway_connectors.sandbox.drafts import PersonDraft, leaver_details


def _leave(
    draft: PersonDraft, cast: Cast, date: str | None, form: type[int] | type[str] | None = None
) -> None:
    draft.employment["leaverDetails"] = leaver_details(has_left=True, leave_date=date)
    cast.set_status(draft, "Former", form)


def _leaver_today(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft, form in zip(drafts, (None, int), strict=True):
        _leave(draft, cast, cast.day(0), form)


def _leaver_past(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft, form in zip(drafts, (None, str, None), strict=True):
        _leave(draft, cast, cast.maker.day(-20, -1), form)


def _leaver_future(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft in drafts:
        _leave(draft, cast, cast.maker.day(5, 60))
        cast.set_status(draft, "Current")


def _leaver_undated(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft in drafts:
        draft.employment["leaverDetails"] = leaver_details(has_left=False, leave_date=None)
        cast.set_status(draft, "Former")


def _leaver_scheduled(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    _leaver_future(drafts, cast)
    for draft in drafts:
        draft.held["leaveDate"] = draft.employment["leaverDetails"]["leaveDate"]


def _leaver_rescheduled(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    _leaver_future(drafts, cast)
    for draft in drafts:
        draft.held["leaveDate"] = cast.day(90)


def _leaver_noted(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft in drafts:
        draft.employment["leaverDetails"]["leaveDate"] = cast.day(75)


def _left_already(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft in drafts:
        date = cast.maker.day(-400, -30)
        _leave(draft, cast, date, str if draft is drafts[0] else None)
        draft.held["leaveDate"] = date


def _leaver_unknown(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft in drafts:
        _leave(draft, cast, cast.maker.day(-700, -400))
        draft.user = None


def _rehire(drafts: Sequence[PersonDraft], cast: Cast) -> None:
    for draft in drafts:
        draft.held["leaveDate"] = cast.maker.day(-200, -60)
        draft.employment["starterDetails"]["startDate"] = cast.maker.day(-25, -1)


LEAVING: tuple[Situation, ...] = (
    Situation("leaver_today", 2, _leaver_today, "leaves today, user active"),
    Situation("leaver_past", 3, _leaver_past, "left in the last weeks, user active"),
    Situation(
        "leaver_future", 2, _leaver_future, "leaves in the coming weeks, user has no leave date"
    ),
    Situation("leaver_undated", 1, _leaver_undated, "status Former without any date, user active"),
    Situation(
        "leaver_scheduled", 1, _leaver_scheduled, "leaves in the coming weeks, user has that date"
    ),
    Situation(
        "leaver_rescheduled",
        1,
        _leaver_rescheduled,
        "leaves in the coming weeks, user has another date",
    ),
    Situation(
        "leaver_noted",
        1,
        _leaver_noted,
        "a date is noted, but payroll does not say that they leave",
    ),
    Situation("left_already", 5, _left_already, "left long ago in both"),
    Situation("leaver_unknown", 3, _leaver_unknown, "left long ago and never was a user"),
    Situation("rehire", 2, _rehire, "employed in payroll, left in the expense system"),
)
