"""The installed wheel in one process: many commands cost less than a process each."""

import json
import shlex
import subprocess
from pathlib import Path

DRIVER = """
import contextlib, io, json, sys
from oneway.cli.entry import run
asked, answers = sys.stdin, sys.stdout
for line in asked:
    given = json.loads(line)
    out, err = io.StringIO(), io.StringIO()
    sys.stdin = io.StringIO(given["stdin"])
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = int(run(given["args"]))
    print(json.dumps([code, out.getvalue(), err.getvalue()]), file=answers, flush=True)
"""


class WheelProcess:
    """The installed wheel in one process: commands in, exit codes and texts out."""

    def __init__(self, python: str, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [python, "-I", "-c", DRIVER], cwd=folder, env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(self, line: str, stdin: str = "") -> tuple[int, str, str]:
        """Run a line of a page: `oneway ...`, perhaps with `> file` at its end."""
        words, _, file = line.partition(" > ")
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"args": shlex.split(words)[1:], "stdin": stdin}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        code, out, err = json.loads(self.process.stdout.readline())
        if file:
            (self.folder / file).write_text(out, encoding="utf-8")
        return code, out, err

    def close(self) -> None:
        """Let the process end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
