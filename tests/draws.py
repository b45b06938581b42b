"""What a law draws: by a seed, or by Hypothesis, which takes ten times as long and can shrink it.

Hypothesis records every choice, so that it can make an example smaller. Where nothing is shrunk
(`make test`), it chooses a seed alone, and all else of the example follows from the seed. Write
what is drawn once, with the functions below: they draw in both ways.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from random import Random
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from hypothesis import Phase, settings
from hypothesis import strategies as st

T = TypeVar("T")
U = TypeVar("U")
P = ParamSpec("P")

_SEEDS = st.integers(0, 2**64 - 1)
_MORE = 4
"""How many more items than the fewest a list has that says nothing of the most."""
_TRIES = 100


@st.composite
def _seeded(draw: st.DrawFn, by_seed: Callable[[Random], T]) -> T:
    """Draw by a seed; an example that fails is printed itself, as of any `composite`."""
    return by_seed(Random(draw(_SEEDS)))


@dataclass(frozen=True, slots=True)
class Draws(Generic[T]):
    """Something to draw, in either way."""

    by_seed: Callable[[Random], T]
    by_hypothesis: Callable[[], st.SearchStrategy[T]]

    @property
    def strategy(self) -> st.SearchStrategy[T]:
        """Return what a law is given: drawn by Hypothesis if the profile shrinks examples."""
        if Phase.shrink in settings().phases:
            return self.by_hypothesis()
        return _seeded(self.by_seed)

    def map(self, change: Callable[[T], U]) -> "Draws[U]":
        """Draw what a function makes of what is drawn."""
        return Draws(
            lambda dice: change(self.by_seed(dice)), lambda: self.by_hypothesis().map(change)
        )

    def filter(self, fits: Callable[[T], bool]) -> "Draws[T]":
        """Draw only what fits."""

        def by_seed(dice: Random) -> T:
            return next(d for d in (self.by_seed(dice) for _ in range(_TRIES)) if fits(d))

        return Draws(by_seed, lambda: self.by_hypothesis().filter(fits))


class Draw(Protocol):
    """Draws something within a function that is `composite`."""

    def __call__(self, of: Draws[T], /) -> T: ...


def composite(define: Callable[Concatenate[Draw, P], T]) -> Callable[P, Draws[T]]:
    """Draw by a function that draws its parts, as `hypothesis.strategies.composite`."""

    @st.composite
    def by_hypothesis(draw: st.DrawFn, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return define(lambda of: draw(of.by_hypothesis()), *args, **kwargs)

    @wraps(define)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Draws[T]:
        return Draws(
            lambda dice: define(lambda of: of.by_seed(dice), *args, **kwargs),
            lambda: by_hypothesis(*args, **kwargs),
        )

    return drawn


_CHOICES: dict[str, st.SearchStrategy[Any]] = {}


def choice(of: Sequence[T]) -> Draws[T]:
    """Draw one of some values."""

    def by_hypothesis() -> st.SearchStrategy[T]:
        """Make the strategy once, which takes longer than a draw."""
        text = repr(of)
        if text not in _CHOICES:
            _CHOICES[text] = st.sampled_from(of)
        return _CHOICES[text]

    return Draws(lambda dice: of[int(dice.random() * len(of))], by_hypothesis)


def often(usual: Sequence[Any], rare: Sequence[Any]) -> Draws[Any]:
    """Draw mostly from `usual`, now and then from `rare`."""
    some, odd = choice(usual), choice(rare)

    def by_hypothesis() -> st.SearchStrategy[Any]:
        text = repr((usual, rare))
        if text not in _CHOICES:
            kinds = odd.by_hypothesis(), some.by_hypothesis()
            _CHOICES[text] = st.integers(0, 9).flatmap(lambda n: kinds[n <= 7])
        return _CHOICES[text]

    return Draws(lambda dice: (odd if dice.random() < 0.2 else some).by_seed(dice), by_hypothesis)


BOOLEANS = choice([False, True])


def just(value: T) -> Draws[T]:
    """Draw a value."""
    return Draws(lambda _: value, lambda: st.just(value))


def one_of(*draws: Draws[T]) -> Draws[T]:
    """Draw in one of some ways."""
    return Draws(
        lambda dice: dice.choice(draws).by_seed(dice),
        lambda: st.one_of([each.by_hypothesis() for each in draws]),
    )


def together(fields: Mapping[str, Draws[Any]]) -> Draws[dict[str, Any]]:
    """Draw a value for each of some names."""
    return Draws(
        lambda dice: {name: value.by_seed(dice) for name, value in fields.items()},
        lambda: st.fixed_dictionaries({n: each.by_hypothesis() for n, each in fields.items()}),
    )


def permutations(of: Sequence[T]) -> Draws[list[T]]:
    """Draw an order of some values."""
    return Draws(lambda dice: dice.sample(of, len(of)), lambda: st.permutations(of))


def lists(
    of: Draws[T],
    fewest: int = 0,
    most: int | None = None,
    different: Callable[[T], Any] | None = None,
) -> Draws[list[T]]:
    """Draw some values, of which no two have the same `different`, if it is given."""

    def by_seed(dice: Random) -> list[T]:
        wanted = dice.randint(fewest, fewest + _MORE if most is None else most)
        if different is None:
            return [of.by_seed(dice) for _ in range(wanted)]
        found: dict[Any, T] = {}
        for tried in range(_TRIES):
            if len(found) == wanted or (tried > wanted and len(found) >= fewest):
                break
            value = of.by_seed(dice)
            found.setdefault(different(value), value)
        assert len(found) >= fewest
        return list(found.values())

    return Draws(
        by_seed,
        lambda: st.lists(of.by_hypothesis(), min_size=fewest, max_size=most, unique_by=different),
    )


def sets(of: Draws[T], fewest: int = 0, most: int | None = None) -> Draws[set[T]]:
    """Draw some values, each once."""
    return lists(of, fewest, most, different=lambda value: value).map(set)
