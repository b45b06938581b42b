"""Codes of reading from a system (R), and of writing to one (W)."""

TABLE = (
    # R1xx: reading
    ("R101", "a system cannot be reached, or did not answer", "Check the base URL and network."),
    ("R102", "a system refuses the credentials", "Check that they are whole, and still valid."),
    (
        "R103",
        "the credentials may not read this",
        "Let the connection's key read what the message names.",
    ),
    ("R104", "a system has nothing at an address", "Check the options, such as the employer."),
    ("R105", "a system is busy or failing", "Nothing at first: the next run tries again."),
    ("R106", "an answer is not JSON", "Check the base URL: does it lead to the API?"),
    ("R107", "an answer has another shape than its manifest says", "Correct the manifest."),
    ("R108", "a system redirects elsewhere", "Correct the base URL."),
    ("R109", "an answer is too large or too slow", "Raise the manifest's limits if it is right."),
    ("R110", "a system refuses to answer", "See what it says; check the manifest's request."),
    ("R111", "a list cannot be read as a whole", "Check the manifest's pagination."),
    ("R112", "an id or value cannot be asked for", "Check where it comes from."),
    ("R113", "a resource is not known, or cannot be listed", "Check its name."),
    (
        "R150",
        "a file cannot be read",
        "Check the path and who may read it. A target file must exist, and may be empty.",
    ),
    (
        "R151",
        "a file is in another encoding",
        "Set the option encoding, or save the file as UTF-8.",
    ),
    (
        "R152",
        "a file's format is not known",
        "Give the file an ending of a known format, or set the option format.",
    ),
    (
        "R153",
        "a file is not what its ending says, is too long, or hardly holds a record",
        "Write the file again: one array of objects, one object or row a line.",
    ),
    (
        "R154",
        "the headings of a file cannot be used",
        "See what the message says of the file; name the id column in the option id.",
    ),
    (
        "R155",
        "two records of a file have the same id",
        "Name another field in the option id, or correct the file.",
    ),
    (
        "R156",
        "an option of a file cannot be used",
        "Write it as the message says; `oneway connectors file` lists the options.",
    ),
    (
        "R160",
        "the source has no records",
        "Check the connector's options, and what its credentials may see.",
    ),
    (
        "R161",
        "the source was not read to the end",
        "Run again; if it happens again, see the manifest.",
    ),
    (
        "R162",
        "the target was not read to the end",
        "Run again; if it happens again, see the manifest.",
    ),
    (
        "R163",
        "a lookup table may lack rows",
        "See why; values that are not found in it change nothing in this run.",
    ),
    (
        "R165",
        "a lookup table does not have the key that `on_miss` looks up",
        "Correct `look_up` in the mapping, or add the row; until then a miss writes nothing.",
    ),
    (
        "R166",
        "a tree does not have the starting node of `under()`",
        "Correct the starting node in the mapping or the setting, or add its row to the table.",
    ),
    (
        "R170",
        "no record has a key that identifies people or says whether they have left",
        "Correct the key in the mapping, or see why the system no longer shows it. Where a request "
        "for one record shows it, its manifest reads a `detail`. Where it leaves out what is null, "
        "its manifest (or the mapping, of a file) says `absent: null`.",
    ),
    (
        "R171",
        "no record has a key that a field, a rule or a lookup table reads",
        "Check its spelling, and whether the credentials may see it.",
    ),
    (
        "R172",
        "a field is written that no record of the target has",
        "Correct its name. Where a file is to get a new column or field, say `new_columns: add` in "
        "the target's options.",
    ),
    (
        "R175",
        "text stands in double quotes, which name a field, and no record has that field",
        "Write text in single quotes, and correct the name of a field.",
    ),
    (
        "R176",
        "no record has a word that values are compared with, and one has nearly the same",
        "Compare with the word that the records have; case, spaces and every letter count.",
    ),
    (
        "R177",
        "a new record gets a number as its id, and the ids of the others are not numbers",
        "Say in `fields` what its id is, with `write: on_create`.",
    ),
    (
        "R178",
        "a file of a mapping counts as cut off",
        "Correct the file, or the option that says how it ends (`footer`).",
    ),
    (
        "R179",
        "records of a file of a mapping cannot be read",
        "Correct the file, or the options that say how it is written; all others go on.",
    ),
    (
        "R173",
        "a constant has another type than every record's value of the field",
        "Write it as the records have it: two types are never equal, and the text 'false' is not "
        "the boolean false.",
    ),
    (
        "R180",
        "numbers that are read may be others by another decimal mark: 1.000 may be a thousand",
        "Say which sign marks decimals: parse_number(x, ',') or parse_number(x, '.').",
    ),
    (
        "R181",
        "rows of a tree have no parent, and nothing says that they are at the top on purpose",
        "Name those that are under `top` in the reference. Below the others, under() has no answer "
        "until they have their parents again.",
    ),
    ("R164", "an id was read twice", "Run again: the list may have changed while it was read."),
    # W1xx: writing
    ("W101", "a write did not reach its system", "Nothing was written; run again."),
    ("W102", "no answer came to a write", "Whether it happened is looked up before the next one."),
    ("W103", "a system refuses the credentials", "Check that they are whole, and still valid."),
    (
        "W104",
        "the credentials may not write this",
        "Let the connection's key create and change records.",
    ),
    ("W105", "a system refuses a record", "Correct the record in the source, or the mapping."),
    ("W106", "a system is too busy for a write", "Nothing was written; run again later."),
    ("W107", "a system failed at a write", "Whether it happened is looked up before the next one."),
    (
        "W108",
        "the answer to a write cannot be used",
        "Whether it happened is looked up before the next one.",
    ),
    ("W109", "a system redirects a write", "Correct the base URL."),
    (
        "W110",
        "a resource cannot be written so",
        "Add the request to the manifest, if there is one.",
    ),
    ("W113", "a write was accepted, and is not done yet", "It is looked up before the next one."),
    ("W114", "a create was answered with a record that was there", "See which record it is."),
    ("W115", "how a write ended is not known yet", "It is asked about again at each run."),
    (
        "W116",
        "a change was confirmed, and the answer shows that it is not there",
        "See in the target why it keeps the old values. If it stores them in another form, let the "
        "field's `compare` take the two for the same. If it ignores null, let `clear` of the "
        "manifest say what clears a value. It is sent again at each run.",
    ),
    (
        "W117",
        "an update changed more than it sent",
        "Put the record right in the target. Let the manifest change only the fields it is given. "
        "No more updates are sent in that run, nor later before a plan lets them through "
        "(`side_effects`).",
    ),
    (
        "W118",
        "a leave by DELETE has removed the record",
        "Let the manifest end access by a request under which the record stays. No other DELETE is "
        "sent in that run.",
    ),
    (
        "W119",
        "a record was shown without its version, with which alone it may be written",
        "Correct `version` or `version_header` of the resource's `get` in the manifest.",
    ),
    ("W111", "a value cannot be sent", "Correct the record in the source."),
    (
        "W120",
        "the request for a record names one parent, and the record is listed under none or several",
        "Let the target hold it under one. A leaver: block them there by hand.",
    ),
    (
        "W112",
        "nothing more is sent in this run",
        "The system is down or refuses us: see the errors before. The next run goes on.",
    ),
    (
        "W150",
        "a file cannot hold a value",
        "Make the value text in the mapping, leave the field out, or use JSONL.",
    ),
    (
        "W151",
        "a record's id cannot be used",
        "Plan again; see what the mapping writes to the id field.",
    ),
    ("W152", "a file was changed while it was being written", "Plan again."),
    (
        "W153",
        "a file cannot be rewritten",
        "Check the space on the disk and the rights on the folder; the file is as it was.",
    ),
    (
        "W155",
        "a file is read-only",
        "Nothing was written. If the sync is to write to it, make it writable (chmod u+w).",
    ),
    ("W154", "a rewritten file may not be on the disk", "Check the disk, then plan again."),
    (
        "W160",
        "the source or the target changed since the plan",
        "Nothing was written; plan again.",
    ),
    ("W161", "what was in flight cannot be looked up", "Run again once the system answers."),
    ("W162", "what was in flight is not there", "Plan again; the new plan has what is left."),
    (
        "W163",
        "the target took the access away since the plan",
        "Nothing was written, and nothing need be; plan again for the rest.",
    ),
    (
        "W164",
        "the target's list lacks a field that a request for the record shows",
        "Nothing was written. Let the manifest read the field in the list too, by a `detail`.",
    ),
    (
        "W165",
        "the target does not show yet what this run created",
        "Run again: the next run changes the record, once the target shows it.",
    ),
)
