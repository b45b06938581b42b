"""`oneway new`."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from os.path import exists, samefile
from pathlib import Path, PurePath

import click

from oneway.cli.clock import now
from oneway.cli.console import Console, ProgressLine
from oneway.cli.exits import Exit
from oneway.cli.options import FOLDERS, consoled
from oneway.cli.quoting import quoted
from oneway.cli.written import write_for_people
from oneway.connections.environment import from_environment
from oneway.core.diagnostics import refusal
from oneway.core.phrases import are, count
from oneway.mapping.compiler import Compiled
from oneway.render.layout import wrap
from oneway.render.sanitize import harmless
from oneway.runs.draft.codes import with_codes, with_marks
from oneway.runs.draft.days import month_comes_first, with_evidence
from oneway.runs.draft.draft_mapping import DraftMapping
from oneway.runs.draft.first_test import first_test
from oneway.runs.draft.keys import MatchKeys, match_keys
from oneway.runs.draft.lookups import with_lookups
from oneway.runs.draft.outliers import outliers, without_outliers
from oneway.runs.draft.pairs import Pair, paired
from oneway.runs.draft.questions import questions
from oneway.runs.draft.samples import Sample, kept_words, sampled
from oneway.runs.draft.side import DraftSide, read_side
from oneway.runs.draft.write import key_counts, mapping_text
from oneway.runs.prepare.compilation import compile_data


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
    if exists(mapping):
        summary = "the file is there already"
        raise refusal("F120", str(mapping), summary, "name another file, or take it away first")
    _refuse_one_side(source, target)
    _refuse_unwritable(str(mapping), source, target)
    left, right, pairs = _sides(console, source, target, mapping.parent)
    odd = outliers(left, pairs)
    _say_odd(console, left, (*left.unread, *(each.text for each in odd)), _UNREAD)
    _say_odd(console, right, right.unread, _UNREAD)
    for side in (left, right):
        if side.sheets:
            said = f"{side.resource}: only the sheet '{side.options['sheet']}' is read, not "
            console.note(_folded(console, said + ", ".join(map(repr, side.sheets))))
    for note in (*left.notes, *right.notes):
        console.note(note)
    _say_odd(console, right, right.kept, _KEPT)
    usual = without_outliers(left, odd)
    keys = match_keys(left, right, pairs)
    pairs = with_codes(left, right, with_lookups(left, right, pairs, keys), keys)
    pairs = with_marks(left, right, pairs, keys)
    today = now().date()
    draft = DraftMapping(left, right, pairs, keys, questions(left, right, keys, today))
    text = mapping_text(_name(mapping, left, right), draft)
    _write(mapping, text)
    _say(console, mapping, left, right, len(pairs))
    _say_keys(console, left, right, keys)
    if usual.records:
        drafted, _ = compile_data(text.encode(), str(mapping), FOLDERS)
        usual_draft = replace(draft, source=usual)
        _try_out(console, mapping, usual_draft, drafted, today, no_sample=no_sample)
    _next(console, mapping)
    return Exit.DONE


def _sides(
    console: Console, source: str, target: str, folder: Path
) -> tuple[DraftSide, DraftSide, Sequence[Pair]]:
    """Return what was read of both sides, and the fields of both that belong together."""
    progress = ProgressLine()
    with progress.of(console):
        left = read_side(source, folder, FOLDERS, from_environment, progress)
        # An unreadable target record might be any joiner's, so every joiner would have to wait.
        right = read_side(target, folder, FOLDERS, from_environment, progress, keeps_odd=True)
    _refuse_nobody(left, source)
    with progress.of(console):
        left, right = _in_order(left, right, source, target, folder)
        return left, right, paired(left, right, progress)


def _try_out(
    console: Console,
    mapping: Path,
    draft: DraftMapping,
    compiled: Compiled,
    today: date,
    *,
    no_sample: bool,
) -> None:
    """Write a sample of invented people, unless `no_sample`, and a first test."""
    sample = sampled(draft)
    tables = " --reference people={0}" if any(each.looks_up for each in draft.pairs) else ""
    if not no_sample:
        _sample(console, mapping, (draft.source, draft.target), sample, tables)
    test = first_test(mapping.name, today.isoformat(), draft, sample.source[-1], compiled)
    _write_beside(console, mapping, test)


def _refuse_one_side(source: str, target: str) -> None:
    """Raise `Refused` if both sides are one: no mapping could be used."""
    if source == target or (exists(source) and exists(target) and samefile(source, target)):
        help = "name another target: a source is never written to"
        raise refusal("U152", target, "source and target are the same", help)


def _refuse_nobody(left: DraftSide, source: str) -> None:
    """Raise `Refused` if the source has no fields."""
    if not left.fields:
        summary = "it has no headings and no records, so that nothing can be read from it"
        raise refusal("U152", source, summary, "export it again, with some people in it")


def _in_order(
    left: DraftSide, right: DraftSide, source: str, target: str, folder: Path
) -> tuple[DraftSide, DraftSide]:
    """Return both sides, with day and month in the order that matched records show, if they do."""
    if not (left.either or right.either):
        return left, right
    keys = match_keys(left, right, paired(left, right))
    first = month_comes_first(left, right, keys)
    sides = []
    for side, other, name, month in zip(
        (left, right), (right, left), (source, target), first, strict=True
    ):
        if month is None:
            sides.append(with_evidence(side, other, left, right, keys))
        elif month:
            again = read_side(name, folder, FOLDERS, from_environment, keeps_odd=side is right,
                              month_first=True)  # fmt: skip
            sides.append(again)
        else:
            sides.append(replace(side, either={}))
    return sides[0], sides[1]


def _name(mapping: Path, source: DraftSide, target: DraftSide) -> str:
    """Return the name of a mapping: from its file or, if that gives none, from both sides."""
    stem = mapping.stem.lower()
    if stem in _NAMELESS:
        sides = (PurePath(side.resource).stem.lower() for side in (source, target))
        stem = " to ".join(sides)
    found = re.findall(r"[a-z0-9]+", stem)
    return "-".join(found) if found and found[0][0].isalpha() else "-".join(["sync", *found])


_NAMELESS = ("mapping", "map", "sync", "new")


def _say(console: Console, mapping: Path, source: DraftSide, target: DraftSide, pairs: int) -> None:
    for role, side in (("source", source), ("target", target)):
        options = ", ".join(f"{name}: {value}" for name, value in side.options.items())
        read = count(len(side.records)) if side.records else "no records"
        read = read if side.was_read else "not read, as its credentials are not at hand"
        said = f"{role}: {side.resource}, {read}, {count(len(side.fields), 'field')}"
        console.out(_folded(console, f"{said}{f' ({options})' if options else ''}"))
    asked = f"{count(pairs, 'field')} guessed; read it, and answer its questions"
    console.out(_folded(console, f"{mapping}: {asked}"))


def _folded(console: Console, text: str, start: int = 0) -> str:
    """Return a text in lines that fit; commands are never folded, because people copy them."""
    return "\n".join(wrap(harmless(text), console.style, start, start + 2))


def _say_odd(console: Console, side: DraftSide, found: Sequence[str], becomes: str) -> None:
    """Print the records and cells that need attention, and what happens to them."""
    if not found:
        return
    console.note(_folded(console, f"{side.resource}: correct what is named here; {becomes}"))
    for text in found[:_NAMED]:
        console.note(_folded(console, text, 2))
    if len(found) > _NAMED:
        console.note(f"  and {len(found) - _NAMED:,} more")


_UNREAD = "until then each is an error of its record; all others sync"
_KEPT = "until then it stays the text that it is (unfit_cells: keep)"
_NAMED = 10
"""How many records are named at most."""


def _say_keys(console: Console, source: DraftSide, target: DraftSide, keys: MatchKeys) -> None:
    """Print the match keys, and how many records they find."""
    for number, each in enumerate(keys.chosen, 1):
        pair = f"{each.pair.source} = {each.pair.target}"
        console.out(_folded(console, f"match key {number}: {pair}: {key_counts(each, target)}"))
    if source.records and target.records:
        new = len(source.records) - keys.found
        found = f"{count(keys.found)} of the source {are(keys.found)} found in the target"
        console.out(f"{found}, {new:,} {are(new)} not")
        if not keys.found:
            console.note("nobody is matched: see `match` before you apply anything")


def _sample(
    console: Console, mapping: Path, sides: tuple[DraftSide, DraftSide], sample: Sample, tables: str
) -> None:
    folder = mapping.with_name(f"{mapping.stem}-sample")
    files = (folder / "source.json", folder / "target.json")
    if any(map(exists, files)):
        console.note(_folded(console, f"{folder} is there already, and stays as it is"))
        return
    for path, side, records in zip(files, sides, (sample.source, sample.target), strict=True):
        # The mapping's options, such as the encoding, apply to the sample as well.
        encoding = side.options.get("encoding", "utf-8")
        text = json.dumps(records, ensure_ascii=encoding != "utf-8", indent=1)
        _write(path, text + "\n", encoding)
    kept = f"{kept_words(sample.kept)}dates are moved"
    console.note(_folded(console, f"invented people to try it on, in {folder}: {kept}"))
    console.note(
        f"  oneway plan {quoted(mapping)} --source {quoted(files[0])} --target {quoted(files[1])}"
        f"{tables.format(quoted(files[1]))}"
    )


def _refuse_unwritable(*names: str) -> None:
    """Refuse a name that is not UTF-8, because the mapping and its test must contain it."""
    for name in names:
        try:
            name.encode()
        except UnicodeEncodeError:
            summary = "the name is not UTF-8, as the text of a mapping has to be"
            raise refusal("F120", ascii(name), summary, "rename the file") from None


def _write_beside(console: Console, mapping: Path, test: str) -> None:
    """Write the mapping's first test, if it has none."""
    path = mapping.with_name(f"{mapping.stem}.test.yaml")
    if not exists(path):
        _write(path, test)
        console.note(_folded(console, f"{path}: a test with a case for each question"))


def _next(console: Console, mapping: Path) -> None:
    """Print what to do next, with the commands."""
    test = mapping.with_name(f"{mapping.stem}.test.yaml")
    both = f"{mapping} and {test}" if exists(test) else f"{mapping}"
    commands = ["prove {}", *(["test {}"] if exists(test) else []), "plan {} --out plan.json"]
    first, *others = (f"oneway {each.format(quoted(mapping))}" for each in commands)
    guesses = "check the guesses, and take the `# ` from what you want"
    console.note(_folded(console, f"now edit {both}: {guesses}"))
    console.advise("next:", first)
    console.advise("then:", *others)


def _write(path: Path, text: str, encoding: str = "utf-8") -> None:
    write_for_people(path, text.encode(encoding))
