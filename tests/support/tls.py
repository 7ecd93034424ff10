"""Hold a certificate for tests of TLS: self-signed, for localhost, 127.0.0.1 and acme.example, until 2125."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBhjCCASugAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjUwMTAxMDAwMDAwWhgPMjEyNTAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHqYbQvIqGgSiciv
7WeAKLP8RHwqvj8dWiIYv3SVreOljtpatRqF3iyhbTyalfNFRW3AcjG5aEsV069l
lrGusbujbDBqMCgGA1UdEQQhMB+CCWxvY2FsaG9zdIIMYWNtZS5leGFtcGxlhwR/
AAABMA8GA1UdEwEB/wQFMAMBAf8wHQYDVR0OBBYEFKZxu9/3hoc5RvQKeqJh07lm
skc6MA4GA1UdDwEB/wQEAwIChDAKBggqhkjOPQQDAgNJADBGAiEA4T2qqdTjEuV4
PtM6j4olu2w0nOP4W7ZvjD4Hbu8Dy8MCIQCzy7LGrD4Lm5PUj5y7quAkVwkfj9Em
rbnNyGXO5oSCtQ==
-----END CERTIFICATE-----
"""
# A key that protects nothing.
PRIVATE_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg7pcdq0oehBOGk8aY
YcsLdAsZ3LyraV2Myb/+uzYgzBahRANCAAR6mG0LyKhoEonIr+1ngCiz/ER8Kr4/
HVoiGL90la3jpY7aWrUahd4soW08mpXzRUVtwHIxuWhLFdOvZZaxrrG7
-----END PRIVATE KEY-----
"""


def server_context(folder: Path) -> ssl.SSLContext:
    """Return the settings of a server with this certificate; its `ca.pem` is written to the folder."""
    certificate, key = folder / "ca.pem", folder / "key.pem"
    certificate.write_text(CERTIFICATE)
    key.write_text(PRIVATE_KEY)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
