"""Reports a run to observers: a log of JSON lines, and OpenTelemetry traces."""
