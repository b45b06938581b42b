"""From the request of a run to a compiled mapping with its settings and inputs."""
