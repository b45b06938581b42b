"""A keyring in memory, for tests of what is kept in the system's."""

import keyring.errors
from keyring.backend import KeyringBackend


class Ring(KeyringBackend):
    """A keyring in memory; `keeps` says whether it keeps what it is given."""

    priority = 1  # type: ignore[assignment]

    def __init__(self, *, keeps: bool = True, locked: bool = False) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.keeps = keeps
        self.locked = locked

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise keyring.errors.KeyringLocked("CANARY")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.keeps:
            self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]
