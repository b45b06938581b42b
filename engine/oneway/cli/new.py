"""`oneway new`."""

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import FOLDERS, consoled, now
from oneway.cli.printing import quoted
from oneway.connections import from_environment
from oneway.core.diagnostics import refusal
from oneway.core.records import Value
from oneway.render.layout import count
from oneway.runs.draft import (
    DraftSide,
    first_test,
    mapping_text,
    paired,
    questions,
    read_side,
    sampled,
)


@click.command("new")
@click.argument("mapping", type=click.Path(path_type=Path), metavar="MAPPING")
@click.option("--source", required=True, metavar="SIDE", help="A file, or CONNECTOR:RESOURCE.")
@click.option("--target", required=True, metavar="SIDE", help="A file, or CONNECTOR:RESOURCE.")
@click.option("--no-sample", is_flag=True, help="Write no sample of records beside the mapping.")
@consoled
def command(*, console: Console, mapping: Path, source: str, target: str, no_sample: bool) -> Exit:
    """Write a mapping from the fields of your own two files or systems.

    Fields are matched by name and by value, and each guess is marked as one; who takes part, who
    has left and what is held back are questions in comments. It validates and plans as it is
    written. Beside it a few records are written, with invented people in them, to try it on.
    Nothing is overwritten.

    \b
    Example:
      oneway new mapping.yaml --source people.csv --target users.json
      oneway new mapping.yaml --source people.csv --target expensein:users
    """
    if mapping.exists():
        summary = "the file is there already"
        raise refusal("F120", str(mapping), summary, "name another file, or take it away first")
    folder = mapping.parent
    left = read_side(source, folder, FOLDERS, from_environment)
    right = read_side(target, folder, FOLDERS, from_environment)
    pairs = paired(left, right)
    today = now().date()
    asked = questions(left, right, (today - timedelta(days=30)).isoformat())
    text, key = mapping_text(_name(mapping), left, right, pairs, asked)
    _write(mapping, text)
    _say(console, mapping, left, right, len(pairs))
    if not no_sample and left.records:
        first, second = sampled(left, right, key)
        tables = " --reference people={0}" if any(each.looks_up for each in pairs) else ""
        _sample(console, mapping, first, second, tables)
        sides = (left, right)
        test = first_test(mapping.name, today.isoformat(), sides, key, asked, first[-1])
        _write_beside(console, mapping, test)
    _next(console, mapping)
    return Exit.DONE


def _name(mapping: Path) -> str:
    found = re.findall(r"[a-z0-9]+", mapping.stem.lower())
    return "-".join(found) if found and found[0][0].isalpha() else "-".join(["sync", *found])


def _say(console: Console, mapping: Path, source: DraftSide, target: DraftSide, pairs: int) -> None:
    for role, side in (("source", source), ("target", target)):
        options = ", ".join(f"{name}: {value}" for name, value in side.options.items())
        read = count(len(side.records)) if side.records else "no records"
        said = f"{role}: {side.resource}, {read}, {count(len(side.fields), 'field')}"
        console.out(f"{said}{f' ({options})' if options else ''}")
    console.out(f"{mapping}: {count(pairs, 'field')} guessed; read it, and answer its questions")


def _sample(
    console: Console, mapping: Path, source: Sequence[Value], target: Sequence[Value], tables: str
) -> None:
    folder = mapping.with_name(f"{mapping.stem}-sample")
    files = (folder / "source.json", folder / "target.json")
    if any(each.exists() for each in files):
        console.note(f"{folder} is there already, and stays as it is")
        return
    for path, records in zip(files, (source, target), strict=True):
        _write(path, json.dumps(records, ensure_ascii=False, indent=1) + "\n")
    console.note(
        f"to try it on a few invented people: oneway plan {quoted(mapping)} "
        f"--source {quoted(files[0])} --target {quoted(files[1])}{tables.format(quoted(files[1]))}"
    )


def _write_beside(console: Console, mapping: Path, test: str) -> None:
    """Write the mapping's first test, where it has none."""
    path = mapping.with_name(f"{mapping.stem}.test.yaml")
    if not path.exists():
        _write(path, test)
        console.note(f"a test to go on from: {path}")


def _next(console: Console, mapping: Path) -> None:
    test = mapping.with_name(f"{mapping.stem}.test.yaml").exists()
    commands = ("validate", *(("test",) if test else ()), "prove", "plan")
    console.note("next: " + ", ".join(f"oneway {each} {quoted(mapping)}" for each in commands))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        summary = f"cannot be written: {error.strerror}"
        raise refusal("F120", str(path), summary, "check the rights on the folder") from None
