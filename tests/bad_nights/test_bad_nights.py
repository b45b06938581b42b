"""Two of the bad nights; `python -m tests.bad_nights` lives through all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .nights import NIGHTS
from .stage import Theatre, theatre
from .table import PAGE, lived


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    with theatre(tmp_path_factory.mktemp("nights") / "good") as found:
        yield found


@pytest.mark.parametrize("name", ["killed after one of three writes", "the source is empty"])
def test_every_place_says_what_is_true(name: str, shared: Theatre) -> None:
    assert lived(NIGHTS[name], shared).wrong == ()


def test_the_page_has_every_night() -> None:
    page = Path(PAGE).read_text(encoding="utf-8")
    assert [name for name in NIGHTS if f"| {name} |" not in page] == []
