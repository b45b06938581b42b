"""Codes of connectors, manifests and connection files (C)."""

TABLE = (
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
        "Write each name as {name}, and a literal brace twice: {{ or }}.",
    ),
    (
        "C106",
        "an expression of a manifest is not valid JMESPath",
        "Correct it as the message says.",
    ),
    ("C107", "a manifest names a field that its record schema does not have", "Add or rename it."),
    (
        "C108",
        "a pattern is not valid, or not one of RE2's",
        "Remove look-around and other features that RE2 lacks.",
    ),
    ("C109", "keys of a manifest do not go together", "Add or remove the key that is named."),
    (
        "C110",
        "a base URL is not allowed",
        "Use a plain https URL; http is allowed for this machine's own addresses only.",
    ),
    ("C111", "a credential cannot be used as it was given", "Give all of it, on one line."),
    ("C112", "an option or credential is missing", "Set the named variable."),
    ("C113", "the connector does not have this option", "Check its spelling."),
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
        "Name options that come earlier; choices are listed in the order of the options.",
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
    ("C132", "the spread of runs is too long", "Write 2h or less."),
    ("C133", "a webhook's URL is not allowed", "Use https; http is for this machine only."),
    ("C134", "the settings for an email are wrong", "Correct it as the message says."),
    ("C135", "no connection has that name", "Check its spelling, or give the file's path."),
    (
        "C136",
        "two connections have the same name",
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
        "a credential cannot be stored",
        "Check the rights on the folder, or store it elsewhere: --keep-secrets.",
    ),
    ("C141", "a credential cannot be removed", "Remove it by hand where the message says."),
    ("C142", "a connection's file cannot be written", "Check the folder's rights and space."),
    ("C143", "a system refused a trial request", "Check the credentials and options."),
    (
        "C144",
        "the checks of a set-up fail",
        "Correct what the checks name, or save it anyway with --yes.",
    ),
    # C15x: whose credentials go where
    (
        "C150",
        "credentials would be sent to an origin that their owner does not name",
        "If the origin is right, name it as the message says; `oneway docs security` explains why.",
    ),
    (
        "C151",
        "a manifest replaces an installed connector",
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
        "a manifest's file has another name than the manifest",
        "Rename the file, or its folder, to the `name` in the manifest.",
    ),
    (
        "C157",
        "an empty page may end a list too early, and nothing would show it",
        "Give the list a `total`, or a `find` for a field that people are matched by.",
    ),
    (
        "C158",
        "a request is the same for every record",
        "Write {id} where the system expects the record's id, and {value} in a search.",
    ),
    (
        "C159",
        "a body contains none of the values to write",
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
    (
        "C162",
        "a default in a manifest has no effect for a record that lacks the key",
        "Write not_null(key, default) in place of key || default.",
    ),
)
