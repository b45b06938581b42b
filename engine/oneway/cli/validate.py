"""`oneway validate`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from os.path import isdir
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneway import __version__
from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.found_files import KINDS, files_in, kind_of, unreadable
from oneway.cli.options import FOLDERS, consoled, formatted
from oneway.cli.quoting import quoted
from oneway.cli.written import write_for_people
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused, Severity, refusal
from oneway.core.phrases import count
from oneway.core.similar_words import slips
from oneway.documents.yaml_source import LIMIT, read_all
from oneway.render import diagnostics
from oneway.runs.prepare.compilation import START, read_file
from oneway.runs.validation import Mappings, findings, found_in

if TYPE_CHECKING:
    from oneway.connections.connection import Connection

_MAPPINGS = "mappings/"
_MOST = 200_000_001
"""One byte more than a plan may have, the largest of these files."""
_ROUNDS = 4
"""How often files are corrected, as some mistakes only appear once others are gone."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A file, its kind, and the findings in it."""

    path: str
    kind: str
    found: tuple[Diagnostic, ...]
    connection: "Connection | None" = None

    @property
    def failed(self) -> bool:
        """Whether a finding is an error."""
        return any(each.severity is Severity.ERROR for each in self.found)


@click.command("validate")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--fix", is_flag=True, help="Correct mistakes that have one certain remedy, in the files."
)
@formatted("text", "json", "sarif", "junit", "github", "gitlab")
@consoled
def command(*, console: Console, paths: Sequence[str], fix: bool, format: str) -> Exit:
    """Check mappings, connections and plans, without network.

    Manifests and mapping tests too. Every mistake of every file is reported in one run. Folders
    are searched for .yaml, .yml and .json files; the kind of a file follows from its content.
    Without PATH: mappings/ and connections/, or the one that exists. Credentials are not opened:
    if one is in a file, the file must exist, and no other user may read it.

    With --fix, mistakes that have one certain remedy are corrected in the file; comments and
    layout stay. Among them are slips in keys, functions, fields and words, where one alone of
    those that are known is meant. The other mistakes are reported.

    \b
    Example:
      oneway validate --fix
      oneway validate mapping.yaml connectors/
    """
    checked = _all(paths or _defaults())
    corrected: list[Diagnostic] = []
    for _ in range(_ROUNDS if fix else 0):
        made = _corrected(checked)
        if not made:
            break
        corrected += made
        checked = _all(paths or _defaults())
    # A mistake in a manifest affects each mapping that uses it, and is reported once.
    found = list(dict.fromkeys(diagnostic for each in checked for diagnostic in each.found))
    match format:
        case "json":
            console.json([_as_data(each) for each in checked])
        case "text":
            for each in corrected:
                console.out(_correction(each))
            console.out(diagnostics.text(found, console.style))
            console.out(_summary(len(checked), found))
            if fix and found and not corrected:
                console.note("--fix: none of these has one certain remedy; nothing was corrected")
            if len(paths) == 1 and [each.kind for each in checked] == ["mapping"]:
                _say_next(console, checked[0])
        case _:
            console.out(_for_ci(format, checked, found))
    return Exit.ERROR if any(each.failed for each in checked) else Exit.DONE


def _correction(found: Diagnostic) -> str:
    now = found.fix.text.strip() if found.fix is not None else ""
    return f"{found.span}: corrected: {found.summary} [{found.code}]\n       now {now}\n"


def _say_next(console: Console, mapping: Checked) -> None:
    if not mapping.failed:
        console.advise("next:", f"oneway prove {quoted(mapping.path)}")


def _for_ci(format: str, checked: Sequence[Checked], found: Sequence[Diagnostic]) -> str:
    from oneway.render import ci_formats

    match format:
        case "sarif":
            return ci_formats.sarif(found, __version__)
        case "junit":
            return ci_formats.junit({each.path: each.found for each in checked})
        case "github":
            return ci_formats.github(found)
        case _:
            return ci_formats.gitlab(found)


def _all(paths: Sequence[str]) -> list[Checked]:
    mappings = Mappings(FOLDERS)
    return _named_twice([one for path in paths for one in _checked(path, mappings)])


def _corrected(checked: Sequence[Checked]) -> tuple[Diagnostic, ...]:
    """Correct files in place; return the corrected mistakes."""
    from oneway.documents.fixes import fixed

    made: list[Diagnostic] = []
    for each in checked:
        if any(one.fix for one in each.found):
            data = read_file(each.path, LIMIT + 1)
            text, found = fixed(data, (one for one in each.found if one.span.file == each.path))
            if found:
                write_for_people(Path(each.path), text, code="F122")
            made += found
    return tuple(made)


def _defaults() -> tuple[str, ...]:
    """Return the default folders that exist, or the mappings folder if none does."""
    from oneway.connections.folder import FOLDER

    return tuple(each for each in (_MAPPINGS, f"{FOLDER}/") if isdir(each)) or (_MAPPINGS,)


