"""Saves and loads plans: canonical JSON with its own fingerprint; edited files are refused.

Equal plans are byte-identical files, except for the proof of who saved them. A file that is torn,
edited, of another version, of the wrong shape or not a plan at all is `Refused`. Anyone can compute
a fingerprint; the proof needs a key (`oneway.runs.proof`).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import NoReturn, TypeAlias

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Refused, refusal
from oneway.core.nesting import DEEPEST, nests_too_deep
from oneway.core.seal import canonical
from oneway.planning.plan import FORMAT, Plan
from oneway.planning.plan_file.codec import Data, of_data, to_data
from oneway.planning.plan_file.outcome_text import in_pieces
from oneway.planning.plan_file.shape import misshapen
from oneway.state import files

__all__ = [
    "MAX_SIZE",
    "Proof",
    "dump",
    "fingerprint",
    "in_parts",
    "load",
    "load_proven",
    "load_stored",
    "save",
]

MAX_SIZE = 200_000_000
"""The size in bytes above which files are refused before they are read."""

_DEEPEST = 4 * DEEPEST
"""How deep a plan nests at most. Expressions may make values that nest deeper than records do."""

_AGAIN = "make the plan again"

Piece: TypeAlias = bytes | memoryview
_Texts: TypeAlias = dict[str, str | Iterable[str | Piece]]
"""Each part of a plan as canonical JSON; for a list, its items."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Who saved a plan, and when: `made` is the instant, `mac` is keyed with the seal's key.

    `signature` is by the Ed25519 key `key`; both are "" if there is no key pair.
    """

    made: str
    mac: str
    key: str = ""
    signature: str = ""


def fingerprint(plan: Plan) -> str:
    """Return the SHA-256 of a plan's content, as 64 hex digits: what a person approves."""
    known = plan.worked_out
    if "fingerprint" not in known:
        with _fit(plan):
            digest = hashlib.sha256()
            for piece in _joined({**_texts(plan), "outcomes": in_pieces(plan.runs)}):
                digest.update(piece)
            known["fingerprint"] = digest.hexdigest()
    return known["fingerprint"]


def dump(plan: Plan, proof: Proof | None = None) -> str:
    """Return a plan as the text of its file."""
    return b"".join(in_parts(plan, proof)).decode("ascii")


def in_parts(plan: Plan, proof: Proof | None = None) -> Iterator[Piece]:
    """Yield the file of a plan in pieces, so that it is never in memory as a whole.

    It is canonical JSON: sorted keys, ASCII, a line for each record. The line of a record with
    nothing to report is an array of its names and ids.

    Two plans can be compared line by line. (Fully indented, as by `json.dumps`, a plan of 100,000
    records would take four times as long and twice the space.)
    """
    with _fit(plan):
        texts: _Texts = {**_texts(plan), "fingerprint": canonical(fingerprint(plan))}
        if proof is not None:
            texts["proof"] = canonical(asdict(proof))
        texts["outcomes"] = in_pieces(plan.runs, lines=True)
        yield from _joined(_shallow(texts, plan.mapping), lines=True)


def _shallow(texts: _Texts, mapping: str) -> _Texts:
    """Return the parts of a plan; iterating raises `Refused` once one nests too deep."""

    def refuse_deep(text: str | Piece, above: int) -> None:
        if nests_too_deep(text if isinstance(text, str) else bytes(text), _DEEPEST - above):
            raise _unfit(mapping)

    def checked(items: Iterable[str | Piece]) -> Iterator[str | Piece]:
        for each in items:
            refuse_deep(each, 2)
            yield each

    for text in texts.values():
        if isinstance(text, str):
            refuse_deep(text, 1)
    return {key: e if isinstance(e, str) else checked(e) for key, e in texts.items()}


def _joined(texts: _Texts, *, lines: bool = False) -> Iterator[Piece]:
    """Yield the parts of a plan as one object; with `lines`, each item of a list has a line."""
    new, colon = (b"\n", b'": ') if lines else (b"", b'":')
    opening = b"{" + new
    for key in sorted(texts):
        yield b"".join((opening, b'"', key.encode("ascii"), colon))
        yield from _value(texts[key], new)
        opening = b"," + new
    yield b"".join((new, b"}", new))


def _value(text: str | Iterable[str | Piece], new: bytes) -> Iterator[Piece]:
    if isinstance(text, str):
        yield text.encode("ascii")
        return
    opening = b"[" + new
    for part in text:
        yield opening
        yield part.encode("ascii") if isinstance(part, str) else part
        opening = b"," + new
    yield new + b"]" if opening[:1] == b"," else b"[]"


@contextmanager
def _fit(plan: Plan) -> Iterator[None]:
    """Raise `Refused` if the plan holds a value that is not JSON."""
    try:
        yield
    except (RecursionError, ValueError):  # NaN or infinity
        raise _unfit(plan.mapping) from None


def _texts(plan: Plan) -> _Texts:
    """Return a plan's content without its outcomes; the fingerprint is computed from both."""
    return {key: _text(value) for key, value in _content(plan).items()}


