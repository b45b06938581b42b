"""The remedies for guards: what to check before allowing the actions that they hold."""

from collections.abc import Mapping

from oneway.mapping.spec import GuardKind
from oneway.notices.remedies_of_codes import AGAIN
from oneway.notices.remedy import Remedy, TroubleKind, Who

_LOOK = "Look at the people named in the report, or by `oneway runs show NAME --outcome held`."
_NUMBERS = "`oneway runs show NAME` says in how many records: the whole run is held, and no action."
_PASS = "If it is right, have the operator run the command that lets exactly these pass, once."
_WRONG = (
    "If it is not, correct the source: the next run then leaves them as they are in the target."
)
_CORRECTED = (
    "If the next run asks about the correction itself, as it takes records (`source_shrink`) or a "
    "word (`values_gone`) away again, have the operator let that pass, once."
)
_TARGETS = "See in the target whether its people are there, and what the key may see."
_GUARDS: Mapping[GuardKind, tuple[str, str, Who, tuple[str, ...]]] = {
    GuardKind.CREATES: (
        "many people would be created",
        "Many joiners at once: an import, a new employer, or a target that hides its people.",
        Who.PAYROLL,
        (_TARGETS, _LOOK, _PASS, _WRONG, _CORRECTED),
    ),
    GuardKind.UPDATES: (
        "many people would be changed",
        "Many people differ at once: a mass edit in the source, or in the target.",
        Who.PAYROLL,
        (_LOOK, _PASS, _WRONG),
    ),
    GuardKind.LEAVERS: (
        "many people would leave",
        "Many people would lose their access at once.",
        Who.PAYROLL,
        (
            "The source says that these people have left, or are to leave. Confirm that first: "
            "`oneway runs show NAME --outcome held` and the report name them.",
            "If it is true, be quick: block by hand everyone in the list of those who have left "
            "and can still get in, and have the operator run the command that lets exactly these "
            "pass, once. Anyone who is not in it has access until their last day is over.",
            "If it is not, correct the source: the next run then leaves their access as it is.",
            _CORRECTED,
        ),
    ),
    GuardKind.CLEARS: (
        "many values would be taken away",
        "A column of the source came back empty for many people, or a lookup table has lost rows.",
        Who.PAYROLL,
        (_LOOK, _PASS, _WRONG),
    ),
    GuardKind.FIELD_CHANGES: (
        "one field would change for many people",
        "One field has another value for many people at once.",
        Who.PAYROLL,
        (_LOOK, _PASS, _WRONG),
    ),
    GuardKind.REACTIVATIONS: (
        "many people would come back",
        "Many leavers would get their access back at once.",
        Who.PAYROLL,
        (_LOOK, _PASS, _WRONG),
    ),
    GuardKind.IDENTITIES: (
        "people would become somebody else",
        "Keys may have changed hands: all that identifies these people would change, or another "
        "record has more in common with them.",
        Who.PAYROLL,
        (_LOOK, "Compare each with the source: is it one person?", _PASS, _WRONG),
    ),
    GuardKind.SIDE_EFFECTS: (
        "updates changed more of records than they sent",
        "The target changed fields that an update did not send: people who stay may have been "
        "switched off, and leavers on. No update is sent before a plan lets this through.",
        Who.INTEGRATOR,
        (
            "Put the records right in the target.",
            "Let the manifest update in parts (`PATCH`), or send what the target would lose.",
            _PASS,
        ),
    ),
    GuardKind.TARGET_SHRINK: (
        "far fewer people are matched in the target than before",
        "Of the people who were matched at the last good run, the target came back with few, or "
        "the source did. Nothing was written.",
        Who.TARGET,
        (
            _TARGETS,
            "If they are missing there, correct that: do not correct the source for it.",
            "If they are there, see whether the source is whole, and its match keys as they were.",
            AGAIN,
        ),
    ),
    GuardKind.KEYS_GONE: (
        "records have lost a key that they had before",
        "A field that the mapping reads is in far fewer records than at the last good run.",
        Who.INTEGRATOR,
        (
            "Check whether the system renamed the field, or no longer shows it.",
            _NUMBERS,
            _PASS,
        ),
    ),
    GuardKind.VALUES_GONE: (
        "records have lost the values that they had in a field",
        "A field that decides who has left, who a person is or what is written is blank for people "
        "who had a value in it at the last good run, or has other words than those that the "
        "mapping compares it with. Nothing was written, and people who were listed as still having "
        "access stay in that list.",
        Who.SOURCE,
        (
            "See in the system whether the values are there, and whether the export and the key "
            "still show them.",
            "If a word has become another one, write that into the mapping, beside the old one.",
            _NUMBERS,
            _PASS,
        ),
    ),
    GuardKind.SOURCE_SHRINK: (
        "the source has far fewer people than before",
        "The source came back with few of the people that it had, or few of their records can be "
        "read. Nothing was written.",
        Who.SOURCE,
        (
            "See in the source whether its people are there, and what the key may see. For records "
            "that cannot be read, the run names the reason.",
            _PASS,
        ),
    ),
}


def of_guard(kind: GuardKind) -> Remedy:
    """Return the remedy for a guard that holds actions back."""
    title, looks, who, steps = _GUARDS[kind]
    return Remedy(kind.value, title, TroubleKind.GUARD, who, looks, steps)
