"""Proves who saved a plan: a keyed code, and a signature if there is a key pair.

A state folder's key shows that a plan was saved on this machine, by someone who may read it.
Where another machine applies, the one that plans signs with its Ed25519 key (`oneway keys`), and
the other trusts that key.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from oneway.core.diagnostics import Refused, refusal
from oneway.planning.plan import Plan
from oneway.planning.plan_file import Proof, fingerprint
from oneway.runs.prepare.request import instant_text, parse_instant
from oneway.state.files import make_once, write_whole
from oneway.state.folder import StateFolder, refuse_shared_file

OLDEST = timedelta(days=7)
"""The default for the greatest age of a plan that is applied."""

_AGAIN = "make the plan again and review it"
_KEY_SIZE = 32


def prove(plan: Plan, state: StateFolder, now: datetime) -> Proof:
    """Return the proof that goes with a plan that is saved now."""
    made = instant_text(now)
    said = _said(plan, made)
    mac, path = state.seal().mac(said), _private(state)
    if not path.exists():
        return Proof(made, mac)
    key = _ed25519().Ed25519PrivateKey.from_private_bytes(_read(path))
    return Proof(made, mac, _public(key), key.sign(said.encode()).hex())


def refuse_unproven(plan: Plan, proof: Proof | None, state: StateFolder, file: str) -> None:
    """Raise `Refused` unless a plan was saved with this folder's key, or one that it trusts."""
    if proof is None:
        raise refusal("P113", file, "the plan does not say who saved it", _AGAIN)
    said = _said(plan, proof.made)
    if _same(state.seal().mac(said), proof.mac):
        return
    if proof.key and proof.key in trusted(state) and _is_signed(said, proof):
        return
    summary = "the plan was not saved with this state folder, or was changed since"
    help = (
        f"{_AGAIN} in this folder: a plan is applied with the .oneway with which it was made; "
        "for plans of another machine, see `oneway keys`"
    )
    raise refusal("P113", file, summary, help)


def refuse_old(proof: Proof, now: datetime, oldest: timedelta, file: str) -> None:
    """Raise `Refused` if a plan is too old, or was made in the future."""
    try:
        made = parse_instant(proof.made)
    except ValueError:
        raise refusal("P113", file, "the plan does not say when it was made", _AGAIN) from None
    age = now - made
    if age > oldest:
        summary = f"the plan was made {age.days} days ago, and may be {oldest.days} days old"
        help = f"{_AGAIN}; --max-age DAYS allows an older one"
        raise refusal("P115", file, summary, help)


def public_key(state: StateFolder) -> str:
    """Return the public half of a folder's key pair, which is made when it is first asked for."""
    path = _private(state)
    if not path.exists():
        key = _ed25519().Ed25519PrivateKey.generate()
        make_once(path, key.private_bytes_raw())
    return _public(_ed25519().Ed25519PrivateKey.from_private_bytes(_read(path)))


def trust(state: StateFolder, key: str) -> None:
    """Trust plans that another machine signed with a key; raise `Refused` if it is not one."""
    try:
        _ed25519().Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    except ValueError:
        help = "copy the whole line that `oneway keys` prints on the machine that plans"
        raise refusal("P113", "--trust", "not a public key", help) from None
    lines = sorted({*trusted(state), key.lower()})
    write_whole(_trusted(state), "".join(f"{line}\n" for line in lines).encode("ascii"))


def trusted(state: StateFolder) -> frozenset[str]:
    """Return the public keys whose plans are applied here."""
    path = _trusted(state)
    if not path.exists():
        return frozenset()
    refuse_shared_file(path)
    return frozenset(path.read_text("ascii").split())


def _said(plan: Plan, made: str) -> str:
    return f"plan {fingerprint(plan)} made {made}"


def _is_signed(said: str, proof: Proof) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        key = _ed25519().Ed25519PublicKey.from_public_bytes(bytes.fromhex(proof.key))
        key.verify(bytes.fromhex(proof.signature), said.encode())
    except (ValueError, InvalidSignature):
        return False
    return True


def _same(left: str, right: str) -> bool:
    from hmac import compare_digest

    return right.isascii() and compare_digest(left, right)


def _public(key: Any) -> str:
    return str(key.public_key().public_bytes_raw().hex())


def _read(path: Path) -> bytes:
    refuse_shared_file(path)
    data = path.read_bytes()
    if len(data) != _KEY_SIZE:
        raise refusal("F104", str(path), "the key is damaged", "restore it, or remove it")
    return data


def _private(state: StateFolder) -> Path:
    return state.path / "plans.key"


def _trusted(state: StateFolder) -> Path:
    return state.path / "trusted.keys"


def _ed25519() -> Any:
    """Return what makes and checks signatures; raise `Refused` if it is not installed."""
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise _not_installed() from None
    return ed25519


def _not_installed() -> Refused:
    help = "pip install 'oneway[signing]'"
    return refusal("U109", "oneway keys", "signatures need the package 'cryptography'", help)
