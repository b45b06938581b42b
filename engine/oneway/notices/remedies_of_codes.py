"""The remedies for diagnostic codes, and for problems without a code."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from oneway.core.codes import CODES
from oneway.notices.remedy import Remedy, TroubleKind, Who

DIED = "died"
"""The cause of a run that did not reach its end: its process or machine was killed."""
STILL_IN = "still_in"
"""The cause of a run that left leavers with access."""
UNNAMED = "failed"
"""The cause of a failure without a code."""

CHECK = "`oneway check NAME` says whether it is right again."
AGAIN = "`oneway sync NAME` runs it at once, or wait for the next run."
_SHOW = (
    "See which answer each record got, in the report or by `oneway runs show NAME --outcome "
    "rejected --outcome postponed`."
)
_NOT_SENT = "See who it is, in the report or by `oneway runs show NAME --outcome not_sent`."
_KEY = (
    "Ask the administrator of SYSTEM for a new key or token, and put it where the connection's "
    "file says: `oneway connect NAME` asks for it and tries it."
)
_WAIT = "Nothing at first: the next run tries again."
_STAYS = "If it lasts for two nights, ask the operators of SYSTEM."
_LOOKED_UP = "Nothing: the next run looks it up before it writes anything, so nothing is doubled."
_OPERATOR_LOOKS = "If it stays so for two nights, the operator looks at the record in the target."

_CHANNEL = (
    "`oneway notify list NAME` shows what did not arrive, and why.",
    "`oneway notify test NAME` tries the channel.",
)
_GIVE = "Put it back, or enter it again: `oneway connect NAME`."
_WHICH = "`oneway runs show NAME` says which, and why."

_K, _W = TroubleKind, Who
_Advice: TypeAlias = tuple[str, tuple[str, ...]]
"""The symptoms of a problem, and the steps to fix it."""
_TABLE: Mapping[tuple[TroubleKind, Who], Mapping[str, _Advice]] = {
    (_K.DOWN, _W.OPERATOR): {
        "R101": (
            "The run is refused before it writes: a system did not answer within its time.",
            (_WAIT, "Look at the network, the proxy and the base URL.", _STAYS),
        ),
        "R105": (
            "A system is busy, fails or is not ready (429, 5xx, 202), after retries as well.",
            (_WAIT, _STAYS),
        ),
        "W101": ("A write did not reach the target. Nothing of it was written.", (_WAIT, _STAYS)),
        "W106": ("The target is too busy (429). The write had no effect.", (_WAIT, _STAYS)),
        "W112": (
            "The run gave up on the target after several failures in a row, and sent nothing more.",
            (_WAIT, "See the errors before it in `oneway runs show NAME`.", _STAYS),
        ),
    },
    (_K.SIGN_IN, _W.OPERATOR): {
        "R102": (
            "The run is refused before it writes: a system answers 401. A key was revoked "
            "or ran out.",
            (_KEY, CHECK, AGAIN),
        ),
        "W103": (
            "The target refuses the credentials (401) during the writes. Earlier writes stay.",
            (_KEY, CHECK, AGAIN),
        ),
        "C112": (
            "A credential or an option of the connection is not set: often a variable that the "
            "scheduler's environment lacks.",
            (
                _WHICH,
                "Set it where the scheduler runs, or enter it again: `oneway connect NAME`.",
                CHECK,
                AGAIN,
            ),
        ),
        "C118": (
            "The file of a credential of the connection is gone, or may not be read.",
            (_WHICH, _GIVE, CHECK, AGAIN),
        ),
    },
    (_K.PERMISSION, _W.OPERATOR): {
        "R103": (
            "The run is refused before it writes: a system answers 403 for one resource.",
            ("Ask the administrator of SYSTEM to let the key read it.", CHECK, AGAIN),
        ),
    },
    (_K.ADDRESS, _W.OPERATOR): {
        "R104": (
            "The run is refused: the system has nothing there (404), such as an employer "
            "that is gone.",
            ("Compare the options of the connection with SYSTEM.", CHECK),
        ),
        "R108": (
            "A system redirects elsewhere; credentials do not follow a redirect.",
            ("Write the new base URL into the connection, if it is the vendor's.", CHECK),
        ),
        "C136": (
            "Two files have one connection's name. Neither runs, since it is unclear which "
            "is meant.",
            (
                "Remove the file that is a copy; or give the one that was added last another "
                "`name`. The other one then has the runs of both up to now.",
                "`oneway validate` says whether it is right again; then both run when they are "
                "due next.",
            ),
        ),
    },
    (_K.SHAPE, _W.OPERATOR): {
        "R106": (
            "A system answers with a web page instead of data: often a sign-in page or a proxy's.",
            ("Open the base URL: does it lead to the API?", CHECK),
        ),
        "R109": (
            "A list is larger than the limit, or comes too slowly.",
            (
                "Check that its size is right, then raise the manifest's limits.",
                AGAIN,
            ),
        ),
        "R161": (
            "The source was not read to its end. Nobody leaves for being missing from it.",
            (_WAIT, _STAYS),
        ),
        "R162": (
            "The target was not read to its end. Nobody is created, as they may already be there.",
            (_WAIT, _STAYS),
        ),
    },
    (_K.SHAPE, _W.INTEGRATOR): {
        "R107": (
            "A system's answer has another shape than before: the vendor may have changed the API.",
            ("Compare an answer with the manifest, and correct the manifest.", CHECK),
        ),
        "R110": (
            "A system refuses the request itself (400 or 422).",
            (
                "Read its answer in `oneway runs show NAME`, and correct the manifest's request.",
                CHECK,
            ),
        ),
        "R111": (
            "A list ends before its end, or repeats a page.",
            (_WAIT, "If it stays so, correct the manifest's pagination."),
        ),
        "W110": (
            "The manifest has no request for this kind of write.",
            ("Add the request to the manifest, or remove the field from the mapping.",),
        ),
    },
    (_K.FILE, _W.OPERATOR): {
        "R150": (
            "A file of the connection is not there, or may not be read: an export did not arrive.",
            ("Check that the export runs, and where it puts the file.", AGAIN),
        ),
        "W153": (
            "The target's file cannot be rewritten: the disk is full, or the folder is not ours.",
            ("Free some space, or correct the permissions. The file is unchanged.", AGAIN),
        ),
        "F120": (
            "A file that the connection needs, such as its mapping, cannot be read.",
            (
                _WHICH,
                "Put it back, or correct its permissions.",
                AGAIN,
            ),
        ),
    },
    (_K.FILE, _W.INTEGRATOR): {
        "C101": (
            "The mapping names a connector that is not there: its manifest was moved or removed.",
            (
                _WHICH,
                "Put the manifest back, or correct the name: `oneway connectors` lists those "
                "that are found.",
                AGAIN,
            ),
        ),
        "C115": (
            "The manifest of a connector is gone, or may not be read.",
            (_WHICH, "Put it back, or correct its permissions.", AGAIN),
        ),
    },
    (_K.FILE, _W.PAYROLL): {
        "R154": (
            "The headings of a file have changed: a column was renamed or removed.",
            ("Export the file with the columns that it used to have.", AGAIN),
        ),
        "R155": (
            "Two rows of a file have one id.",
            ("Correct the id in the source, and export again.", AGAIN),
        ),
    },
    (_K.DATA, _W.OPERATOR): {
        "R160": (
            "The source came back empty. Nobody left because of it, and nothing was written.",
            (
                "See in the source whether its people are there.",
                "If they are: the key may see no more of them, or an option names another "
                "employer.",
                CHECK,
                AGAIN,
            ),
        ),
    },
    (_K.DATA, _W.INTEGRATOR): {
        "R170": (
            "No record has a key that decides who a person is, or whether they have left.",
            (
                "Check whether the system renamed the field, or no longer shows it.",
                "Correct the mapping.",
            ),
        ),
    },
    (_K.DOUBT, _W.OPERATOR): {
        "W102": (
            "A write was sent, and no answer came.",
            (_LOOKED_UP, _OPERATOR_LOOKS),
        ),
        "W107": (
            "The target failed at a write (5xx); it may have happened all the same.",
            (_LOOKED_UP, _STAYS),
        ),
        "W108": ("The target's answer to a write was unusable.", (_LOOKED_UP, _STAYS)),
        "W113": ("The target accepted a write and has not carried it out yet.", (_LOOKED_UP,)),
        "W115": (
            "It is still not known how a write ended.",
            (_LOOKED_UP, _OPERATOR_LOOKS),
        ),
    },
    (_K.PERMISSION, _W.TARGET): {
        "W104": (
            "The target lets the key read, and refuses to let it write (403). With this key "
            "nobody's access can be ended either.",
            ("Let the key of the connection create and change users.", CHECK, AGAIN),
        ),
    },
    (_K.DATA, _W.PAYROLL): {
        "W105": (
            "The target refuses a record: an email is taken, or a code is unknown.",
            (
                _SHOW,
                "Correct what the target names, in the source: other values are sent at the next "
                "run. Not for a leaver: block them by hand in SYSTEM, now, where they can still "
                "get in.",
                "If the target lacks something, such as a department or a licence, or somebody "
                "else has the email there: its administrator puts that right.",
                "The same values are sent again after 1, 2, 4 and 7 days; the operator can send "
                "them at once: `oneway sync NAME --retry-now`.",
            ),
        ),
        "W111": (
            "A value cannot be sent, such as an id with a line break in it.",
            (_NOT_SENT, "Correct the value in the source."),
        ),
    },
    (_K.DATA, _W.TARGET): {
        "W120": (
            "The request for a record names the group or account that it is listed under, and it "
            "is listed under none or several. Nothing is sent for it.",
            (
                _NOT_SENT,
                "Put it under one of them in the target: the next run sends the change.",
                "A leaver: block them by hand, now; or add a request to the manifest whose path "
                "names no parent.",
            ),
        ),
    },
    (_K.MACHINE, _W.OPERATOR): {
        "F110": (
            "The store of runs is damaged. Nothing is written until it is repaired.",
            ("Keep a copy: it shows the writes in flight.", "Restore it from a backup."),
        ),
        "F112": (
            "The store cannot be written: the disk is full, or the folder is read-only.",
            (
                "Free space on the disk, or correct the permissions of the state folder.",
                CHECK,
                AGAIN,
            ),
        ),
        "F113": ("Another process is writing to the store.", (_WAIT,)),
        "F115": (
            "Another run of this connection is in progress, perhaps one by hand.",
            ("Wait for it to end: `oneway status` says when it began.",),
        ),
        "F118": (
            "The database that keeps the runs does not answer, or takes no writes.",
            (
                "Check that the server runs, accepts this machine, has room on its disk, and is "
                "no standby.",
                AGAIN,
            ),
        ),
        "F140": (
            "The run's process died at every try: often there was too little memory.",
            (
                "See the machine's own log.",
                "`oneway sync NAME` in a terminal shows how far it gets.",
            ),
        ),
    },
    (_K.CLOCK, _W.OPERATOR): {
        "F117": (
            "The clock is earlier than the last run: it is wrong now, or was wrong then.",
            ("Set the clock right.", "If it is right: `oneway runs forget-future NAME`."),
        ),
        "F124": (
            "A run, or the time at which one was due, is recorded in the future; nothing of the "
            "connection runs while it is.",
            (
                "Look at the clock of this machine, and set it right if it is wrong.",
                "If it is right, it was ahead before: `oneway runs forget-future NAME` forgets the "
                "times in the future. It removes no person's data.",
                "If runs wrote while it was ahead, see in their reports whose access ended before "
                "its day, and that the next sync gives it back.",
                AGAIN,
            ),
        ),
    },
    (_K.NOTICE, _W.OPERATOR): {
        "N101": ("A webhook does not answer. Runs are not affected.", _CHANNEL),
        "N102": ("A webhook answers with an error.", _CHANNEL),
        "N103": ("A webhook redirects elsewhere.", _CHANNEL),
        "N104": ("A webhook no longer exists (410).", _CHANNEL),
        "N105": ("The secret of a webhook is invalid.", _CHANNEL),
        "N106": ("The mail server does not answer.", _CHANNEL),
        "N107": ("The mail server does not accept the mail, or the login.", _CHANNEL),
        "N108": ("The mail server's certificate is not valid, or it offers no TLS.", _CHANNEL),
        "N111": ("Nobody is notified of this connection.", _CHANNEL),
        "N112": ("The folder for reports cannot be written.", _CHANNEL),
        "N113": ("The server for reports does not answer. Runs are not affected.", _CHANNEL),
        "N114": ("The server for reports answers with an error, or redirects elsewhere.", _CHANNEL),
    },
}


def of_codes() -> Iterator[Remedy]:
    """Yield the remedies of codes."""
    for subject, advice in _TABLE.items():
        for code, said in advice.items():
            yield Remedy(code, CODES[code].title, *subject, *said)


CAUSES = (
    Remedy(
        DIED,
        "a run died before its end",
        _K.MACHINE,
        _W.OPERATOR,
        "A run's process was killed, or the machine was. What it had written stays.",
        (
            "Nothing for the data: the next run looks up the writes in flight, and continues.",
            "If it happens again: see the machine's own log, and its memory.",
            "`oneway runs show NAME` shows what it had written, and which writes were in flight.",
            AGAIN,
        ),
    ),
    Remedy(
        STILL_IN,
        "people who have left can still get in",
        _K.ACCESS,
        _W.TARGET,
        "The source says that they left, or its record of them cannot be relied on; the target may "
        "still let them in.",
        (
            "`oneway status --connection NAME` and the report name them, with the reason.",
            "Block those who have left by hand in SYSTEM, now. Where that is not certain, find out "
            "first.",
            "Then remove the cause, so that the next run ends it.",
        ),
    ),
    Remedy(
        UNNAMED,
        "some records failed",
        _K.DATA,
        _W.OPERATOR,
        "Some records were not written.",
        (_SHOW,),
    ),
)

LEAVE_REFUSED = Remedy(
    "W105",
    CODES["W105"].title,
    _K.DATA,
    _W.TARGET,
    "The target refuses to let somebody leave, for example because of open claims. They can still "
    "get in.",
    (
        "Block them by hand in SYSTEM, now: the report names them.",
        "Settle what the target names there, such as open claims. Payroll has nothing to correct, "
        "unless the leave date is wrong.",
        "The leave is sent again after 1, 2, 4 and 7 days; the operator can send it at once: "
        "`oneway sync NAME --retry-now`.",
    ),
    narrower=True,
)
"""The remedies for leaves that the target refuses, which payroll cannot correct."""

PERHAPS_LEFT = Remedy(
    STILL_IN,
    "people who have perhaps left can still get in",
    _K.ACCESS,
    _W.PAYROLL,
    "It is not certain by the source whether they have left; the target may still let them in.",
    (
        "`oneway status --connection NAME` and the report name them, with the reason.",
        "Find out whether they have left. If so, block them by hand in SYSTEM, now.",
        "Then correct their records in the source, so that the next run knows.",
    ),
    narrower=True,
)
"""The remedies for people of whom it is not certain that they have left: block nobody unasked."""

NARROWER = {each.code: each for each in (LEAVE_REFUSED, PERHAPS_LEFT)}
"""The remedies for special cases of causes."""

_EMPTY = Remedy(
    "R160",
    CODES["R160"].title,
    _K.DATA,
    _W.PAYROLL,
    "The source's file came back empty. Nobody left because of it, and nothing was written.",
    (
        "See whether the file has its people, and whether the export that writes it ran.",
        "Export the people again, to the same file.",
        CHECK,
        AGAIN,
    ),
)
"""The remedy for an empty source that is a file: the export is at fault, not a key."""

_ENDS = (
    "Export the file again in full: `oneway runs show NAME` says where it ends too soon.",
    "If the file is whole, have the integrator correct the option that says how it ends.",
    AGAIN,
)
_CUT = {
    "R161": Remedy(
        "R161",
        CODES["R161"].title,
        _K.FILE,
        _W.OPERATOR,
        "The source's file seems to be cut off. Nothing was written, so people who have left keep "
        "their access.",
        _ENDS,
        narrower=True,
    ),
    "R162": Remedy(
        "R162",
        CODES["R162"].title,
        _K.FILE,
        _W.OPERATOR,
        "The target's file seems to be cut off. Nobody is created, as they may already be there.",
        _ENDS,
        narrower=True,
    ),
}
"""The remedies for a file that was not read to its end, which retrying does not fix."""

OF_FILES = {"R160": _EMPTY, **_CUT}
"""The remedies that differ if the system is a file."""
