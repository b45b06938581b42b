"""Codes of what a mapping means (M), and of its tests (T)."""

TABLE = (
    # M1xx: the meaning of a mapping, errors
    ("M101", "an expression reads a field that does not exist", "Check its spelling and case."),
    ("M102", "a target field is not known", "Check its spelling and case."),
    ("M103", "an expression is invalid", "Correct it as the message says."),
    ("M106", "a resource is not known", "Use one of those that the connector has."),
    ("M107", "a reference is not known", "Declare it under `references`, or check its spelling."),
    ("M108", "a setting is not known", "Declare it under `settings`, or check its spelling."),
    (
        "M112",
        "a system cannot do what the mapping requires",
        "Leave that part of the mapping out.",
    ),
    (
        "M114",
        "`unless_taken` or `together` names a field that the mapping does not have",
        "Add it to `fields`.",
    ),
    ("M115", "a rehire writes a field that leaving does not", "Name a field of `leavers.set`."),
    ("M118", "a time zone is not known", "Use an IANA name such as Europe/London."),
    ("M119", "retired: a setting's default has another type", "S101 says so now."),
    (
        "M140",
        "a mapping describes the records of a system that describes them itself",
        "Leave `record` and `absent` to the connector's manifest; they are for files.",
    ),
    (
        "M150",
        "a mapping gives an option that the connector does not have",
        "Check its spelling; `oneway connectors` and the connector's name list the options.",
    ),
    (
        "M151",
        "a mapping gives an option a value that it cannot have",
        "Give one of the values that the message names.",
    ),
    (
        "M153",
        "a `lint` entry cannot do what it says",
        "Name a code that is reported as a warning, and a part that the mapping has.",
    ),
    (
        "M155",
        "a named expression or a table of rules is not known",
        "Declare it under `let` or `choices`, or check its spelling.",
    ),
    (
        "M157",
        "a named expression or a table of rules uses itself",
        "Write one of these expressions without using the others.",
    ),
    (
        "M158",
        "a row of a table of rules names a column that the table does not have",
        "Check its spelling, or add the column.",
    ),
    # M2xx: the meaning of a mapping, warnings
    (
        "M253",
        "a `lint` entry changes nothing",
        "Remove it: nothing of that code is found there.",
    ),
    (
        "M254",
        "no leavers are defined, so nobody loses access",
        "Add `leavers`; or accept it with `lint: [{code: M254, severity: off, because: ...}]`.",
    ),
    (
        "M255",
        "a question about the mapping is open",
        "Answer it in the mapping, or delete it from `questions`; until then nothing is applied.",
    ),
    (
        "M250",
        "a comment may have cut off an expression",
        "Put the whole expression in quotes, or leave a space after the #.",
    ),
    (
        "M252",
        "records leave by a separate request, but come back by an update",
        "Give the manifest a `reactivate` where `update` does not bring a record back.",
    ),
    # T1xx: tests of mappings
    ("T101", "a row of a table has too few or too many values", "Give each column one value."),
    ("T102", "a test names something that the mapping does not have", "Correct the name."),
    ("T103", "a test gives an invalid setting or instant", "Write it as the message says."),
    ("T104", "the expression of a claim is not valid JMESPath", "Correct it as the message says."),
    ("T105", "two records of a case have the same id", "Give each record its own id."),
    ("T106", "there is no mapping test", "Write one beside the mapping (`oneway docs testing`)."),
    ("T107", "a mapping test says something without effect", "Take it out, or what makes it idle."),
)
