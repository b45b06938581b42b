"""OpenTelemetry traces: a span for a run, each read, the plan, and each action.

Imported only if traces are on; needs the extra `otel`. Spans have the attributes of
`core.telemetry`. An error shows its code alone: no message, no stack trace, no value.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from oneway import __version__
from oneway.core.dataclass import dataclass
from oneway.core.telemetry import Attribute, Watched

_SECONDS = 5
"""The timeout of an export unless the standard variable sets one: a run waits for it."""
_LOGGER = "opentelemetry"


@dataclass(frozen=True, slots=True)
class TraceWatcher:
    """Makes a span of each step."""

    tracer: Tracer

    def begin(
        self, name: str, attributes: Mapping[str, Attribute], within: Watched | None
    ) -> "TracedStep":
        """Return a step whose span has begun."""
        outer = set_span_in_context(within.span) if isinstance(within, TracedStep) else Context()
        span = self.tracer.start_span(
            f"oneway.{name}",
            context=outer,
            kind=SpanKind.INTERNAL,
            record_exception=False,  # its message may quote anything
            set_status_on_exception=False,
        )
        return TracedStep(span, attributes)


@dataclass(frozen=True, slots=True)
class TracedStep:
    """A step in progress."""

    span: Span
    attributes: Mapping[str, Attribute]

    def end(self, error: str) -> None:
        """End the span, with everything noted."""
        self.span.set_attributes({f"oneway.{key}": v for key, v in self.attributes.items()})
        if error:
            self.span.set_status(Status(StatusCode.ERROR, error))
        self.span.end()


def watcher_of(provider: TracerProvider) -> TraceWatcher:
    """Return what makes spans with a provider."""
    return TraceWatcher(provider.get_tracer("oneway", __version__))


@contextmanager
def exported(
    lookup: Callable[[str], str | None], failed: Callable[[str], None]
) -> Iterator[TraceWatcher]:
    """Give a watcher whose spans are exported by OTLP, as the standard variables say.

    All are sent by the end of the block. If that fails, `failed` is called once, with words;
    nothing else fails.
    """
    with _without_its_log(failed):
        resource = {SERVICE_VERSION: __version__}
        if not lookup("OTEL_SERVICE_NAME") and not _NAMED.search(
            lookup("OTEL_RESOURCE_ATTRIBUTES") or ""
        ):
            resource[SERVICE_NAME] = "oneway"
        patient = any(lookup(each) for each in _TIMEOUTS)
        exporter = OTLPSpanExporter() if patient else OTLPSpanExporter(timeout=_SECONDS)
        provider = TracerProvider(resource=Resource.create(resource), shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(exporter))
        try:
            yield watcher_of(provider)
        finally:
            provider.shutdown()


_NAMED = re.compile(r"(^|,)\s*service\.name=")
_TIMEOUTS = ("OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT")


class _ReportOnce(logging.Handler):
    """Reports a failure once, in our own words: the library's may quote a URL."""

    def __init__(self, failed: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self.failed = failed
        self.reported = False

    def emit(self, record: logging.LogRecord) -> None:
        """Report the failure, unless one was reported before."""
        del record
        if not self.reported:
            self.reported = True
            self.failed("traces could not be exported; the run is not touched by it")


@contextmanager
def _without_its_log(failed: Callable[[str], None]) -> Iterator[None]:
    logger, handler = logging.getLogger(_LOGGER), _ReportOnce(failed)
    before = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = before