def _named_twice(checked: Sequence[Checked]) -> list[Checked]:
    """Return the checked files, with a finding on connections that share a name."""
    unique = {each.path: each.connection for each in checked if each.connection is not None}
    if not unique:
        return [*checked]
    from oneway.connections.folder import same_names

    twice = same_names(unique.values())
    return [
        replace(each, found=(*each.found, twice[each.path])) if each.path in twice else each
        for each in checked
    ]


def _checked(path: str, mappings: Mappings) -> Iterator[Checked]:
    """Check a file, or all files in a folder."""
    is_folder = isdir(path)
    if path == _MAPPINGS and not is_folder:
        missing = refusal("F120", path, "there is no such folder", f"name a file, or: {START}")
        yield Checked(path, "folder", missing.diagnostics)
        return
    if not is_folder:
        yield _check(path, mappings, named=True)
        return
    closed: list[OSError] = []
    files = sorted(files_in(path, closed.append))
    found = [one for file in files if (one := _check(file, mappings, named=False)).kind]
    for why in unreadable(closed):
        yield Checked(why.span.file, "folder", (why,))
    if not found:
        summary = "it contains no mapping, connection, manifest or plan"
        nothing = refusal("F121", path, summary, START)
        yield Checked(path, "folder", nothing.diagnostics)
    yield from found


def _check(path: str, mappings: Mappings, *, named: bool) -> Checked:
    """Check one file; skip other programs' files in a folder."""
    kind = "file"
    try:
        data = read_file(path, _MOST)
        kind = kind_of(data, path)
        if not kind and path.endswith(".json"):
            if not named:
                return Checked(path, "", ())
            kind = "plan"
        if kind == "connection":
            from oneway.connections.parse import load_connection

            connection = load_connection(data, path)
            return Checked(path, kind, findings(connection, mappings), connection)
        return Checked(path, kind, _findings(kind, data, path, mappings))
    except Refused as refused:
        return Checked(path, kind or "file", refused.diagnostics)


def _findings(kind: str, data: bytes, path: str, mappings: Mappings) -> tuple[Diagnostic, ...]:
    """Return the findings in a file; raise `Refused` if checking cannot continue."""
    match kind:
        case "plan":
            from oneway.planning.plan_file import load

            load(data, path)
        case "manifest":
            from oneway.runs.validate_manifest import manifest_mistakes

            return manifest_mistakes(data, path)
        case "default":
            from oneway.connections.default_notify import load_default
            from oneway.connections.notice_folders import missing_folders
            from oneway.connections.secret_files import unsafe_files

            default = load_default(data, path)
            return (*unsafe_files(default), *missing_folders(default))
        case "test":
            return _of_test(data, path, mappings)
        case "mapping":
            made = mappings.compilation(data, path)
            of_manifests = [each for one in made.catalogue.values() for each in one.warnings]
            return (*found_in(made), *of_manifests)
        case _:
            raise _unknown(data, path)
    return ()


def _of_test(data: bytes, path: str, mappings: Mappings) -> tuple[Diagnostic, ...]:
    """Return the warnings of a mapping test; raise `Refused` with its mistakes."""
    from oneway.runs.mapping_tests.load import load_test
    from oneway.runs.mapping_tests.unknown_names import refuse_unknown, warnings_of

    test = load_test(data, path)
    compiled, _ = mappings.compilation(read_file(test.mapping, LIMIT + 1), test.mapping).made()
    refuse_unknown(test, compiled)
    return warnings_of(test, compiled)


def _unknown(data: bytes, path: str) -> Refused:
    reading = read_all(data[: LIMIT + 1], path)
    if reading.found:
        from oneway.connections.provenance import unquoted

        # It may be a connection, in which a line may contain a credential.
        return Refused([unquoted(each) for each in reading.found])
    document = reading.document
    keys = document.data if document is not None and isinstance(document.data, dict) else {}
    misspelt = next((each for each in keys if slips(each, KINDS)), "")
    if misspelt and document is not None:
        help = f"did you mean '{slips(misspelt, KINDS)[0]}'?"
        summary = f"'{misspelt}' begins no file of ours"
        return Refused([document.at((misspelt,), "F121", summary, help, key=True)])
    if {"match", "fields"} & keys.keys() or {"source", "target"} <= keys.keys():
        summary = "the line `oneway: 1`, with which a mapping begins, is missing"
        return refusal("F121", path, summary, "write it at the top")
    help = (
        "begin a mapping with `oneway: 1`, a connection with `oneway_connection: 1`, "
        "a manifest with `oneway_connector: 1`, a mapping test with `oneway_test: 1`, "
        "the notices of a folder with `oneway_notify: 1`"
    )
    return refusal("F121", path, "no mapping, connection, manifest or plan", help)


def _summary(files: int, found: Sequence[Diagnostic]) -> str:
    severities = [each.severity for each in found]
    errors, warnings = severities.count(Severity.ERROR), severities.count(Severity.WARNING)
    said = f"{count(errors, 'error')}, {count(warnings, 'warning')}" if found else "no mistakes"
    return f"{count(files, 'file')} checked: {said}"


def _as_data(checked: Checked) -> dict[str, object]:
    return {
        "file": checked.path,
        "kind": checked.kind,
        "ok": not checked.failed,
        "diagnostics": diagnostics.as_json(checked.found),
    }
