"""The links of a connection: a file and a real PostgreSQL keep them alike."""

from collections.abc import Mapping
from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oneway.history.journal import Journal
from oneway.history.journal import links as module
from oneway.history.journal.links import LinkCounts, learn, link_counts, links, unlink
from oneway.planning.links import Link, Origin

MONDAY, TUESDAY = "2026-03-30T04:00:00Z", "2026-03-31T04:00:00Z"


def link(source: str, target: str, at: str = MONDAY, **more: str) -> Link:
    return Link(source, target, more.get("key", "K"), at, at, Origin.MATCHED)


def pairs(journal: Journal, connection: str = "acme") -> Mapping[str, str]:
    return {each.source_id: each.target_id for each in links(journal, connection)}


def test_what_was_learned_is_there_again_and_is_its_connections_alone(journal: Journal) -> None:
    made = link("s1", "t1")._replace(origin=Origin.CREATED, key="", key_digest="d" * 64)
    assert learn(journal, "acme", [made]) == LinkCounts(new=1)
    assert links(journal, "acme") == (made,)
    assert links(journal, "other") == ()
    assert link_counts(journal) == {"acme": 1}


def test_who_is_seen_again_keeps_since_when_and_how(journal: Journal) -> None:
    learn(journal, "acme", [link("s1", "t1")._replace(origin=Origin.CREATED)])
    assert learn(journal, "acme", [link("s1", "t1", TUESDAY)]) == LinkCounts(known=1)
    (found,) = links(journal, "acme")
    assert (found.since, found.seen, found.origin) == (MONDAY, TUESDAY, Origin.CREATED)
    learn(journal, "acme", [link("s1", "t1", TUESDAY, key="L")])
    assert links(journal, "acme")[0].key == "L"


def test_a_pair_takes_the_place_of_what_either_was_linked_to(journal: Journal) -> None:
    learn(journal, "acme", [link("s1", "t1"), link("s2", "t2")])
    assert learn(journal, "acme", [link("s1", "t2", TUESDAY)]).replaced == 2
    assert pairs(journal) == {"s1": "t2"}
    assert links(journal, "acme")[0].since == TUESDAY


def test_links_are_forgotten_by_source_record(journal: Journal) -> None:
    learn(journal, "acme", [link("s1", "t1"), link("s2", "t2")])
    assert unlink(journal, "acme", ["s1", "s9"]) == 1
    assert pairs(journal) == {"s2": "t2"}


def test_more_pairs_than_one_statement_takes_are_learned(journal: Journal) -> None:
    many = [link(f"s{n}", f"t{n}") for n in range(1_200)]
    assert learn(journal, "acme", many) == LinkCounts(new=1_200)
    again = [each._replace(seen=TUESDAY) for each in many]
    assert learn(journal, "acme", again) == LinkCounts(known=1_200)
    assert {each.seen for each in links(journal, "acme")} == {TUESDAY}


def test_ids_of_any_text_are_the_same_alone_and_with_all_that_is_known(journal: Journal) -> None:
    odd = ["plain", "\x00", "\x01", "\ud800", "a\x1fb\nc", "é"]
    learn(journal, "acme", [link(f"s{each}", each) for each in odd])
    found = links(journal, "acme")
    assert sorted(found.pairs) == sorted((each.source_id, each.target_id) for each in found)
    assert set(found.targets.values()) == set(odd)


def test_only_what_is_asked_of_many_links_is_read(journal: Journal) -> None:
    learn(journal, "acme", [link(f"s{n}", f"t{n}") for n in range(2_400)])
    found = links(journal, "acme")
    wanted = [(f"s{n}", f"t{n}") for n in range(0, 2_400, 4)]
    some = found.of_pairs([*wanted, ("s1", "t2"), ("s9999", "t1")])
    assert sorted((each.source_id, each.target_id) for each in some) == sorted(wanted)
    assert found.of_pairs(found.pairs) == list(found)


PAIRS = st.dictionaries(
    st.sampled_from("abcde\x01"), st.tuples(st.sampled_from("uvwxyz"), st.sampled_from("KL"))
).filter(lambda found: len({target for target, _ in found.values()}) == len(found))


@pytest.mark.parametrize(("at_once", "page"), [(1, 1), (1, 2), (1, 3), (500, 500)])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(PAIRS, max_size=6))
def test_law_20_no_record_is_ever_in_two_links(
    journal: Journal, at_once: int, page: int, nights: list[dict[str, tuple[str, str]]]
) -> None:
    """The model: the last word on either record of a pair counts, and `since` of a pair stays."""
    unlink(journal, "acme", list("abcde\x01"))
    wanted: dict[str, Link] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_AT_ONCE", at_once)  # many links, and few
        patch.setattr(module, "_PAGE", page)
        for number, night in enumerate(nights):
            now = f"2026-11-{number + 1:02}T04:00:00Z"
            found = [link(source, each, now, key=key) for source, (each, key) in night.items()]
            before = dict(wanted)
            taken = {each.target_id for each in found}
            wanted = {
                s: e for s, e in wanted.items() if s not in night and e.target_id not in taken
            }
            for each in found:
                old = before.get(each.source_id, each)
                same = old.target_id == each.target_id
                wanted[each.source_id] = each._replace(since=old.since) if same else each
            counts = learn(journal, "acme", found)
            assert counts.known == sum(e.since != now for e in map(wanted.get, night) if e)
            stored = links(journal, "acme")
            assert {each.source_id: each for each in stored} == wanted
            assert list(chain.from_iterable(stored.in_pages())) == list(stored)
