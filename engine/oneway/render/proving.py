"""Renders the findings of `oneway prove` and `oneway same`, with a test case for each."""

from collections.abc import Iterator, Mapping
from itertools import chain, repeat

from oneway.core.phrases import count
from oneway.core.records import Value
from oneway.render.layout import flow_lines, wrap
from oneway.render.sanitize import harmless, json_text
from oneway.render.style import Ink, Style
from oneway.runs.proving.laws import BrokenLaw
from oneway.runs.proving.prove import MappingProof, Sameness, VersionComparison, difference
from oneway.runs.proving.situation import Bound, ProofSituation

_LAWS = (
    "A law holds for every mapping: {}a gap in the data ends nobody's access, "
    "the second run has nothing to do (`oneway prove --help`)."
)
_NO_LEAVERS = "no leavers are defined: nobody loses access, and no law about leavers was tried"


def text(proof: MappingProof, style: Style) -> str:
    """Return each broken law with its place, and the situation as a test case."""
    lines: list[str] = []
    for each in proof.broken:
        head = f"{each.place!s}: {each.law}: {each.text}"
        lines += [style.paint(line, Ink.TROUBLE) for line in wrap(harmless(head), style, 0, 4)]
        lines += case_lines(each.case)
        lines.append("")
    said = f"{count(len(proof.broken), 'law')} broken" if proof.broken else "no law is broken"
    ink = Ink.TROUBLE if proof.broken else Ink.GOOD
    lines += [style.paint(x, ink) for x in wrap(f"{said} {_bound(proof.bound)}", style, 0, 4)]
    if not proof.leavers:
        lines += [style.paint(line, Ink.TROUBLE) for line in wrap(_NO_LEAVERS, style, 0, 0)]
    lines += wrap(_LAWS.format("leavers lose access, " if proof.leavers else ""), style, 0, 0)
    return "\n".join(lines) + "\n"


def same_text(found: VersionComparison, style: Style) -> str:
    """Return a situation in which two mappings differ, or the bound within which they agree."""
    treated = found.treated
    beside = [line for said in _beside(found) for line in wrap(harmless(said), style, 0, 2)]
    if treated is None:
        return "\n".join([style.paint(found.verdict.value, Ink.GOOD), *beside]) + "\n"
    if treated.situation is None or treated.person is None:
        said = f"no difference {_bound(treated.bound)}"
        lines = [style.paint(line, Ink.GOOD) for line in wrap(said, style, 0, 4)]
        for why in found.because:
            lines += wrap(f"for all records: cannot decide: {harmless(why)}", style, 0, 4)
        return "\n".join([*lines, *beside]) + "\n"
    lines = [style.paint(harmless(f"not the same: {difference(treated.person)}"), Ink.TROUBLE)]
    lines += [*case_lines(treated.case), *beside]
    return "\n".join(lines) + "\n"


def _beside(found: VersionComparison) -> Iterator[str]:
    """Yield what differs besides how a record is treated: looser guards, and other systems."""
    looser = ", ".join(each.text for each in found.looser)
    if looser:
        yield f"! guards that let more through: {looser}"
    elsewhere = ", ".join(each.text for each in found.redirected)
    if elsewhere:
        yield f"! another system or account: {elsewhere}"


def case_lines(case: Mapping[str, Value] | None) -> list[str]:
    """Return an item for the `cases` of a mapping test, indented; its values are made up."""
    if case is None:
        return [f"    {NO_CASE}"]
    leads = chain(["    - "], repeat("      "))
    pairs = zip(leads, case.items(), strict=False)
    return [
        line
        for lead, (key, value) in pairs
        for line in flow_lines(f"{lead}{key}:", _flow(key, value), 8)
    ]


NO_CASE = "no case is shown: no expectation about one person would fail on it"


def _flow(key: str, value: Value) -> str:
    """Return a value as YAML in flow style."""
    if key == "expect" and isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_flow(name, each)}' for name, each in value.items())}}}"
    return str(value) if key == "outcome" else json_text(value)


def _bound(bound: Bound) -> str:
    """Return which situations were tried and, if there were too many pairs, which were not."""
    kinds = f"{bound.classes:,} kinds of value in {count(bound.paths, 'field')}"
    tried = f"all {bound.pairs:,} pairs of {kinds}"
    if bound.pairs < bound.of_pairs:
        tried = f"{bound.pairs:,} of {bound.of_pairs:,} pairs of {kinds}; --situations tries more"
    return f"in {count(bound.situations, 'situation')}: {tried}"


def as_json(proof: MappingProof) -> dict[str, object]:
    """Return a proof as data.

    Keys: broken (law, text, place, wanted, outcome, changes, record, target, case), bound (paths,
    classes, situations, pairs, of_pairs) and leavers (whether any are defined).
    """
    return {
        "broken": list(map(_broken, proof.broken)),
        "bound": _bound_as_json(proof.bound),
        "leavers": proof.leavers,
    }


def same_as_json(found: VersionComparison) -> dict[str, object]:
    """Return a comparison as data.

    Keys: same (null if only a sample suggests it), decided (for all records), undecided (why not),
    looser (guards that let more through: name, was, now), redirected (what leads to another system
    or account: name, place, was, now), difference, record, target, bound.
    """
    data: dict[str, object] = {
        "same": None if found.verdict is Sameness.UNDECIDED else found.verdict is Sameness.SAME,
        "decided": found.verdict is not Sameness.UNDECIDED,
        "undecided": list(found.because),
        "looser": [{"name": e.name, "was": e.was, "now": e.now} for e in found.looser],
        "redirected": [each.data for each in found.redirected],
    }
    treated = found.treated
    if treated is None:
        return data
    if treated.situation is not None and treated.person is not None:
        data["difference"] = difference(treated.person)
        data |= _records(treated.situation) | {"case": treated.case}
    return data | {"bound": _bound_as_json(treated.bound)}


def _bound_as_json(bound: Bound) -> dict[str, object]:
    return {
        "paths": bound.paths,
        "classes": bound.classes,
        "situations": bound.situations,
        "pairs": bound.pairs,
        "of_pairs": bound.of_pairs,
    }


def _broken(each: BrokenLaw) -> dict[str, object]:
    return {
        "law": each.law,
        "text": each.text,
        "place": str(each.place),
        "wanted": each.wanted,
        "outcome": each.outcome.kind.value,
        **_records(each.situation),
        "case": each.case,
    }


def _records(situation: ProofSituation) -> dict[str, object]:
    return {
        "changes": [each.text for each in situation.changes],
        "record": situation.source[0],
        "target": situation.target[0] if situation.target else None,
    }
