"""Codes of reading from a system (R), and of writing to one (W)."""

TABLE = (
    # R1xx: reading
    ("R101", "a system cannot be reached, or did not answer", "Check the base URL and network."),
    ("R102", "a system refuses the credentials", "Check that they are whole, and still valid."),
    (
        "R103",
        "the credentials are not allowed to read this",
        "Give the connection's API key the right to read what the message names.",
    ),
    ("R104", "a system has nothing at this address", "Check the options, such as the employer."),
    ("R105", "a system is busy or failing", "Nothing at first: the next run tries again."),
    ("R106", "an answer is not JSON", "Check the base URL: does it lead to the API?"),
    ("R107", "an answer has another shape than the manifest says", "Correct the manifest."),
    ("R108", "a system redirects elsewhere", "Correct the base URL."),
    (
        "R109",
        "an answer is too large or too slow",
        "Raise the manifest's limits if the answer is right.",
    ),
    (
        "R110",
        "a system refuses to answer",
        "Read its reason in the message; check the manifest's request.",
    ),
    ("R111", "a list cannot be read completely", "Check the manifest's pagination."),
    ("R112", "an id or value cannot be used in a request", "Check where it comes from."),
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
        "the format of a file is unknown",
        "Give the file an ending of a known format, or set the option format.",
    ),
    (
        "R153",
        "a file is not what its ending says, is too long, or has hardly a readable record",
        "Write the file again: an array of objects, or one object or row on each line.",
    ),
    (
        "R154",
        "the headings of a file cannot be used",
        "See what the message says about the file; name the id column in the option `id`.",
    ),
    (
        "R155",
        "two records of a file have the same id",
        "Name another field in the option id, or correct the file.",
    ),
    (
        "R156",
        "an option of a file is wrong",
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
        "See why; values that it does not have change nothing in this run.",
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
        "Correct the key in the mapping, or find out why the system no longer shows it. If only "
        "a request for one record shows it, read it by a `detail` in the manifest. If the system "
        "leaves out null values, say `absent: null` in the manifest (for a file, in the mapping).",
    ),
    (
        "R171",
        "no record has a key that a field, a rule or a lookup table reads",
        "Check its spelling, and whether the credentials may see it.",
    ),
    (
        "R172",
        "the mapping writes a field that no record of the target has",
        "Correct its name. To add a column or field to a file, say `new_columns: add` in the "
        "target's options.",
    ),
    (
        "R175",
        "double quotes name a field, and no record has that field",
        "Write text in single quotes; if a field is meant, correct its name.",
    ),
    (
        "R176",
        "no record has a word that values are compared with, but one has nearly the same",
        "Compare with the word that the records have; case, spaces and every letter count.",
    ),
    (
        "R177",
        "a new record gets a number as its id, although the other ids are not numbers",
        "Write the id under `fields`, with `write: on_create`.",
    ),
    (
        "R178",
        "a file seems to be cut off",
        "Correct the file, or the option that says how it ends (`footer`).",
    ),
    (
        "R179",
        "records of a file cannot be read",
        "Correct the file, or the options that say how it is written. All other records are read.",
    ),
    (
        "R173",
        "a constant has another type than every record's value of the field",
        "Write it as the records have it: two types are never equal, and the text 'false' is not "
        "the boolean false.",
    ),
    (
        "R180",
        "the decimal mark of numbers is unclear: 1.000 may be one or a thousand",
        "Say which sign marks decimals: parse_number(x, ',') or parse_number(x, '.').",
    ),
    (
        "R181",
        "rows of a tree have no parent, and `top` does not name them",
        "If they are at the top on purpose, let `top` in the reference name them. Below the "
        "others, under() has no answer until they have a parent again.",
    ),
    (
        "R182",
        "days and months of texts may be swapped",
        "Find out how the export writes days, and correct it, or the pattern of parse_date().",
    ),
    ("R164", "an id was read twice", "Run again: the list may have changed while it was read."),
    # W1xx: writing
    ("W101", "a write did not reach its system", "Nothing was written; run again."),
    (
        "W102",
        "a write got no answer",
        "The next run looks up whether it happened, before it writes anything.",
    ),
    ("W103", "a system refuses the credentials", "Check that they are whole, and still valid."),
    (
        "W104",
        "the credentials are not allowed to write this",
        "Give the connection's API key the right to create and change records.",
    ),
    ("W105", "a system refuses a record", "Correct the record in the source, or the mapping."),
    ("W106", "a system is too busy for a write", "Nothing was written; run again later."),
    (
        "W107",
        "a system failed during a write",
        "The next run looks up whether it happened, before it writes anything.",
    ),
    (
        "W108",
        "the answer to a write cannot be used",
        "The next run looks up whether it happened, before it writes anything.",
    ),
    (
        "W109",
        "a system refuses or redirects a write, whatever its record",
        "Correct the base URL, the proxy, or the request in the manifest.",
    ),
    (
        "W110",
        "a resource cannot be written in this way",
        "Add the request to the manifest, if there is one.",
    ),
    (
        "W113",
        "a write was accepted, but is not done yet",
        "The next run looks it up before it writes anything.",
    ),
    (
        "W114",
        "the answer to a create shows a record that existed before",
        "See which record it is.",
    ),
    ("W115", "it is not known yet how a write ended", "Nothing: each run asks again."),
    (
        "W116",
        "a change was confirmed, but the record does not show it",
        "Find out why the target keeps the old values. If it stores them in another form, set "
        "the field's `compare` so that both count as the same. If it ignores null, say under "
        "`clear` in the manifest what clears a value. Each run sends the change again.",
    ),
    (
        "W117",
        "a write changed more than it sent",
        "Correct the record in the target, then the manifest: an update may change only the "
        "fields that it sends, and a leave may not empty the record. No more updates are sent, in "
        "that run or later, until a plan lets them through (`--allow side_effects=...`).",
    ),
    (
        "W118",
        "a leave by DELETE has removed the record",
        "Let the manifest end access by a request that keeps the record. No other DELETE is sent "
        "in that run.",
    ),
    (
        "W119",
        "the system shows a record without the version that a write needs",
        "Correct `version` or `version_header` of the resource's `get` in the manifest.",
    ),
    ("W111", "a value cannot be sent", "Correct the record in the source."),
    (
        "W120",
        "a write names the parent of a record, and the record has none or several",
        "Put the record under exactly one parent in the target. If the person has left, block "
        "them there by hand.",
    ),
    (
        "W112",
        "nothing more is sent in this run",
        "The system is down or refuses the credentials: see the errors above. The next run "
        "continues.",
    ),
    (
        "W150",
        "a value cannot be written to this kind of file",
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
    ("W161", "writes in flight cannot be looked up", "Run again once the system answers."),
    ("W162", "a write in flight had no effect", "Plan again; the new plan contains what is left."),
    (
        "W163",
        "the target has ended the access since the plan",
        "Nothing was written, and nothing has to be; plan again for the rest.",
    ),
    (
        "W164",
        "the target's list shows a field otherwise than a request for the record",
        "Nothing was written. Let the manifest read the field in the list too, by a `detail`.",
    ),
    (
        "W165",
        "the target does not show yet a record that this run created",
        "Run again: the next run changes the record, once the target shows it.",
    ),
)
