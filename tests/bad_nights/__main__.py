"""`python -m tests.bad_nights` lives through all of them; `--only TEXT`, `--write` for the page.

Several processes may share the work: each lives through its `--part` and keeps what was said in a
file (`--rows`), of which a last one makes the page (`--read FILE --read FILE --write`).
"""

import argparse
import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from .nights import NIGHTS
from .stage import theatre
from .table import PAGE, Row, lived, page


def main() -> int:
    """Live through the nights; return 1 where a place said what is not true."""
    parser = argparse.ArgumentParser(prog="python -m tests.bad_nights", description=__doc__)
    parser.add_argument("--only", default="", help="only nights with this in their name")
    parser.add_argument("--part", default="1/1", help="which part of them, such as 2/3")
    parser.add_argument("--rows", type=Path, help="keep what was said in this file")
    parser.add_argument("--read", type=Path, action="append", help="take what was kept instead")
    parser.add_argument("--write", action="store_true", help="write the page of the documentation")
    asked = parser.parse_args()
    began = time.monotonic()
    rows = _kept(asked.read) if asked.read else _lived(asked.only, asked.part)
    wrong = sum(len(row.wrong) for row in rows)
    print(f"{len(rows)} nights, {wrong} differences, {time.monotonic() - began:.0f} s")
    if asked.rows:
        data = [[row.bad.name, row.said, row.wrong] for row in rows]
        asked.rows.write_text(json.dumps(data), encoding="utf-8")
    if asked.write:
        PAGE.write_text(page(rows), encoding="utf-8")
    return 1 if wrong else 0


def _lived(only: str, part: str) -> list[Row]:
    number, _, parts = part.partition("/")
    rows = []
    with TemporaryDirectory(prefix="nights-") as folder, theatre(Path(folder) / "good") as shared:
        for name in [each for each in NIGHTS if only in each][int(number) - 1 :: int(parts)]:
            row = lived(NIGHTS[name], shared)
            rows.append(row)
            print(f"{name}: {'; '.join(row.wrong) or 'as it is'}", flush=True)
    return rows


def _kept(files: list[Path]) -> list[Row]:
    found = {
        name: (said, wrong) for file in files for name, said, wrong in json.loads(file.read_text())
    }
    return [
        Row(bad, *(tuple(each) for each in found[name]))
        for name, bad in NIGHTS.items()
        if name in found
    ]


if __name__ == "__main__":
    sys.exit(main())
