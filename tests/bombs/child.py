"""The process in which a bomb goes off: limits are set, then the commands run one by one.

    python child.py FOLDER MEGABYTES SECONDS '[["validate", "m.yaml"], ...]'

Prints the exit code and the output of each command as JSON, the last line of all.
"""

import contextlib
import io
import json
import os
import resource
import sys


def main() -> None:
    folder, megabytes, seconds, commands = sys.argv[1:]
    from oneway.cli.entry import run

    os.chdir(folder)
    size, limit = int(megabytes) * 1_000_000, int(seconds)
    # RLIMIT_DATA counts what a process really asks for, and not the libraries that it maps.
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    used = resource.getrusage(resource.RUSAGE_SELF)
    already = int(used.ru_utime + used.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit + already, limit + already))
    ended = []
    for command in json.loads(commands):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = run(command)
        ended.append([code, out.getvalue()[-4000:]])
    print(json.dumps(ended))


main()
