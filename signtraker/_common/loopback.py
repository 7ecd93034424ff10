"""Recognise the addresses of this machine."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Return whether a host is a loopback address. It is parsed: `127.0.0.1.example.com` is none."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
