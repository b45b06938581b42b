"""Writes the page of a run into the folder that a connection names."""

import json
from pathlib import Path

from oneway.connections.connection import NoticeFolder
from oneway.notices.email import latest_of
from oneway.notices.undelivered import Undelivered
from oneway.state.files import write_whole


def keep_report(to: NoticeFolder, body: str, page: str | None) -> None:
    """Write the page of a notice's run into a folder: `acme-12.html` and `acme.html` (the latest).

    For a notice without a run, such as a test, only checks that the folder is writable. Raises
    `Undelivered` if it is not.
    """
    name = json.loads(body)["data"]["connection"]
    folder = Path(to.path)
    try:
        if not folder.is_dir():
            raise NotADirectoryError(20, "there is no such folder")
        if page is None:
            trial = folder / f".{name}.trial"
            write_whole(trial, b"")
            trial.unlink()
            return
        write_whole(folder / f"{name}-{latest_of(body)}.html", page.encode())
        write_whole(folder / f"{name}.html", page.encode())
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or type(error).__name__
        help = f"check the folder {to.path}, its rights and the space there"
        summary = f"a report of {name} was not written: {why}"
        raise Undelivered("N112", to.path, summary, help) from None
