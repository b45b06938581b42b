"""What small commands may not load: a module that takes long to import and that they do not need.

Names, and no seconds: a time would depend on the machine.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cli_world import World

ROOT = Path(__file__).parents[2]
MAPPING = str(ROOT / "mappings" / "staffology-to-expensein.yaml")

NEVER = {
    *("calendar", "difflib", "tempfile", "traceback", "zoneinfo"),
    *("alembic", "asyncio", "cattrs", "cronsim", "cryptography", "httpx", "jinja2", "jsonschema"),
    *("keyring", "logging", "msgspec", "orjson", "prometheus_client", "psycopg", "pygls"),
    *("python_calamine", "referencing", "rpds", "sqlalchemy", "sqlite3", "ssl"),
    *("starlette", "uvicorn"),
    *("oneway.applying", "oneway.history", "oneway.inspect", "oneway.notices", "oneway.planning"),
    *("oneway.scheduling", "oneway_connectors", "oneway.runs.mapping_tests"),
}
"""None of them is needed by a command that only looks at its own files."""

LITTLE = NEVER | {
    "re2",
    "jmespath",
    "yaml",
    "oneway.connections",
    "oneway.mapping",
    "oneway.documents",
}
VALIDATE = NEVER | {
    *("hashlib", "hmac", "oneway.core.telemetry", "oneway.documents.schema_check.mistakes"),
    *("oneway.documents.yaml_source.wording", "oneway.mapping.interpreter"),
    *("oneway.mapping.generated", "oneway.mapping.profile.key_tally"),
    *("oneway.core.codes", "oneway.runs.prepare.prepared", "oneway.runs.prepare.request"),
    "oneway.runs.prepare.validate_connection",
}
"""What only mistakes, files, connections and plans need."""
FUNCTIONS = NEVER | {"re2", "yaml", "oneway.connections", "oneway.documents", "oneway.runs"}

SHOW = """
import contextlib, io, runpy, sys
sys.argv = ["oneway", *sys.argv[1:]]
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    try:
        runpy.run_module("oneway", run_name="__main__")
    except SystemExit as end:
        code = end.code
print(code, *sorted(sys.modules))
"""


def loaded_by(*arguments: str, folder: Path | None = None) -> set[str]:
    """Return the names of the modules that a command has loaded at its end."""
    command = [sys.executable, "-c", SHOW, *arguments]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    code, *names = ran.stdout.split()
    assert code == "0"
    return set(names)


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], LITTLE),
        (["--version"], LITTLE),
        (["functions"], FUNCTIONS),
        (["functions", "pad_left"], FUNCTIONS),
        (["validate", MAPPING], VALIDATE),
    ],
    ids=["help", "version", "functions", "one function", "validate"],
)
def test_a_small_command_loads_nothing_heavy(arguments: list[str], heavy: set[str]) -> None:
    assert loaded_by(*arguments) & heavy == set()


def test_the_names_are_those_of_modules_that_other_commands_load() -> None:
    loaded = loaded_by("plan", "--help")
    assert {"oneway.planning", "oneway.history", "yaml"} <= loaded


def test_a_plan_that_has_no_past_opens_no_store(tmp_path: Path) -> None:
    person = {
        "id": "1",
        "status": "Current",
        "personalDetails": {"firstName": "Ann", "lastName": "Lee", "email": "ann@example.com"},
        "employmentDetails": {"payrollCode": "P1", "leaverDetails": {"hasLeft": False}},
    }
    inputs = {"source": [person], "target": [], "departments": []}
    for name, records in inputs.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(records))
    files = ["--source", "source.json", "--target", "target.json"]
    files += ["--reference", "departments=departments.json", "--state", "state"]
    loaded = loaded_by("plan", MAPPING, *files, folder=tmp_path)
    assert "oneway.planning.planner" in loaded
    assert not {"sqlalchemy", "alembic", "asyncio", "httpx", "jsonschema"} & loaded
    assert not {"cattrs", "csv", "zipfile", "zoneinfo"} & loaded
    assert (
        not {"oneway.mapping.generated.rows", "oneway.runs.incremental.incremental_read"} & loaded
    )
    assert "oneway_connectors.file.writer" not in loaded


def test_a_sync_into_a_file_loads_no_database_but_sqlite(world: World) -> None:
    loaded = loaded_by("sync", "m.yaml", folder=world.folder)
    assert "sqlalchemy.dialects.sqlite" in loaded
    assert not {"sqlalchemy.dialects.postgresql", "psycopg", "alembic"} & loaded
