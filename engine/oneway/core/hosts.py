"""Tells whether a host is this machine."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, by its name alone."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
