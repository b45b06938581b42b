"""Codes of files: their text (Y), their shape (S), and reading and writing them (F)."""

TABLE = (
    # Y1xx: the text of a YAML file
    ("Y101", "a file is too large", "Check that it is the file you meant, or split it."),
    ("Y102", "a file is not UTF-8", "Save the file as UTF-8, with or without a byte order mark."),
    (
        "Y103",
        "a file contains control characters",
        "Remove them; if you need one, write it as an escape between double quotes.",
    ),
    ("Y104", "a file is empty", "Write it, or check the file's name."),
    (
        "Y105",
        "a file contains more than one document",
        "Remove the second document, or the text after the end: one file is one document.",
    ),
    ("Y106", "a file is not YAML", "Check the indentation, colons and quotes around the place."),
    ("Y107", "a tab is used for indentation", "Use spaces."),
    ("Y108", "a key appears twice in one object", "Remove one of the two."),
    (
        "Y109",
        "a value begins with a character that YAML reserves",
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
        "Remove the tag; text or an expression that begins with ! must be in quotes.",
    ),
    ("Y113", "an unknown directive is used", "Remove the line that begins with %."),
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
        "a file contains too many values",
        "Check that it is the file you meant; write fewer aliases.",
    ),
    # S1xx: the shape of a file
    (
        "S101",
        "a value has the wrong type",
        "Give a value of the named type; put text in quotes if YAML reads it as another type.",
    ),
    ("S102", "a key is not known here", "Check its spelling and indentation against the schema."),
    ("S103", "a key is missing", "Add the key."),
    ("S104", "a value is not one of those allowed", "Use one of the named values."),
    ("S105", "text does not have the right form", "Write it in the named form."),
    ("S106", "a number is out of range", "Use a number in the named range."),
    ("S107", "too few, too many or repeated items", "Add or remove items."),
    ("S108", "keys do not go together", "Give exactly the keys that belong together."),
    ("S109", "a key's name does not have the right form", "Rename the key as the message says."),
    ("S110", "a value is not allowed here", "Compare the place with the schema."),
    (
        "S111",
        "a file is made for a newer version of the language",
        "Install a newer version of this program.",
    ),
    ("S120", "no schema has that name", "Use one of the names that `oneway schema` lists."),
    ("S121", "the schemas are missing from the installation", "Install this program again."),
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
        "the key for digests of sensitive values is damaged",
        "Remove it, and make open plans again.",
    ),
    (
        "F110",
        "the journal is damaged",
        "Move it away, but keep it: it shows which writes were in flight.",
    ),
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
        "Plan again: writes in flight are looked up first.",
    ),
    ("F115", "another run holds the lock", "Wait for it to end."),
    ("F116", "a lock cannot be taken", "Check the rights on the state folder."),
    (
        "F117",
        "the clock is before the last run",
        "Correct the clock, or leave out --as-of; nothing was written.",
    ),
    (
        "F118",
        "the database of the store cannot be used",
        "Check that the server runs, accepts the login, has room on its disk and takes writes.",
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
        "this program does not know this kind of file",
        "Begin it with `oneway: 1`, `oneway_connection: 1` or `oneway_connector: 1`.",
    ),
    ("F122", "a file cannot be written", "Check the folder, its rights and the space there."),
    (
        "F124",
        "something is recorded in the future, and stops a connection until then",
        "Correct the clock; once it is right, run `oneway runs forget-future NAME`.",
    ),
    (
        "F123",
        "a run's as-of instant is in the future",
        "`oneway plan MAPPING` with --as-of shows what would be done then.",
    ),
    (
        "F125",
        "a run has lost its lease: another run has taken over its connection",
        "Nothing more was sent. See what the other run did: `oneway runs`.",
    ),
    (
        "F126",
        "the journal was made by an older version, and this command only reads",
        "Let a run of this version bring it up to date.",
    ),
    (
        "F127",
        "the history of this name is of other people, and by another seal.key",
        "Give the connection another name, or the folder a database of its own.",
    ),
    (
        "F128",
        "the history is in a file of the state folder, and not in the store",
        "Move it into the database (`oneway runs move`), or set ONEWAY_STORE.",
    ),
    (
        "F129",
        "the history of a state folder cannot be moved into a database",
        "See what the message says; the file and the database are as they were.",
    ),
    ("F150", "a person cannot be forgotten while a run is open", "Run `oneway resume` first."),
    (
        "F151",
        "a person who has left and can still get in would be forgotten",
        "End their access, let a run see it, and forget them then.",
    ),
    ("F130", "the run does not exist, or its data was not stored", "See `oneway runs`."),
    ("F131", "the data stored with a run was damaged or changed", "Its plan can still be shown."),
    ("F132", "the data stored with a run is from a newer version", "Upgrade oneway."),
    ("F133", "the mapping of a run does not compile any more", "See what the other errors say."),
    (
        "F134",
        "a mapping needs data that was not stored with the run",
        "Plan with today's data instead.",
    ),
    (
        "F140",
        "a scheduled run died again and again",
        "See the machine's own log (memory?), and try `oneway sync NAME`. The next scheduled run "
        "starts as usual.",
    ),
)
