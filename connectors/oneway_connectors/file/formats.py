"""Finds the format of a file by its name or its options."""

from dataclasses import replace
from os.path import isdir
from pathlib import PurePath

from oneway.core.connector_errors import ReadError
from oneway_connectors.file.json_array import JsonArray
from oneway_connectors.file.jsonl import JsonLines
from oneway_connectors.file.layout import Layout
from oneway_connectors.file.options import FileOptions

WORKBOOK = "xlsx"
_FORMATS = {
    "csv": "csv", "tsv": "tsv", "json": "json", "jsonl": "jsonl", "ndjson": "jsonl",
    "xlsx": WORKBOOK, "xlsm": WORKBOOK, "xls": WORKBOOK, "ods": WORKBOOK,
}  # fmt: skip


def format_of(path: str, format: str = "") -> str:
    """Return a format's name, as given or by the file's suffix; raise `ReadError` if unknown."""
    name = (format or PurePath(path).suffix.removeprefix(".")).lower()
    if name in _FORMATS:
        return _FORMATS[name]
    if isdir(path):
        raise ReadError("R150", f"{path}: it is a folder", "name a file of records")
    what = f"unknown format {format!r}" if format else "the file's ending names no known format"
    known = ", ".join(_FORMATS)
    raise ReadError("R152", f"{path}: {what}", f"set the option format to one of {known}")


def layout_of(name: str, format: str, options: FileOptions) -> Layout:
    """Return a new layout for one reading of a file; `name` is the file's name in messages."""
    if format == "jsonl":
        return JsonLines()
    if format == "json":
        return JsonArray(name)
    # Imported only if needed: importing tables takes as long as planning a few people.
    if format == WORKBOOK:
        from oneway_connectors.file.workbook import WorkbookRows

        return WorkbookRows(name, options)
    from oneway_connectors.file.csv_rows import CsvRows

    if format == "tsv":
        options = replace(options, delimiter=options.delimiter or "\t")
    return CsvRows(name, options)
