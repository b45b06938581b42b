"""Copies what `oneway` needs to run into a folder that becomes the root of an image.

    python3 tools/image_root.py /opt/oneway /rootfs

The first is an environment that oneway is installed in. Beside it go the interpreter, its
library, the shared libraries that either needs, time zones and certificates, and no shell, no
package manager and no other program. Modules are compiled here, since the root is read-only.
"""

import compileall
import os
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

LEFT_OUT = shutil.ignore_patterns(
    "__pycache__", "test", "tests", "idlelib", "tkinter", "turtledemo", "turtle.py", "ensurepip",
    "lib2to3", "pydoc_data", "config-3*", "dist-packages", "site-packages", "*.a", "*.pyc",
    "_test*.so", "_tkinter*.so", "xxlimited*.so",
)  # fmt: skip
PACKAGES_LEFT_OUT = shutil.ignore_patterns(
    "__pycache__", "*.pyc", "pip", "pip-*", "setuptools", "setuptools-*", "pkg_resources",
    "_distutils_hack", "distutils-precedence.pth", "*.pyi", "*.pyx", "*.c", "*.h",
    "testing",
)  # fmt: skip
PLAIN = ("etc/ssl/certs/ca-certificates.crt", "etc/ld.so.conf", "etc/ld.so.conf.d")
ZONES = ("usr/share/zoneinfo", ("posix", "right", "posixrules", "localtime"))
PEOPLE = {
    "etc/passwd": "root:x:0:0:root:/:/none\nnobody:x:65534:65534:nobody:/tmp:/none\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


def main(environment: Path, root: Path) -> None:
    """Make the root."""
    interpreter = Path(sys.executable).resolve()
    library = Path(sysconfig.get_path("stdlib")).resolve()
    _tree(library, root, LEFT_OUT)
    _tree(environment, root, PACKAGES_LEFT_OUT)
    _file(interpreter, root)
    programs = _below(root, environment / "bin")
    for each in programs.iterdir():
        if each.name != "oneway":
            each.unlink()
    for name in ("python", "python3"):
        (programs / name).symlink_to(interpreter)
    for shared in sorted({*_shared(_below(root, interpreter), root), *_in(root)}):
        _file(shared, root)
    _system(root)
    compileall.compile_dir(
        root, quiet=1, stripdir=str(root), maxlevels=30,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )  # fmt: skip
    subprocess.run(["/sbin/ldconfig", "-r", root], check=True)
    size = sum(each.lstat().st_size for each in root.rglob("*") if not each.is_dir())
    print(f"{root}: {size / 1e6:.0f} MB")


def _below(root: Path, path: Path) -> Path:
    return root / path.relative_to("/")


def _tree(folder: Path, root: Path, left_out: object) -> None:
    target = _below(root, folder)
    shutil.copytree(folder, target, symlinks=True, ignore=left_out)  # type: ignore[arg-type]


def _file(path: Path, root: Path) -> None:
    """Copy a file, by the name that it is asked for."""
    target = _below(root, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copy2(path.resolve(), target)


def _in(root: Path) -> Iterator[Path]:
    for module in root.rglob("*.so*"):
        yield from _shared(module, root)


def _shared(binary: Path, root: Path) -> Iterator[Path]:
    """Yield the shared libraries that a binary needs and does not bring."""
    ended = subprocess.run(["ldd", binary], capture_output=True, text=True, check=False)
    for found in re.findall(r"^\s+(?:\S+ => )?(/\S+) \(0x", ended.stdout, re.MULTILINE):
        path = Path(os.path.normpath(found))
        if not path.is_relative_to(root):
            yield path


def _system(root: Path) -> None:
    """Add what programs look for in any system: people, folders, zones, certificates."""
    for name in PLAIN:
        source = Path("/") / name
        if source.is_dir():
            shutil.copytree(source, root / name, dirs_exist_ok=True)
        elif source.exists():
            _file(source, root)
    folder, others = ZONES
    shutil.copytree(Path("/") / folder, root / folder, ignore=shutil.ignore_patterns(*others))
    for name, text in PEOPLE.items():
        (root / name).write_text(text, encoding="utf-8")
    for name, rights in (("tmp", 0o1777), ("work", 0o755), ("proc", 0o555), ("dev", 0o755)):
        (root / name).mkdir(exist_ok=True)
        (root / name).chmod(rights)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
