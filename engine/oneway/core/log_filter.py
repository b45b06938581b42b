"""Silences the logs of the HTTP libraries.

httpx logs each URL, and a URL's filters hold people's data; httpcore logs the headers of
answers, in which systems echo credentials. Levels are the business of the program that configures
logging, so that a level would not hold: a filter does.
"""

import logging

_TALKERS = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)


def be_quiet() -> None:
    """Keep what these libraries log of each request, its URL among it, out of every log."""
    for name in _TALKERS:
        logger = logging.getLogger(name)
        logger.removeFilter(_only_warnings)
        logger.addFilter(_only_warnings)


def _only_warnings(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING
