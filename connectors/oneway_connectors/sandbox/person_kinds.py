"""The kinds of people in the sandboxes, and the helpers that shape them."""

from collections.abc import Callable, Sequence
from dataclasses import field
from datetime import timedelta
from typing import TypeAlias

from oneway.core.dataclass import dataclass
from oneway_connectors.sandbox.matching_person import Json, Maker, PersonDraft, status_index


@dataclass(slots=True)
class Cast:
    """State that the shapes share: the maker, and the users without an employee."""

    maker: Maker
    others: list[Json] = field(default_factory=list)
    quirks: bool = True

    def day(self, offset: int) -> str:
        """Return the day `offset` days from today, as ISO text."""
        return (self.maker.today + timedelta(days=offset)).isoformat()

    def set_status(
        self, draft: PersonDraft, status: str, form: type[int] | type[str] | None = None
    ) -> None:
        """Set an employee's status: the word or, with quirks, its index as `form`."""
        indexed = form is not None and self.quirks
        draft.employee["status"] = form(status_index(status)) if form and indexed else status

    def add_holder(self, email: str, reference: str | None, leave_date: str | None = None) -> None:
        """Add a user with an email that an employee without a user needs."""
        stranger = self.maker.draft().held
        self.others.append(
            {**stranger, "email": email, "reference": reference, "leaveDate": leave_date}
        )


Shape: TypeAlias = Callable[[Sequence[PersonDraft], Cast], None]


@dataclass(frozen=True, slots=True)
class Situation:
    """A kind of person, how many there are, and what makes them so."""

    name: str
    count: int
    shape: Shape
    about: str


def situation(count: int, about: str) -> Callable[[Shape], Situation]:
    """Make a situation of the function below, which shapes all its people and names it."""
    return lambda shape: Situation(shape.__name__, count, shape, about)


def each(count: int, about: str) -> Callable[[Callable[[PersonDraft, Cast], None]], Situation]:
    """Make a situation of the function below, which shapes one person at a time and names it."""

    def made(shape: Callable[[PersonDraft, Cast], None]) -> Situation:
        def every(drafts: Sequence[PersonDraft], cast: Cast) -> None:
            for draft in drafts:
                shape(draft, cast)

        return Situation(shape.__name__, count, every, about)

    return made
