"""Who is whom, one decision a test."""

from collections.abc import Hashable

import pytest

from oneway.mapping.rows import SourceRow, TargetRow
from oneway.planning.match import NOBODY, Matches, match
from oneway.planning.record_owner import owner_text


def row(id: str, *keys: Hashable) -> SourceRow:
    return SourceRow(id, id, "", keys)


def held(id: str, *keys: Hashable) -> TargetRow:
    return TargetRow(id, id, keys)


def matched(rows: list[SourceRow], targets: list[TargetRow], levels: int = 1) -> Matches:
    return match(rows, targets, ["reference", "email", "", ""][:levels])


def test_one_row_and_one_record_with_one_value_match() -> None:
    found = matched([row("s", "A")], [held("t", "A")])
    assert found.by_source["s"].target == held("t", "A")


def test_nothing_matches_a_blank_key() -> None:
    found = matched([row("s", None)], [held("t", None)])
    assert found.of(row("s", None)) is NOBODY


def test_two_rows_with_one_key_conflict_both_and_name_all() -> None:
    found = matched([row("s1", "A"), row("s2", "A")], [held("t", "A")])
    for id in ("s1", "s2"):
        conflict = found.by_source[id].conflict
        assert conflict is not None
        assert conflict.code == "duplicate"
        assert conflict.candidates == ("s1", "s2", "t")


def test_two_rows_with_one_key_conflict_where_no_record_has_it() -> None:
    found = matched([row("s1", "A"), row("s2", "A")], [])
    assert all(found.by_source[id].conflict is not None for id in ("s1", "s2"))


def test_two_records_with_the_key_are_a_conflict_never_a_choice() -> None:
    conflict = matched([row("s", "A")], [held("t1", "A"), held("t2", "A")]).by_source["s"].conflict
    assert conflict is not None
    assert (conflict.code, conflict.candidates) == ("ambiguous", ("t1", "t2"))


def test_the_next_key_is_tried_where_no_record_has_the_first() -> None:
    found = matched([row("s", "A", "m")], [held("t", "B", "m")], 2)
    assert found.by_source["s"].target is not None
    assert found.by_source["s"].level == 1


def test_an_ambiguous_first_key_is_not_resolved_by_the_second() -> None:
    targets = [held("t1", "A", "m"), held("t2", "A", "n")]
    assert matched([row("s", "A", "m")], targets, 2).by_source["s"].conflict is not None


def test_a_record_that_an_earlier_key_gave_away_is_a_conflict() -> None:
    rows = [row("s1", "A", None), row("s2", None, "m")]
    found = matched(rows, [held("t", "A", "m")], 2)
    assert found.by_source["s1"].target is not None
    conflict = found.by_source["s2"].conflict
    assert conflict is not None
    assert (conflict.code, conflict.candidates) == ("claimed", ("t",))


def test_a_row_whose_second_key_failed_still_speaks_through_its_first() -> None:
    found = matched([row("s1", "A"), row("s2", None, "m")], [held("t", "A", "m")], 2)
    assert found.by_source["s1"].target is not None
    assert found.by_source["s2"].conflict is not None


def test_who_is_in_conflict_still_speaks_for_the_candidates() -> None:
    found = matched([row("s1", "A"), row("s2", "A")], [held("t", "A")])
    assert found.spoken == {"t"}


@pytest.mark.parametrize(
    ("left", "said"), [(False, "(E5 Bo Before), which an earlier key gave to that person"),
                       (True, "(E5 Bo Before, has left), which an earlier key gave to that person; "
                              "if both are one person who came back under a new key, "
                              "give record 2 the key E77 by hand")],
)  # fmt: skip
def test_a_record_that_an_earlier_key_gave_away_is_said_to_be_somebodys(
    left: bool, said: str
) -> None:
    before = row("1", "E5", "bo@example.com")._replace(key="E5", label="Bo Before")
    again = row("3", "E77", "bo2@example.com")._replace(key="E77", label="Bo Again")
    target = held("2", "E5", "bo2@example.com")._replace(left=left)
    found = matched([before, again], [target], 2).by_source["3"]
    assert found.conflict is not None
    assert found.conflict.text == f"match key 2 (email) finds target record 2 {said}"
    assert found.conflict.candidates == ("2",)


def test_whose_a_record_is_needs_no_person() -> None:
    assert owner_text("2", None, None) == "target record 2"
    assert owner_text("2", held("2", "E5")._replace(key="E5"), None) == "target record 2 (E5)"
    gone = held("2", "E5")._replace(key="2", left=True)
    assert owner_text("2", gone, None) == "target record 2 (has left)"
    leaver = row("1", "E5")._replace(key="E5", label="", leaver=True)
    assert owner_text("2", held("2", "E5"), leaver) == "target record 2 (E5, leaves)"
