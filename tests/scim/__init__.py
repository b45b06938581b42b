"""A target that nobody here wrote: scim2-server, a SCIM 2.0 server from PyPI."""
