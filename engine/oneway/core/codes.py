"""The diagnostic codes, except those of lint rules: public, and never given a new meaning.

A lint rule carries its own code (`oneway.mapping.lint`, whose `CODES` has all of them). The
reference page `docs/reference/codes.md` is generated from both. A code that goes
out of use stays here, marked as retired; it is never given a new meaning.

    Y1xx  the text of a YAML file          M1xx  the meaning of a mapping: errors
    S1xx  the shape of a file              M2xx  the meaning of a mapping: warnings
    C1xx  connectors and connections       R1xx  reading from a system
    P1xx  plans and plan files             W1xx  writing to a system
    G1xx  guards                           F1xx  the state folder and other files
    U1xx  what the command line asks for   N1xx  notices
    T1xx  tests of mappings
"""

from oneway.core.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class DiagnosticCode:
    """A diagnostic code: what it says in general, and what to do about it."""

    code: str
    title: str
    advice: str


_TABLE = (
    # Y1xx: the text of a YAML file
    ("Y101", "a file is too large", "Check that it is the file you meant, or split it."),
    ("Y102", "a file is not UTF-8", "Save the file as UTF-8, with or without a byte order mark."),
    (
        "Y103",
        "a file holds control characters",
        "Take them out; where one is meant, write an escape between double quotes.",
    ),
    ("Y104", "a file is empty", "Write it, or check the file's name."),
    (
        "Y105",
        "a file holds more than one document",
        "One file holds one document: take the second one, or the text after the end, out.",
    ),
    ("Y106", "a file is not YAML", "Check the indentation, colons and quotes around the place."),
    ("Y107", "a tab is used for indentation", "Use spaces."),
    ("Y108", "a key appears twice in one object", "Take one of the two out."),
    (
        "Y109",
        "a value begins with a character that YAML keeps for itself",
        "Put the whole value between double quotes.",
    ),
    ("Y110", "a quote, list or object is not closed", "Close it; check brackets and commas."),
    (
        "Y111",
        "an escape between double quotes is not one of YAML's",
        "Write the backslash twice, or use single quotes.",
    ),
    (
        "Y112",
        "a tag is used",
        "Take the tag out; text or an expression that begins with ! must be in quotes.",
    ),
    ("Y113", "a directive is used that is not known", "Take the line that begins with % out."),
    ("Y114", "a number is too large", "Put it in quotes if it is text."),
    ("Y115", "a merge key is used", "Write the keys out, or give a whole value by an alias."),
    ("Y116", "a key is not text", "Put the key in quotes."),
    (
        "Y117",
        "an alias names nothing, or a value that contains it",
        "Write the value out; an expression that begins with * must be in quotes.",
    ),
    ("Y118", "lists and objects are nested too deep", "Check the brackets."),
    (
        "Y119",
        "a file holds too many values",
        "Check that it is the file you meant; write fewer aliases.",
    ),
    # S1xx: the shape of a file
    (
        "S101",
        "a value has the wrong type",
        "Give a value of the type that is named; put text in quotes where it reads as another.",
    ),
    ("S102", "a key is not known here", "Check its spelling and indentation against the schema."),
    ("S103", "a key is missing", "Add the key."),
    ("S104", "a value is not one of those allowed", "Use one of the values that are named."),
    ("S105", "text does not have the right form", "Write it in the form that is named."),
    ("S106", "a number is out of range", "Use a number in the range that is named."),
    ("S107", "too few, too many or repeated items", "Add items, or take some out."),
    ("S108", "keys do not go together", "Give exactly the keys that belong together."),
    ("S109", "a key's name does not have the right form", "Rename the key as the message says."),
    ("S110", "a value is not allowed here", "Compare the place with the schema."),
    (
        "S111",
        "a file is made for a newer version of the language",
        "Install a newer version of this program.",
    ),
    ("S120", "there is no schema of that name", "Use one of the names that `oneway schema` lists."),
    ("S121", "the schemas are missing from the installation", "Install this program again."),
    # C1xx: connectors and their manifests
    ("C101", "a connector is not known", "Check its name, or give the path of its manifest."),
    (
        "C102",
        "a manifest is made for another version of Oneway",
        "Install the version it was made for, or write it in this one's format.",
    ),
    ("C103", "a template names something unknown", "Name one of the manifest's options."),
    ("C104", "a credential is where it could leak", "Use it in auth or headers only."),
    (
        "C105",
        "a template is not well formed",
        "Write each name as {name}, and a brace that is meant as one twice: {{ or }}.",
    ),
    (
        "C106",
        "an expression of a manifest is not valid JMESPath",
        "Correct it as the message says.",
    ),
    ("C107", "a manifest names a field that its record schema does not have", "Add or rename it."),
    ("C108", "a pattern is not valid, or not one of RE2's", "Do without look-around and the like."),
    ("C109", "keys of a manifest do not go together", "Add or remove the key that is named."),
    (
        "C110",
        "a base URL may not be used",
        "Use a plain https URL; http is allowed for this machine's own addresses only.",
    ),
    ("C111", "a credential cannot be used as it was given", "Give it whole and on one line."),
    ("C112", "an option or credential is missing", "Set the variable that is named."),
    ("C113", "an option is given that the connector does not have", "Check its spelling."),
    ("C114", "a kind of connector is not known", "Check the manifest's kind; install its module."),
    ("C115", "a manifest cannot be read", "Check the path and its permissions."),
    ("C116", "a name in a manifest is taken", "Choose another name."),
    ("C117", "a credential is given in more than one way", "Unset all but one of the variables."),
    ("C118", "a credential's file cannot be read", "Check the path, and who may read it."),
    ("C119", "a credential's file is not safe", "Make it yours alone: chown, chmod 600."),
    (
        "C120",
        "a credential cannot be read from the keyring",
        "Store it with `keyring set`, unlock the keyring, or keep it in a private file.",
    ),
    (
        "C121",
        "a list of choices needs what is chosen from it",
        "Name options that are given before; choices are listed in the order of the options.",
    ),
    ("C122", "two packages offer one connector", "Uninstall one of them."),
    ("C123", "a connector's package cannot be used", "Install it again, or correct it."),
    # C13x: connection files
    (
        "C130",
        "a credential is not given by reference",
        "Write {env: VARIABLE}, {file: PATH} or {keyring: SERVICE/KEY}, never the credential.",
    ),
    ("C131", "a cron line is invalid, or never fires", "Write five fields, such as 0 4 * * *."),
    ("C132", "runs are spread over too long", "Write 2h or less."),
    ("C133", "a webhook's URL may not be used", "Use https; http is for this machine only."),
    ("C134", "an email cannot be sent as it is described", "Correct it as the message says."),
    ("C135", "there is no connection of that name", "Check its spelling, or give the file's path."),
    (
        "C136",
        "two connections have one name",
        "Rename one of the two files; a copy can be removed.",
    ),
    ("C137", "a credential is given as an option, or the reverse", "Move it to the other."),
    (
        "C138",
        "a connection's guards are looser than its mapping's",
        "Make them stricter, or name the reviewer in `reviewed_by`.",
    ),
    (
        "C139",
        "more requests in flight than the connector allows",
        "Write fewer, or allow more by `concurrency` in the manifest.",
    ),
    # C14x: connecting and disconnecting
    (
        "C140",
        "a credential cannot be kept",
        "Check the rights on the folder, or keep it elsewhere: --keep-secrets.",
    ),
    ("C141", "a credential cannot be removed", "Remove it by hand where the message says."),
    ("C142", "a connection's file cannot be written", "Check the folder's rights and space."),
    ("C143", "a system refused a trial request", "Check the credentials and options."),
    ("C144", "a set-up fails its checks", "Correct what the checks name, or keep it with --yes."),
    # C15x: whose credentials go where
    (
        "C150",
        "credentials would be sent to an origin that their owner does not name",
        "If the origin is right, name it as the message says; docs/security.md tells why.",
    ),
    (
        "C151",
        "a manifest stands in for an installed connector",
        "Give it another name, or name its file in the connection.",
    ),
    (
        "C152",
        "a connection refers to a credential that is not its own",
        "Refer to one of its own; the owner of the machine may allow more: ONEWAY_CREDENTIALS.",
    ),
    (
        "C154",
        "the default channels of a folder are in a file with another name",
        "Rename the file: notify.yaml.",
    ),
    (
        "C155",
        "a value could leave the quotes that a template puts it in",
        "Write {value_odata}, {value_soql} or {value_json} without quotes around it.",
    ),
    (
        "C156",
        "a manifest is found by another name than its own",
        "Give the file, or its folder, the name that stands in it.",
    ),
    (
        "C157",
        "an empty page may end a list too early, and nothing else shows who is there",
        "Give the list's `total`, or a `find` for a field that people are matched by.",
    ),
    (
        "C158",
        "a request is the same whatever record it is for",
        "Write {id} where the system expects the record's id, and {value} in a search.",
    ),
    (
        "C159",
        "a body holds none of the values to write",
        "Write {values} or {operations} where they belong, or leave the body out.",
    ),
    (
        "C160",
        "the name of a field in a manifest looks like a value",
        "Write text in single quotes; true, false, null and numbers between backticks.",
    ),
    (
        "C161",
        "a list may lack its first record, or all but its first page",
        "Correct `pagination` as the message says.",
    ),
    # M1xx: the meaning of a mapping, errors
    ("M101", "an expression reads a field that does not exist", "Check its spelling and case."),
    ("M102", "a target field is not known", "Check its spelling and case."),
    ("M103", "an expression is invalid", "Correct it as the message says."),
    ("M106", "a resource is not known", "Use one of those that the connector has."),
    ("M107", "a reference is not known", "Declare it under `references`, or check its spelling."),
    ("M108", "a setting is not known", "Declare it under `settings`, or check its spelling."),
    (
        "M112",
        "a system cannot do what the mapping asks of it",
        "Leave that part of the mapping out.",
    ),
    ("M114", "`unless_taken` names a field that the mapping does not have", "Add it to `fields`."),
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
        "Give one that the message names.",
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
        "Write one of the expressions of the circle without the others.",
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
        "Answer it in the mapping, or strike it out of `questions`; until then nothing is applied.",
    ),
    (
        "M250",
        "a comment may have cut off an expression",
        "Put the whole expression in quotes, or leave a space after the #.",
    ),
    (
        "M252",
        "records leave by a request of their own, but come back by an update",
        "Give the manifest a `reactivate` where `update` does not bring a record back.",
    ),
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
        "field's `compare` take the two for the same. It is sent again at each run.",
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
    # P1xx: plans
    ("P101", "a plan file is torn or unreadable", "Make the plan again; copy the file whole."),
    ("P102", "a file is not a plan", "Name a file that oneway plan wrote."),
    ("P103", "a plan file was made by a newer version", "Upgrade oneway, or make the plan again."),
    (
        "P104",
        "a plan file was edited",
        "Make the plan again: only the reviewed plan is applied.",
    ),
    ("P105", "a plan file has the wrong shape", "Make the plan again."),
    (
        "P106",
        "the approved plan is another one",
        "Plan again, review the new plan, and apply that.",
    ),
    ("P107", "a plan cannot be saved", "Check the path and the space on the disk."),
    ("P108", "a plan file is too large", "Narrow the mapping, so that it plans fewer records."),
    (
        "P109",
        "a plan file was made by an earlier version",
        "Make the plan again; end an interrupted run with the version that began it.",
    ),
    (
        "P110",
        "a plan was made for another mapping",
        "Make the plan again, and review it: the mapping was edited since.",
    ),
    (
        "P111",
        "a plan was made with other inputs or options",
        "Give the same options as for the plan, or make the plan again.",
    ),
    ("P112", "a plan was made with other settings", "Make the plan again, and review it."),
    (
        "P113",
        "a plan was not saved with a key that is trusted here",
        "Make the plan again with this state folder, or trust the key: `oneway keys --trust KEY`.",
    ),
    (
        "P114",
        "a plan asks for what its mapping could not have produced",
        "Make the plan again, and review it.",
    ),
    ("P115", "a plan is too old", "Make the plan again, and review it."),
    (
        "P116",
        "a plan is not approved, and there is no terminal to ask in",
        "Give the fingerprint that was reviewed: --approve.",
    ),
    ("P117", "a plan was applied before, in part", "Plan again, and apply what is left."),
    (
        "P118",
        "the mapping of a plan has an open question",
        "Answer it in the mapping, or strike it out of `questions`; then plan again.",
    ),
    # G1xx: guards
    # F1xx: files
    (
        "F101",
        "the state folder cannot be made or used",
        "Check the path, or choose another folder.",
    ),
    ("F102", "the state folder is not safe", "Make it yours alone: chown, chmod 700."),
    ("F103", "a state file is not safe", "Make it yours alone: chown, chmod 600."),
    (
        "F104",
        "the key of sealed values is damaged",
        "Remove it and make the plans again: open plans cannot be applied.",
    ),
    ("F110", "the journal is damaged", "Move it away and keep it: it knows what was in flight."),
    ("F111", "the journal was made by a newer version", "Upgrade oneway."),
    (
        "F112",
        "the journal cannot be written",
        "Check the space on the disk and the rights on the state folder.",
    ),
    ("F113", "the journal is in use", "Wait for the other run to end."),
    (
        "F114",
        "an interrupted run cannot be resumed",
        "Plan again: what was in flight is looked up first.",
    ),
    ("F115", "another run holds the lock", "Wait for it to end."),
    ("F116", "a lock cannot be taken", "Check the rights on the state folder."),
    (
        "F117",
        "the clock is before the last run",
        "Set it right, or leave --as-of out; nothing was written.",
    ),
    (
        "F118",
        "the database that keeps the runs cannot be used",
        "Check that the server runs, that the database exists, and that it lets us in.",
    ),
    (
        "F119",
        "the location of the store is invalid",
        "Write ONEWAY_STORE=postgresql://user@host/database, or leave it out for a file.",
    ),
    (
        "F120",
        "a file cannot be read",
        "Check the path, and who may read it.",
    ),
    (
        "F121",
        "a file is not of a kind that this program knows",
        "Begin it with `oneway: 1`, `oneway_connection: 1` or `oneway_connector: 1`.",
    ),
    ("F122", "a file cannot be written", "Check the folder, its rights and the space there."),
    (
        "F124",
        "something is recorded in the future, and stops a connection until then",
        "Set the clock right; where it is right, run `oneway runs forget-future NAME`.",
    ),
    (
        "F123",
        "a run's as-of instant is in the future",
        "`oneway plan MAPPING` with --as-of shows what would be done then.",
    ),
    (
        "F125",
        "a run has lost its lease: another one took its connection over",
        "Nothing more was sent. See what the other run did: `oneway runs`.",
    ),
    ("F150", "a person cannot be forgotten while a run is open", "Run `oneway resume` first."),
    (
        "F151",
        "a person who has left and can still get in would be forgotten",
        "End their access, let a run see it, and forget them then.",
    ),
    ("F130", "the run does not exist, or its data was not kept", "See `oneway runs`."),
    ("F131", "the data kept with a run was damaged or changed", "Its plan can still be shown."),
    ("F132", "the data kept with a run is from a newer version", "Upgrade oneway."),
    ("F133", "the mapping of a run does not compile any more", "See what the other errors say."),
    ("F134", "a mapping needs what a run did not keep", "Plan with today's data instead."),
    (
        "F140",
        "the runs of a due died, again and again",
        "See the machine's own log (memory?), and try `oneway sync NAME`. The next due runs.",
    ),
    # N1xx: notices
    ("N101", "a webhook cannot be reached", "Check its URL; it is tried again for three days."),
    ("N102", "a webhook does not accept a notice", "See what it answers; check its URL and key."),
    ("N103", "a webhook redirects elsewhere", "Write the URL that it redirects to."),
    ("N104", "a webhook rejects further notices", "Take it out of the connection's file."),
    (
        "N105",
        "the secret of a webhook has another form than Standard Webhooks says",
        "Write whsec_ and the base64 of 24 to 64 random bytes.",
    ),
    ("N106", "a mail server cannot be reached", "Check its name and port."),
    ("N107", "a mail server refuses a notice", "Check the addresses, `user` and `password`."),
    ("N108", "a mail server cannot be trusted", "Check `security`, the port, the certificate."),
    ("N109", "a notice waits for a channel that is gone", "Nothing: it is not sent."),
    ("N110", "a notice could not be sent, by a mistake of this program", "Report it."),
    ("N111", "a connection has no recipient for notices", "Add `notify` to the connection's file."),
    (
        "N112",
        "the folder for reports cannot be written",
        "Check its path, its rights and its space.",
    ),
    ("N113", "a server for reports cannot be reached", "Check the URL; it is tried again."),
    (
        "N114",
        "a server for reports does not accept one",
        "Check the URL, the method and the token.",
    ),
    # T1xx: tests of mappings
    ("T101", "a row of a table has too few or too many values", "Give each column one value."),
    ("T102", "a test names what the mapping does not have", "Correct the name."),
    ("T103", "a test gives an invalid setting or instant", "Write it as the message says."),
    ("T104", "the expression of a claim is not valid JMESPath", "Correct it as the message says."),
    ("T105", "two records of a case have one id", "Give each record its own id."),
    ("T106", "there is no mapping test", "Write one beside the mapping (docs/testing.md)."),
    # U1xx: what the command line asks for
    ("U101", "a setting is not known", "Declare it under `settings`, or check its spelling."),
    ("U102", "a setting has a value of the wrong type", "Write a value of the type it declares."),
    ("U103", "a reference is not known", "Name one of the mapping's references."),
    ("U104", "an option names a connector that is not used", "Write connector.option=value."),
    (
        "U105",
        "a credential is on the command line",
        "Set the variable that is named in the environment.",
    ),
    ("U106", "a field that a guard is to count is not known", "Name a field of the mapping."),
    (
        "U107",
        "no record has a key that was asked for",
        "Give a match value, an id, a name or an email.",
    ),
    ("U108", "a function is not known", "Use one of those that `oneway functions` lists."),
    ("U109", "an extra of this program is not installed", "Install it as the message says."),
    ("U110", "a port is not available", "Choose another port, or none."),
    (
        "U111",
        "something is missing, and there is no terminal to ask at",
        "Give it as the message says.",
    ),
    ("U112", "a connection of that name exists", "Edit its file, or give credentials alone."),
    ("U113", "standard input does not hold a credential", "Write source.NAME=VALUE lines."),
    ("U114", "a connection cannot have this name", "Use small letters, digits, hyphens."),
    ("U115", "the retention of runs is not a number of days", "Write at least 8."),
    ("U150", "no mapping comes with that name", "`oneway init --list` lists them."),
    ("U151", "a record cannot be found", "Give one as JSON, or the key of an existing one."),
    ("U152", "a mapping cannot be written from two sides", "See what the message says of them."),
    ("U154", "a connector cannot be copied under that name", "Choose another name."),
    ("U155", "a page of the documentation is not known", "`oneway docs` lists them."),
    ("U153", "the language server cannot run", "Install the extra: pip install 'oneway[lsp]'."),
    (
        "U120",
        "an address is not this machine's own",
        "Listen on 127.0.0.1 with a port, or write `off`.",
    ),
    (
        "U119",
        "a token could be guessed",
        "Write at least 20 ASCII characters, as `openssl rand -hex 32` gives.",
    ),
    ("U121", "no version is named to compare with", "Give --against or --old."),
    ("U122", "git does not have a version of a file", "Check the revision and the path."),
    ("U124", "traces are asked for in an unknown way", "Write ONEWAY_TRACES=otlp, or nothing."),
)

CODES: dict[str, DiagnosticCode] = {row[0]: DiagnosticCode(*row) for row in _TABLE}
