"""Which format a file has."""

from collections.abc import Mapping
from pathlib import PurePath

from oneway.core.connector import ReadError
from oneway_connectors.file.csv_rows import CsvRows
from oneway_connectors.file.json_array import JsonArray
from oneway_connectors.file.jsonl import JsonLines
from oneway_connectors.file.layout import Layout

_FORMATS = {"csv": "csv", "json": "json", "jsonl": "jsonl", "ndjson": "jsonl"}


def format_of(path: str, format: str = "") -> str:
    """Return a format's name, as given or by the file's ending; raise `ReadError` if unknown."""
    name = (format or PurePath(path).suffix.removeprefix(".")).lower()
    if name in _FORMATS:
        return _FORMATS[name]
    what = f"unknown format {format!r}" if format else "the file's ending names no known format"
    known = ", ".join(_FORMATS)
    raise ReadError("R152", f"{path}: {what}", f"set the option format to one of {known}")


def layout_of(name: str, format: str, id_path: str, types: Mapping[str, str]) -> Layout:
    """Return a fresh layout for one reading of a file; `name` is the file in messages."""
    if format == "csv":
        return CsvRows(name, id_path, types)
    return JsonLines() if format == "jsonl" else JsonArray(name)
