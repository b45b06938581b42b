"""Checks the shape of the code, as `make lint` does: prints what breaks a rule and ends with 1.

    python tests/house.py
    python tests/house.py --lines [REVISION]     lines of code by folder, now and at a revision

- No class name is defined twice in `engine` and `connectors`, but for those in `TWICE`.
- No function is longer than 40 lines, docstring apart, and none but a click command takes more
  than 7 parameters.
- Dataclasses are made by `oneway.core.dataclass`.
- No modules import each other in a circle, not even within functions; for types alone they may.
- The repository has at its top what `TOP` names, and nothing that a command left behind.
- The top level of `engine/oneway` has at most 14 folders and 3 modules.
- Every module is in the list of modules of `engine/README.md`, which this script writes
  (`--write`) from the first line of each docstring.
"""

import ast
import re
import subprocess
import sys
import tarfile
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("engine/oneway", "connectors/oneway_connectors")
PAGE = ROOT / "engine" / "README.md"
BEGIN, END = "<!-- modules: written by tests/house.py -->", "<!-- end of modules -->"
LONGEST, MOST = 40, 7
FOLDERS, MODULES = 14, 3
TOP = {
    ".ci", ".dockerignore", ".github", ".gitignore", ".pre-commit-hooks.yaml", "CHANGELOG.md",
    "Containerfile", "LICENSE", "Makefile", "README.md", "SECURITY.md", "benchmarks", "connectors",
    "docs", "engine", "mappings", "pyproject.toml", "requirements", "schemas", "tests", "tools",
    "uv.lock",
}  # fmt: skip

TWICE: Mapping[str, str] = {}
"""Class names that may be defined twice, each with the reason."""


