"""`oneway init`."""

from collections.abc import Sequence
from pathlib import Path

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled
from oneway.cli.packaged import FOLDER, packaged_mappings
from oneway.cli.written import write_for_people
from oneway.core.diagnostics import did_you_mean, refusal
from oneway.documents.yaml_source import read_all


@click.command("init")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--list", "only_list", is_flag=True, help="List the mappings, and copy none.")
@consoled
def command(*, console: Console, names: Sequence[str], only_list: bool) -> Exit:
    """Copy the mappings that come with the program into mappings/, to start from.

    Without NAME, all of them. Existing files are left as they are.

    \b
    Example:
      oneway init --list
      oneway init staffology-to-expensein
    """
    with packaged_mappings() as folder:
        known = {path.stem: path for path in sorted(folder.rglob("*.yaml")) if _title(path)}
        for name in names:
            if name not in known:
                help = did_you_mean(name, known) or f"there are: {', '.join(known)}"
                raise refusal("U150", "init", f"no mapping comes with the name '{name}'", help)
        for name in names or known:
            path = known[name]
            if only_list:
                console.out(f"{name:<28}{_title(path)}")
            else:
                for each in (path, path.with_name(f"{name}.test.yaml")):
                    if each.exists():
                        _copy(console, each, Path(FOLDER) / each.relative_to(folder))
    if not only_list:
        console.note("check them with: oneway validate")
        console.note("to sync for a customer: oneway connect NAME")
    return Exit.DONE


def _title(path: Path) -> str:
    """Return a mapping's title, or "" for any other file."""
    document = read_all(path.read_bytes(), path.name).document
    data = document.data if document is not None and isinstance(document.data, dict) else {}
    return str(data.get("title") or data.get("name", "")) if "oneway" in data else ""


def _copy(console: Console, source: Path, target: Path) -> None:
    if target.exists():
        console.out(f"{target} is there already, and stays as it is")
        return
    write_for_people(target, source.read_bytes())
    console.out(f"{target}")