def _content(plan: Plan) -> Data:
    """Return a plan's content without its outcomes."""
    content: Data = to_data(replace(plan, outcomes=()))
    del content["noticed"]
    mapping = {key: content.pop(f"mapping_{key}") for key in ("file", "digest")}
    content["mapping"] = {"name": content["mapping"], **mapping}
    for name in ("names", "matched_by", "remarks"):
        if not content[name]:  # as of nearly all plans
            del content[name]
    return content | {"oneway_plan": FORMAT, "counts": plan.counts()}


def _text(value: object) -> str | list[str]:
    return list(map(canonical, value)) if isinstance(value, list) else canonical(value)


def save(plan: Plan, path: Path, proof: Proof | None = None) -> None:
    """Write a plan, atomically and for its owner alone; raise `Refused` if it cannot be."""
    files.save(path, in_parts(plan, proof), "the plan", "P107")


def load(data: bytes, file: str) -> Plan:
    """Return the plan that `dump` wrote; raise `Refused` for everything else."""
    return load_proven(data, file)[0]


def load_stored(text: str, place: str) -> Plan:
    """Return the plan of a run as the journal stores it, also in an earlier format.

    Its fingerprint is then not the one that the run was begun with. Raises `Refused` with P109 if
    its format can no longer be read.
    """
    return _loaded(text.encode(errors="surrogatepass"), place, _OLDEST)[0]


def load_proven(data: bytes, file: str) -> tuple[Plan, Proof | None]:
    """Return the plan that `dump` wrote, and the proof that came with it, not yet checked."""
    return _loaded(data, file, FORMAT)


_OLDEST = 2
"""The oldest format that can be read.

Since then, only unchanged records are written differently.
"""


def _loaded(data: bytes, file: str, oldest: int) -> tuple[Plan, Proof | None]:
    if len(data) > MAX_SIZE:
        raise refusal("P108", file, f"more than {MAX_SIZE:,} bytes", "plan fewer records")
    content = _parsed(data, file, oldest)
    current = content["oneway_plan"] == FORMAT
    said, proof = content.pop("fingerprint", None), content.pop("proof", None)
    if said != _digest(content, file):
        help = "make the plan again: only the reviewed plan is applied"
        raise refusal("P104", file, "the plan was edited after it was made", help)
    try:
        plan = _plan_of(content)
    except (KeyError, TypeError, ValueError, AttributeError):
        _refuse_shape(content, file)
    if current and fingerprint(plan) != said:  # compared as text: in Python 0 == False
        _refuse_shape(content, file)
    return plan, None if proof is None else _proof(proof, file)


def _proof(data: object, file: str) -> Proof:
    names = {each.name for each in fields(Proof)}
    texts = isinstance(data, dict) and all(isinstance(each, str) for each in data.values())
    if not isinstance(data, dict) or data.keys() != names or not texts:
        raise refusal("P105", file, "$.proof: is not the proof of a plan", _AGAIN)
    return Proof(**data)


def _plan_of(content: Data) -> Plan:
    """Return the plan with this content; the caller checks that nothing was left over."""
    mapping = content["mapping"]
    flat = {"mapping": mapping["name"]}
    flat |= {f"mapping_{key}": mapping[key] for key in ("file", "digest")}
    return of_data(Plan, {**content, **flat})


def _parsed(data: bytes, file: str, oldest: int) -> dict[str, object]:
    try:
        if nests_too_deep(data, _DEEPEST):
            raise ValueError
        text = data.decode("ascii")
        content = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once_each)
    except ValueError:
        if data.lstrip().startswith(b"{"):
            help = "copy the file whole, or make the plan again"
            raise refusal("P101", file, "the plan is torn or damaged", help) from None
        content = None
    version = content.get("oneway_plan") if isinstance(content, dict) else None
    if not isinstance(content, dict) or type(version) is not int or version < 1:
        raise refusal("P102", file, "not a plan", "name a file that `oneway plan` wrote with --out")
    if version > FORMAT:
        summary = f"made by a newer version: its format is {version}, the newest known is {FORMAT}"
        raise refusal("P103", file, summary, "upgrade oneway, or make the plan again")
    if version < oldest:
        summary = (
            f"made by an earlier version: its format is {version}, this version reads {FORMAT}"
        )
        raise refusal("P109", file, summary, _AGAIN)
    return content


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object; raise ValueError if a key occurs twice, as readers might disagree on it."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _digest(content: dict[str, object], where: str) -> str:
    try:
        return hashlib.sha256(canonical(content).encode("ascii")).hexdigest()
    except (RecursionError, ValueError):  # NaN or infinity
        raise _unfit(where) from None


def _unfit(where: str) -> Refused:
    return refusal("P105", where, "holds a value that no plan can hold", _AGAIN)


def _refuse_shape(content: dict[str, object], file: str) -> NoReturn:
    raise refusal("P105", file, misshapen(content), _AGAIN)
