"""Silences the logs of the HTTP libraries.

httpx logs each URL, whose filters hold people's data; httpcore logs the headers of answers, in
which systems echo credentials. A program that configures logging may reset a level, so a filter
does it.
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


def silence_http_logs() -> None:
    """Keep what these libraries log of requests, including URLs, out of every log."""
    for name in _TALKERS:
        logger = logging.getLogger(name)
        logger.removeFilter(_only_warnings)
        logger.addFilter(_only_warnings)


def _only_warnings(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING
