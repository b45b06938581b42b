"""Files of records: JSON, JSONL and CSV, as source, as target and as reference table.

A resource is the path of a file. Options: `id` (dotted path, or CSV column, of a record's
identity; default `id`), `format` (`json`, `jsonl` or `csv`; default by the file's ending) and
`encoding` (`utf-8` is the only one; a byte order mark is accepted and kept).
"""

from oneway_connectors.file.connector import FileConnector, connect
from oneway_connectors.file.reader import FileReader
from oneway_connectors.file.writer import FileWriter

__all__ = ["FileConnector", "FileReader", "FileWriter", "connect"]
