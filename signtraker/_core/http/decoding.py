"""Decode a compressed response in small parts, so that its size is known before it fills the memory.

httpx decodes each part that arrives as a whole, and each coding after the other: 64 kB that were compressed
twice become gigabytes before anybody can count them.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_PART: Final = 65_536
_WINDOW_BITS: Final = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
_RAW_DEFLATE: Final = -zlib.MAX_WBITS


class DecodingError(Exception):
    """The content is not what its Content-Encoding says."""


class Decoder:
    """Undo the codings of a Content-Encoding (RFC 9110, 8.4), the last one first."""

    def __init__(self, content_encoding: str) -> None:
        codings = [one.strip().lower() for one in content_encoding.split(",")]
        self._layers = [_Inflater(one) for one in reversed(codings) if one not in ("", "identity")]

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield the content of some more bytes in parts; raises `DecodingError`."""
        return self._through(data, 0)

    def _through(self, data: bytes, layer: int) -> Iterator[bytes]:
        if layer == len(self._layers):
            yield data
            return
        for part in self._layers[layer].decode(data):
            yield from self._through(part, layer + 1)

    @property
    def is_complete(self) -> bool:
        """False if the content broke off."""
        return all(one.is_complete for one in self._layers)


class _Inflater:
    """Undo one coding."""

    def __init__(self, coding: str) -> None:
        if coding not in _WINDOW_BITS:
            raise DecodingError(f"its Content-Encoding is {coding[:50]!r}, which was not asked for")
        self._coding = coding
        self._inflate = zlib.decompressobj(_WINDOW_BITS[coding])
        self._is_first = True
        self.is_complete = True

    def decode(self, data: bytes) -> Iterator[bytes]:
        # What follows the end is left unread: it may be as long as a server likes.
        while data and not self._inflate.eof:
            part = self._decompress(data)
            self._is_first = False
            data = self._inflate.unconsumed_tail
            self.is_complete = self._inflate.eof
            if part:
                yield part

    def _decompress(self, data: bytes) -> bytes:
        try:
            return self._inflate.decompress(data, _PART)
        except zlib.error as error:
            if self._coding == "deflate" and self._is_first:
                # Some servers send it without its header (RFC 9110, 8.4.1.2).
                self._inflate = zlib.decompressobj(_RAW_DEFLATE)
                self._coding = "deflate without its header"
                return self._decompress(data)
            raise DecodingError(f"it can't be decompressed: {error}") from None
