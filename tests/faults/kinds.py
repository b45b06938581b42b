"""The kinds of call of a night, and the faults that may befall one."""

from dataclasses import dataclass
from enum import Enum

import httpx

from .systems import SOURCE


class Call(Enum):
    """What a request is for."""

    TOKEN = "token"
    LIST = "list page"
    DETAIL = "detail"
    GET = "get before write"
    FIND = "find before create"
    CREATE = "create"
    UPDATE = "update"
    LEAVE = "leave"
    REACTIVATE = "reactivate"

    @property
    def lists(self) -> bool:
        """Whether the answer is a page of a list."""
        return self in (Call.LIST, Call.FIND)

    @property
    def writes(self) -> bool:
        """Whether the target is changed by it."""
        return self in (Call.CREATE, Call.UPDATE, Call.LEAVE, Call.REACTIVATE)


USUAL = tuple(call for call in Call if call is not Call.REACTIVATE)
"""The calls of the usual night, to which nobody comes back."""
APART = (Call.GET, Call.LEAVE, Call.REACTIVATE, Call.UPDATE)
"""The calls by which people leave and come back on a night whose people change as well."""


_WRITES = {
    "POST": Call.CREATE, "PATCH": Call.UPDATE, "PUT": Call.LEAVE, "DELETE": Call.LEAVE,
}  # fmt: skip


def kind_of(request: httpx.Request) -> Call:
    """Return what a request is for."""
    parts = request.url.path.strip("/").split("/")
    if parts == ["token"]:
        return Call.TOKEN
    if request.method == "POST" and parts[-1] == "return":
        return Call.REACTIVATE
    if request.method != "GET":
        return _WRITES[request.method]
    if len(parts) > 1:
        return Call.DETAIL if request.url.host == SOURCE else Call.GET
    return Call.FIND if {"email", "code"} & set(request.url.params) else Call.LIST


@dataclass(frozen=True)
class Fault:
    """What befalls a call; `acted`: the system has done what it was asked for all the same."""

    name: str
    acted: bool = False
    lists: bool = False
    """Only a list can have it."""

    def befalls(self, call: Call) -> bool:
        """Return whether a call of this kind can have this fault."""
        if self.lists:
            return call.lists
        # What reads only has done nothing, whether it was done or not.
        return call.writes or not (self.acted and self.name.endswith(" after"))


FAULTS = (
    Fault("connect refused"),
    Fault("reset before"),
    Fault("reset after", acted=True),
    Fault("timeout before"),
    Fault("timeout after", acted=True),
    Fault("429 seconds"),
    Fault("429 date"),
    Fault("500"),
    Fault("500 after", acted=True),
    Fault("502"),
    Fault("502 after", acted=True),
    Fault("503"),
    Fault("503 after", acted=True),
    Fault("401"),
    Fault("403"),
    Fault("409"),
    Fault("422"),
    Fault("empty 200"),
    Fault("empty 200 after", acted=True),
    Fault("HTML 200"),
    Fault("HTML 200 after", acted=True),
    Fault("truncated JSON", acted=True),
    Fault("gzip bomb", acted=True),
    Fault("slow drip", acted=True),
    Fault("redirect"),
    Fault("duplicate page", acted=True, lists=True),
    Fault("endless pages", acted=True, lists=True),
)
