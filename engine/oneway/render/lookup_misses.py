"""Values that a lookup table lacks, and the people who have them."""

from collections import Counter
from collections.abc import Iterator, Mapping

from oneway.core.phrases import count
from oneway.core.sealed import MASK
from oneway.planning.plan import Miss, Plan
from oneway.render.layout import clip
from oneway.render.sanitize import harmless, shown


def people(plan: Plan) -> Mapping[str, str]:
    """Return the key and name of each person whose lookup failed, by source id."""
    these = {id for miss in plan.misses for id in miss.whose}
    return {
        each.source_id: " ".join(dict.fromkeys(filter(None, (each.key, each.label))))
        for each in (plan.outcomes if these else ())
        if each.source_id in these
    }


def whose(miss: Miss, known: Mapping[str, str]) -> str:
    """Return for how many records a lookup failed, and the names that are known."""
    named = [clip(harmless(known[id])) for id in miss.whose if known.get(id)]
    if not named:
        return count(miss.records)
    more = miss.records - len(named)
    rest = f" and {more:,} more" if more > 0 else ""
    return f"{count(miss.records)}: {', '.join(named)}{rest}"


def missed(miss: Miss, known: Mapping[str, str]) -> str:
    """Return a value that a lookup table does not have exactly once, and the people who have it."""
    rows = miss.why or ("is in no row" if miss.found == 0 else f"is in {miss.found:,} rows")
    where = f"{harmless(miss.field)}: {_code(miss.value)} {rows} of {harmless(miss.reference)}"
    return f"{where}, {whose(miss, known)}{instead(miss)}"


def instead(miss: Miss) -> str:
    """Return what is used instead of a value that a table lacks: `; in its place: GEN`."""
    return f"; in its place: {_code(miss.instead)}" if miss.instead else ""


def lookups_that_missed(plan: Plan) -> Iterator[str]:
    """Yield for how many records each lookup failed."""
    counts: Counter[tuple[str, str]] = Counter()
    for miss in plan.misses:
        counts[miss.field, miss.reference] += miss.records
    source = next((each.records for each in plan.reads if each.name == "source"), 0)
    for (field, reference), number in counts.items():
        of = f" of {source:,}" if source else ""
        doubt = ": does its key fit?" if 2 * number > source > 1 else ""
        yield (
            f"{harmless(field)}: the lookup in {harmless(reference)} missed for {number:,}{of} "
            f"{'record' if (source or number) == 1 else 'records'}{doubt}"
        )


def _code(value: str) -> str:
    return value if value == MASK else clip(shown(value))
