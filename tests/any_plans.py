"""Plans of any content at all, for laws about what is said of them."""

from hypothesis import strategies as st

from oneway.core.diagnostics import Span
from oneway.core.seal import Sealed
from oneway.planning.plan import Action, Change, Kind, Miss, Outcome, Plan, Reason, Verb
from oneway.planning.plan_inputs import Allowance, PlanConnection, PlanInput, Read

# One small pool with what breaks terminals, tables and alignment, beside any text at all.
NASTY = st.sampled_from(
    ("", " ", "PAY0012", "Ann Example", "a\nb", "\x1b[2J", "\u202eexe", "\u0301x", "山田", "|`\\|")
) | st.sampled_from(
    ("x" * 200, "\ud800", "a\u200bb", "</details>", "e" + "\u0301" * 9, "  two  spaces  ")
)
TEXTS = NASTY | st.text(max_size=30)
SCALARS = st.none() | st.booleans() | st.integers(-99, 10**12) | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
FINITE = VALUES.filter(lambda value: "inf" not in repr(value).lower())
SEALED = st.builds(Sealed, st.just("0" * 64))
PLACES = st.builds(Span, TEXTS, st.integers(0, 2000), st.integers(0, 90), st.integers(0, 90))
CHANGES = st.builds(Change, TEXTS, FINITE | SEALED, FINITE | SEALED, TEXTS, PLACES)
ACTIONS = st.builds(
    Action,
    id=st.sampled_from("abcdef"),
    verb=st.sampled_from(Verb),
    source_id=TEXTS,
    target_id=st.none() | TEXTS,
    changes=st.lists(CHANGES, max_size=4).map(tuple),
    depends_on=st.lists(st.sampled_from("abcdef"), max_size=2).map(tuple),
)
REASONS = st.builds(
    Reason,
    code=TEXTS,
    text=TEXTS,
    place=st.none() | PLACES,
    candidates=st.lists(TEXTS, max_size=2).map(tuple),
    warning=st.booleans(),
)
OUTCOMES = st.builds(
    Outcome,
    kind=st.sampled_from(Kind),
    key=TEXTS,
    label=TEXTS,
    source_id=st.none() | TEXTS,
    target_id=st.none() | TEXTS,
    reasons=st.lists(REASONS, max_size=2).map(tuple),
    actions=st.lists(ACTIONS, max_size=2, unique_by=lambda each: each.verb).map(tuple),
    has_access=st.booleans(),
)
PLANS = st.builds(
    Plan,
    mapping=TEXTS,
    mapping_file=TEXTS,
    mapping_digest=st.just("1" * 64),
    as_of=st.just("2026-11-22T04:00:00Z"),
    settings=st.dictionaries(TEXTS, SCALARS.filter(lambda v: "inf" not in repr(v)), max_size=2),
    connection=st.none() | st.builds(PlanConnection, name=TEXTS, file=TEXTS),
    inputs=st.dictionaries(
        st.sampled_from(["source", "target"]),
        st.builds(
            PlanInput,
            connector=TEXTS,
            resource=TEXTS,
            options=st.dictionaries(TEXTS, TEXTS, max_size=2),
            file=st.none() | TEXTS,
        ),
    ),
    reads=st.lists(
        st.builds(
            Read,
            st.sampled_from(["source", "target"]) | TEXTS,
            st.integers(0, 10**6),
            st.booleans(),
            st.lists(TEXTS, max_size=2).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    managed=st.integers(0, 10**6),
    outcomes=st.lists(OUTCOMES, max_size=5).map(tuple),
    misses=st.lists(
        st.builds(
            Miss,
            TEXTS,
            TEXTS,
            st.integers(0, 3),
            st.integers(1, 9999),
            TEXTS,
            st.lists(TEXTS, max_size=3).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    allowed=st.lists(st.builds(Allowance, TEXTS, st.integers(0, 9), TEXTS), max_size=1).map(tuple),
)