def modules() -> dict[Path, ast.Module]:
    """Return every module of the product, parsed, by its path below the root."""
    files = (file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py")))
    return {file.relative_to(ROOT): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def class_names(parsed: Mapping[Path, ast.Module]) -> Iterator[str]:
    """Yield the class names that are defined twice."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path, tree in parsed.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path}:{node.lineno}")
    for name, found in sorted(places.items()):
        if len(found) > 1 and name not in TWICE:
            yield f"class {name} is defined {len(found)} times: {', '.join(found)}"


def functions(parsed: Mapping[Path, ast.Module]) -> Iterator[str]:
    """Yield the functions that are too long or take too much."""
    for path, tree in parsed.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef):
                continue
            told = len((ast.get_docstring(node, clean=False) or "").split("\n"))
            lines = (node.end_lineno or node.lineno) - node.lineno + 1 - told
            if lines > LONGEST:
                yield f"{path}:{node.lineno}: {node.name} has {lines} lines, at most {LONGEST}"
            taken = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            count = len([each for each in taken if each.arg not in ("self", "cls")])
            if count > MOST and not _is_command(node):
                yield f"{path}:{node.lineno}: {node.name} takes {count}, at most {MOST}"


def _is_command(node: ast.FunctionDef) -> bool:
    """Return whether click calls a function: each of its options is a parameter."""
    return any("click." in ast.unparse(each) for each in node.decorator_list)


def slow_dataclasses(parsed: Mapping[Path, ast.Module]) -> Iterator[str]:
    """Yield the modules that take `dataclass` from the standard library, which is slow to make."""
    for path, tree in parsed.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "dataclasses":
                taken = any(each.name == "dataclass" for each in node.names)
                if taken and path.name != "dataclass.py":
                    yield f"{path}:{node.lineno}: take dataclass from oneway.core.dataclass"


def circles(parsed: Mapping[Path, ast.Module]) -> Iterator[str]:
    """Yield a circle of imports, if there is one."""
    names = {_module(path): tree for path, tree in parsed.items()}
    try:
        TopologicalSorter(
            {name: set(_imported(tree, names)) - {name} for name, tree in names.items()}
        ).prepare()
    except CycleError as error:
        yield f"modules import each other in a circle: {' <- '.join(error.args[1])}"


def _module(path: Path) -> str:
    parts = path.with_suffix("").parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(node: ast.AST, names: Collection[str]) -> Iterator[str]:
    """Yield the modules that a part of a module imports, but for those it needs for types alone."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import):
        yield from (each.name for each in node.names if each.name in names)
    elif isinstance(node, ast.ImportFrom) and node.module in names:
        for each in node.names:
            inner = f"{node.module}.{each.name}"
            yield inner if inner in names else node.module
    for child in ast.iter_child_nodes(node):
        yield from _imported(child, names)


def left_behind() -> Iterator[str]:
    """Yield what is at the top of the repository and has no place there."""
    if not (ROOT / ".git").exists():  # an archive of it
        return
    command = ("git", "-C", str(ROOT), "ls-files", "-z")
    names = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split("\0")
    for name in sorted({name.partition("/")[0] for name in names if name} - TOP):
        yield f"{name} is no part of the repository: take it out"


def top_level() -> Iterator[str]:
    """Yield what is wrong with the number of rooms."""
    inside = [each for each in (ROOT / PACKAGES[0]).iterdir() if not each.name.startswith("__py")]
    folders = [each.name for each in inside if each.is_dir()]
    files = [each.name for each in inside if each.suffix == ".py"]
    if len(folders) > FOLDERS or len(files) > MODULES:
        yield f"{PACKAGES[0]} has {len(folders)} folders and {len(files)} modules at its top"


def listed(parsed: Mapping[Path, ast.Module]) -> str:
    """Return the list of modules, as the page has it: what each is for, by folder."""
    lines: list[str] = []
    folder = Path()
    for path, tree in sorted(parsed.items(), key=lambda each: (each[0].parent, each[0].name)):
        if path.parent != folder:
            folder = path.parent
            lines += ["", f"`{folder.relative_to(folder.parts[0])}/`", ""]
        about = (ast.get_docstring(tree) or "").split("\n")[0]
        if path.name != "__init__.py" or about:
            lines.append(f"- `{path.stem}` {about}")
    return "\n".join((BEGIN, *lines, "", END))


def page(parsed: Mapping[Path, ast.Module], *, write: bool) -> Iterator[str]:
    """Yield that the page's list of modules is not the code's; write it instead if asked to."""
    text = PAGE.read_text(encoding="utf-8")
    wanted = re.sub(
        rf"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: listed(parsed), text, flags=re.DOTALL
    )
    if write:
        PAGE.write_text(wanted, encoding="utf-8")
    elif text != wanted:
        yield f"{PAGE.relative_to(ROOT)} lists other modules: python tests/house.py --write"
    for path, tree in parsed.items():
        if not ast.get_docstring(tree) and tree.body:
            yield f"{path}: the module has no docstring"


def lines_of(revision: str = "") -> Counter[str]:
    """Return the lines of each folder: of the files here, or of a revision's."""
    found: Counter[str] = Counter()
    if not revision:
        for path in modules():
            text = (ROOT / path).read_text(encoding="utf-8")
            found[_folder(path)] += text.count("\n")
        return found
    tar = subprocess.run(
        ["git", "archive", revision, "engine", "connectors"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    with tarfile.open(fileobj=BytesIO(tar)) as files:
        for each in files.getmembers():
            content = files.extractfile(each) if each.name.endswith(".py") else None
            if content is not None:
                found[_folder(Path(each.name))] += content.read().count(b"\n")
    return found


def _folder(path: Path) -> str:
    """Return the room of a module: its package's first folder, or the package itself."""
    return "/".join(path.parts[: min(3, len(path.parts) - 1)])


def print_lines(revision: str) -> None:
    """Print the lines of each folder: at a revision (0 without one), and now."""
    now, then = lines_of(), lines_of(revision) if revision else Counter[str]()
    for folder in sorted({*now, *then}):
        print(f"{then[folder]:7,} {now[folder]:7,}  {folder}")
    print(f"{then.total():7,} {now.total():7,}  in all")


def main() -> int:
    """Print everything that breaks a rule; 1 where anything does."""
    if "--lines" in sys.argv:
        print_lines(next(iter(sys.argv[2:]), ""))
        return 0
    parsed = modules()
    found = [*class_names(parsed), *functions(parsed), *top_level(), *left_behind()]
    found += [*slow_dataclasses(parsed), *circles(parsed)]
    found += page(parsed, write="--write" in sys.argv)
    print("\n".join(found) or f"{len(parsed)} modules, nothing to say")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
