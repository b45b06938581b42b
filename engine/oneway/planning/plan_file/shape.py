"""Explains what is wrong with the shape of a plan, by `schemas/plan.schema.json`.

Used only if a plan could not be read: validating the shape of 100,000 outcomes takes a minute,
reading them strictly a second. A test checks that the schema and the reader agree.
"""

from collections.abc import Mapping, Sequence

from oneway.documents.schema_check.files import schema_data


def misshapen(content: Mapping[str, object]) -> str:
    """Return the first mistake in a plan's shape and its JSON path."""
    # Imported here because importing it takes longer than the rest of a `--help`.
    from jsonschema import Draft202012Validator

    from oneway.documents.schema_check.mistakes import mistakes

    schema = schema_data("plan")
    own = {key: value for key, value in schema["properties"].items() if key != "fingerprint"}
    required = [key for key in schema["required"] if key != "fingerprint"]
    validator = Draft202012Validator({**schema, "properties": own, "required": required})
    for error in validator.iter_errors(content):
        for mistake in mistakes(error):
            return f"{json_path(mistake.path)}: {mistake.summary}"
    return "its counts do not match its outcomes, or a place in it is invalid"


def json_path(path: Sequence[str | int]) -> str:
    """Return a path as people write it: `$.outcomes[3].kind`."""
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
