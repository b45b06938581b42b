"""Questions at a terminal fit its lines, and the answer is typed behind them."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.cli.console import Console
from oneway.cli.prompts import Asking

WORDS = st.lists(st.text("abcdef,.", min_size=1, max_size=20), min_size=1, max_size=40)


@given(WORDS)
def test_every_line_of_a_question_fits(words: list[str]) -> None:
    question = " ".join(words)
    for ask in (lambda asking: asking.yes(question, default=True), lambda a: a.text(question, "x")):
        with pytest.MonkeyPatch.context() as patched:
            said = io.StringIO()
            patched.setattr("sys.stderr", said)
            patched.setattr("sys.stdin", io.StringIO("y\n"))
            ask(Asking(Console()))
        assert max(map(len, said.getvalue().split("\n"))) <= 81  # with the space before the answer
        assert said.getvalue().endswith("]: ")
        assert " ".join(said.getvalue().split()).startswith(question)
