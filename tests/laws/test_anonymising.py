"""What is made of a real record names nobody, and still holds together."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from oneway.core.records import Value
from oneway.runs.draft.anonymise import Anonymiser, days_of, words_of

WORD = st.text("abcdefgRSTU0123456789éß", min_size=3, max_size=8)
DAY = st.dates(date(1950, 1, 1), date(2080, 1, 1)).map(date.isoformat)
NUMBER = st.integers(-(10**9), 10**9) | st.floats(0.001, 10**6)
TEXT = st.lists(WORD, min_size=1, max_size=3).map(" ".join)
MAIL = st.builds("{}.{}@{}.test".format, WORD, WORD, WORD)
PLAIN = TEXT | MAIL | DAY | NUMBER | st.none() | st.booleans() | st.just(" ")
DATA = st.dictionaries(
    st.sampled_from(["firstName", "lastName", "email", "code", "startDate", "dateOfBirth"]),
    PLAIN | st.lists(PLAIN, max_size=2) | st.dictionaries(st.just("code"), PLAIN, max_size=1),
)


def anonymiser(*data: dict[str, Value]) -> Anonymiser:
    return Anonymiser(frozenset({"current"}), days_of(data), ("dd/MM/yyyy",), words_of(data))


@given(DATA)
def test_no_word_of_a_real_record_is_left(data: dict[str, Value]) -> None:
    made = anonymiser(data).record(data)
    left = words_of([made]) & words_of([data])
    assert not {each for each in left if len(each) > 2 and each not in _SHARED}, made


_SHARED = {"test", "example", "com", "org", "net"} | {f"{year}" for year in range(1940, 2081)}
"""Ends of domains; a year may be another person's, but not the whole date."""


@given(st.lists(WORD, min_size=1, max_size=30))
def test_two_words_stay_two_and_one_stays_one(words: list[str]) -> None:
    made = anonymiser({"words": words})
    found = [str(made.value(each, ("code",))) for each in words]
    assert [str(made.value(each, ("email",))) for each in words] == found
    assert len({each.casefold() for each in found}) == len({each.casefold() for each in words})


@given(WORD, WORD, WORD)
def test_what_is_put_together_of_values_still_is(first: str, last: str, company: str) -> None:
    name, mail = f"{first} {last}", f"{first}.{last}@{company}.test".lower()
    made = anonymiser({"a": name, "b": mail})
    given, family = (
        str(made.value(e, (k,))) for e, k in ((first, "firstName"), (last, "lastName"))
    )
    assert made.value(name, ("name",)) == f"{given} {family}"
    assert str(made.value(mail, ("email",))).startswith(f"{given}.{family}@".lower())
    assert str(made.value(mail, ("email",))).partition("@")[2].startswith("example.")


@given(DAY, DAY, st.sampled_from(["", "T09:30:00Z", " 09:30"]))
def test_dates_keep_their_order_and_their_form(one: str, other: str, rest: str) -> None:
    made = anonymiser({"a": one, "b": other})
    first, second = (str(made.value(f"{each}{rest}", ("start",))) for each in (one, other))
    assert (first < second, first == second) == (one < other, one == other)
    assert first.endswith(rest)
    assert first != f"{one}{rest}"
    assert date.fromisoformat(first[:10]).weekday() == date.fromisoformat(one).weekday()
    written = date.fromisoformat(one).strftime("%d/%m/%Y")
    assert made.value(written, ("start",)) == date.fromisoformat(first[:10]).strftime("%d/%m/%Y")


@given(st.integers(10, 10**6), st.integers(0, 3), st.integers(0, 3))
def test_a_number_is_the_same_with_and_without_zeros(number: int, some: int, more: int) -> None:
    written = ["0" * zeros + str(number) for zeros in (some, more)]
    made = anonymiser({"a": written[0], "b": written[1]})
    found = [str(made.value(each, ("code",))) for each in written]
    assert found[0].lstrip("0") == found[1].lstrip("0")
    assert [len(each) for each in found] == [len(each) for each in written]
    assert not set(found) & set(written)
    assert made.value(number, ("id",)) == int(found[0])


def test_the_words_of_the_mapping_the_blank_and_the_true_stay() -> None:
    data: dict[str, Value] = {
        "a": "Current",
        "b": " ",
        "c": None,
        "d": True,
        "e": [],
        "f": "",
        "g": "Yes",
    }
    assert anonymiser(data).record(data) == data


def test_codes_keep_their_shape_and_numbers_are_numbers() -> None:
    data: dict[str, Value] = {"code": "AB-0042", "id": 28500, "sort": "20-45-91", "pay": 37.5}
    made = anonymiser(data).record(data)
    assert str(made["code"])[2] == "-"
    assert str(made["code"])[3:5] == "00"
    assert str(made["code"]).isupper()
    assert len(str(made["id"])) == 5
    assert isinstance(made["id"], int)
    assert isinstance(made["pay"], float)
    assert made["sort"] != data["sort"]
