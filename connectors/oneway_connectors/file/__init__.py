"""Files of records: JSON, JSONL, CSV and workbooks, as source, target and reference table.

A resource is the path of a file, and `FileOptions` describe its format. Workbooks are read-only.
"""

from typing import TYPE_CHECKING

from oneway.core.lazy import lazily
from oneway_connectors.file.connector import FileConnector, connect, origins, warm
from oneway_connectors.file.options import FileOptions
from oneway_connectors.file.reader import FileReader

if TYPE_CHECKING:
    from oneway_connectors.file.writer import FileWriter

__all__ = ["FileConnector", "FileOptions", "FileReader", "FileWriter", "connect", "origins", "warm"]

__getattr__ = lazily(__name__, {"writer": ("FileWriter",)})
