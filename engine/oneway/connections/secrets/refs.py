"""References to credentials, which a file may contain in place of the credential."""

from collections.abc import Mapping
from enum import Enum

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import did_you_mean


class SecretKind(Enum):
    """Where a credential is stored. The values are words of files, in capitals of variables."""

    ENV = "env"
    FILE = "file"
    KEYRING = "keyring"


@dataclass(frozen=True, slots=True)
class SecretRef:
    """The location of a credential, which may be shown.

    `name` is the name of a variable, the path of a file, or `service/name` of a keyring. The last
    slash separates these two, so that a service may be a URL.
    """

    kind: SecretKind
    name: str

    def __str__(self) -> str:
        return f"{_IN_WORDS[self.kind]} {self.name}"


def secret_ref(data: object) -> SecretRef:
    """Return the reference in `{env: NAME}`, `{file: PATH}` or `{keyring: SERVICE/NAME}`.

    Raises ValueError with a message that never quotes a text in place of a reference, because that
    may be the credential itself.
    """
    if not isinstance(data, Mapping):
        raise ValueError(f"a credential is given by reference, as {_FORMS}")
    kinds = [kind for kind in SecretKind if kind.value in data]
    if len(data) != 1 or len(kinds) != 1:
        near = did_you_mean(str(next(iter(data), "")), [each.value for each in SecretKind])
        end = f"; {near}" if near and not kinds else ""
        raise ValueError(f"a reference to a credential has exactly one key: {_FORMS}{end}")
    name = data[kinds[0].value]
    if not isinstance(name, str) or not name.strip() or "\0" in name:
        raise ValueError(f"'{kinds[0].value}' must be text that is not blank")
    if kinds[0] is SecretKind.KEYRING and not all(entry(name)):
        raise ValueError("'keyring' must be of the form service/name")
    return SecretRef(kinds[0], name)


def entry(name: str) -> tuple[str, str]:
    """Return the service and the name of a keyring's entry; either is "" if it is missing."""
    service, _, user = name.rpartition("/")
    return service, user


_IN_WORDS = {
    SecretKind.ENV: "the variable",
    SecretKind.FILE: "the file",
    SecretKind.KEYRING: "the keyring's entry",
}
_FORMS = "{env: NAME}, {file: PATH} or {keyring: SERVICE/NAME}"
