"""Count the bytes of one HTTP/1.1 response on the wire, to detect bytes that do not belong to it.

httpcore parses bytes that follow a response as the response to the next request on that connection
(h11 keeps them in its buffer). A faulty server or proxy can send such bytes: a second response, a body
after 204, or more than `Content-Length` said. They would then be taken for the response to another
request, so a connection that received any is not used again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_END_OF_HEAD: Final = b"\r\n\r\n"
_BODILESS: Final = frozenset({204, 304})
"""RFC 9112, section 6.3: these responses end with their headers."""
_LONGEST_LINE: Final = 4096


class ReceivedBytes:
    """The bytes received since the last request was sent."""

    __slots__ = ("_body", "_chunks", "_head")

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget the last response: a request is being sent."""
        self._head: bytearray | None = bytearray()
        self._body = 0
        self._chunks = _Chunks()

    def add(self, data: bytes) -> None:
        """Count bytes that were read from the connection."""
        if self._head is not None:
            self._head += data
            end = self._head.find(_END_OF_HEAD)
            if end < 0:
                return
            data = bytes(self._head[end + len(_END_OF_HEAD) :])
            if b"chunked" not in self._head[:end].lower():
                self._chunks.given_up = True
            self._head = None
        self._body += len(data)
        self._chunks.add(data)

    def is_exactly(self, status_code: int, headers: Mapping[str, str]) -> bool:
        """Return whether the bytes received are one whole response with this status and these headers.

        It says no where it can't tell (an interim response, trailers): the connection is then closed,
        which costs a new one and nothing else.
        """
        if self._head is not None:
            return False
        if status_code in _BODILESS:
            return self._body == 0
        if "transfer-encoding" in headers:
            return self._chunks.is_whole
        return headers.get("content-length") == str(self._body)


class _Chunks:
    """Follow the chunked coding (RFC 9112, section 7.1) without keeping the content."""

    __slots__ = ("_line", "_skip", "ended", "given_up", "has_more")

    def __init__(self) -> None:
        self._line = b""
        self._skip = 0
        self.ended = False
        self.given_up = False
        self.has_more = False

    @property
    def is_whole(self) -> bool:
        return self.ended and not self.has_more and not self._skip

    def add(self, data: bytes) -> None:
        position = 0
        while position < len(data) and not self.given_up:
            if self._skip:
                step = min(self._skip, len(data) - position)
                self._skip -= step
                position += step
            else:
                position = self._add_size_line(data, position)

    def _add_size_line(self, data: bytes, position: int) -> int:
        if self.ended:
            self.has_more = self.given_up = True
            return len(data)
        end = data.find(b"\n", position)
        stop = len(data) if end < 0 else end + 1
        self._line += data[position:stop]
        if end >= 0:
            self._take_size(self._line)
            self._line = b""
        self.given_up = self.given_up or len(self._line) > _LONGEST_LINE
        return stop

    def _take_size(self, line: bytes) -> None:
        digits = line.partition(b";")[0].strip()
        try:
            size = int(digits, 16)
        except ValueError:
            self.given_up = True
            return
        # The content and its line break; after the last chunk, the line break that ends the trailers.
        self._skip = size + len(b"\r\n")
        self.ended = size == 0
