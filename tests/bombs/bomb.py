"""What a bomb is, how it is set off, and what it must end as."""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

MEGABYTES, SECONDS = 256, 10
LONGEST = 400  # by the clock, where others want the processor as well
CHILD = Path(__file__).with_name("child.py")
ROOT = Path(__file__).resolve().parents[2]

MAPPING = """\
oneway: 1
name: people
title: People become users
label: name
source: {connector: file, resource: people.json}
target: {connector: file, resource: users.json}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
  name: name
  text: NAME
joiners: {create: true}
"""


Content: TypeAlias = bytes | str | Callable[[], bytes]
"""What is in a file; a large one is made when it is needed."""


@dataclass(frozen=True)
class Bomb:
    """Files, and the commands that meet them.

    `says` must stand in what the last command prints. `others` says that the person beside the
    bomb must be planned all the same. `server` is what answers over HTTP at `URL`, if anything.
    """

    name: str
    files: Mapping[str, Content] = field(repr=False)
    commands: Sequence[Sequence[str]] = (("validate", "m.yaml"), ("plan", "m.yaml"))
    says: str = ""
    others: bool = False
    server: str = ""


@dataclass(frozen=True)
class Burst:
    """How a bomb ended: what is wrong with that, or nothing; seconds and megabytes it took."""

    wrong: str
    seconds: float
    megabytes: float


def set_off(bomb: Bomb, url: str = "") -> Burst:
    """Set a bomb off in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in bomb.files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            data = content() if callable(content) else content
            data = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
            path.write_bytes(data.replace(b"URL", url.encode()) if url else data)
        return _ended(bomb, folder)


def _ended(bomb: Bomb, folder: str) -> Burst:
    paths = (ROOT / "engine", ROOT / "connectors", ROOT / "tests")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "COLUMNS": "200"}
    command = [
        sys.executable, str(CHILD), folder, str(MEGABYTES), str(SECONDS), json.dumps(bomb.commands)
    ]  # fmt: skip
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            out, err = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            return Burst("it never ends, and uses no processor", LONGEST, 0)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Burst(_wrong(bomb, process.returncode, out, err), used.ru_utime, used.ru_maxrss / 1000)


def _wrong(bomb: Bomb, code: int, out: str, err: str) -> str:
    if code < 0:
        return f"ended by signal {-code}"
    try:
        ended = json.loads(out.splitlines()[-1])
    except (ValueError, IndexError):
        return f"ended with {code}: {err[-300:]}"
    for exit_code, said in ended:
        if "bug in this program" in said or exit_code not in (0, 1, 2, 4, 5):
            return f"exit code {exit_code}: {said[-300:]}"
    last = " ".join(ended[-1][1].split())
    if bomb.says and bomb.says not in last:
        return f"does not say {bomb.says!r}: {last[-300:]}"
    if bomb.others and "Other Person" not in last:
        return f"the others are lost: {last[-300:]}"
    return ""
