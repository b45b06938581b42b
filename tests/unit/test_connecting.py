"""What an answer in `oneway connect` means, and what standard input may hold."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.cli.connecting.choosing import chosen, picked
from oneway.cli.connecting.request import parsed
from oneway.cli.console import Console
from oneway.cli.prompts import Asking
from oneway.core.connector import Choice
from oneway.core.diagnostics import Refused

values = st.text("abc01- ", min_size=1, max_size=4)
lists = st.lists(
    st.builds(Choice, values, st.text("aAbß ", min_size=1, max_size=5)),
    min_size=1,
    max_size=6,
    unique_by=lambda choice: choice.value,
)


@given(lists)
def test_every_choice_of_a_list_is_reached_by_its_number(choices: list[Choice]) -> None:
    for number, choice in enumerate(choices, 1):
        assert picked(str(number), choices, choices).choice == choice


@given(lists)
def test_every_choice_of_a_list_too_long_to_show_is_reached_by_its_id(
    choices: list[Choice],
) -> None:
    for choice in choices:
        assert picked(choice.value, (), choices).choice == choice


@given(lists, st.text("aAbßS ", min_size=1, max_size=3))
def test_a_part_of_a_name_leaves_those_that_have_it_whatever_the_case(
    choices: list[Choice], part: str
) -> None:
    found = picked(part, (), choices)
    if found.choice is None:
        assert set(found.left) == {c for c in choices if part.casefold() in c.label.casefold()}
    else:
        assert found.choice.value == part


def test_a_number_beyond_the_list_is_an_id_or_a_name() -> None:
    choices = [Choice("7", "Seven"), Choice("x", "Shop 9")]
    assert picked("7", choices, choices).choice == choices[0]
    assert picked("9", choices, choices).left == (choices[1],)
    assert picked("0" * 5000, choices, choices).left == ()


def test_a_long_list_is_narrowed_by_typing_until_it_can_be_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    choices = [Choice(f"id-{n}", f"Shop {n}\x1b[2J") for n in range(300)]
    monkeypatch.setattr("sys.stdin", io.StringIO("none\n\nshop 29\n3\n"))
    assert chosen(Asking(Console()), "employer", choices) == choices[291]
    said = capsys.readouterr().err
    assert "There are 300 employers to choose from." in said
    assert "No employer is called like that." in said
    assert " 11. Shop 299" in said
    assert "\x1b[2J" not in said


def test_two_of_one_name_are_told_apart_by_their_ids(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    choices = [Choice("a1", "Shop"), Choice("b2", "Shop")]
    monkeypatch.setattr("sys.stdin", io.StringIO("b2\n"))
    assert chosen(Asking(Console()), "employer", choices).value == "b2"
    assert "2. Shop (b2)" in capsys.readouterr().err


def test_credentials_come_a_line_each_and_are_never_repeated() -> None:
    lines = ["source.api_key=a=b\n", "\n", "target.token=c\r\n"]
    found = parsed(lines)
    assert {name: secret.open() for name, secret in found.items()} == {
        ("source", "api_key"): "a=b",
        ("target", "token"): "c",
    }


@pytest.mark.parametrize(
    "line", ["CANARY", "source.=CANARY", "CANARY.key=x", "=CANARY", "source.api_key= CANARY"]
)
def test_every_line_that_gives_no_credential_is_named_by_its_number(line: str) -> None:
    with pytest.raises(Refused) as caught:
        parsed(["source.api_key=good\n", f"{line}\n", "nonsense\n"])
    assert len(caught.value.diagnostics) == 2
    assert "CANARY" not in str(caught.value)
