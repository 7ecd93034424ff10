"""Drive the language server of pyright, which Pylance and other editors use, over its pipes."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Message = dict[str, Any]
_INVOKED = 1
"""The kind of a completion that the user asked for (LSP 3.17, CompletionTriggerKind)."""


class LanguageServer:
    """One server process with a document for each piece of code that is asked about.

    All documents are open from the beginning: the server forgets the types it has found whenever one changes.
    """

    def __init__(self, folder: Path, search_paths: Sequence[Path], codes: Iterable[str]) -> None:
        self._folder = folder
        self._uris = {code: (folder / f"code_{at}.py").as_uri() for at, code in enumerate(codes)}
        self._settings: Message = {
            "python": {
                "pythonPath": sys.executable,
                "analysis": {
                    "extraPaths": [str(path) for path in search_paths],
                    "diagnosticMode": "openFilesOnly",
                },
            }
        }
        self._ids = itertools.count(1)

    def __enter__(self) -> Self:
        command = [str(Path(sys.executable).with_name("pyright-langserver")), "--stdio"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self._folder, bufsize=0
        )
        root = self._folder.as_uri()
        capabilities: Message = {
            "workspace": {"configuration": True, "workspaceFolders": True},
            "textDocument": {
                "completion": {"completionItem": {"documentationFormat": ["markdown"]}},
                "hover": {"contentFormat": ["markdown"]},
                "signatureHelp": {"signatureInformation": {"documentationFormat": ["markdown"]}},
                "diagnostic": {},  # Errors are looked for only when they are asked for, which is never.
            },
        }
        folders = [{"uri": root, "name": "editor"}]
        options = {"rootUri": root, "capabilities": capabilities, "workspaceFolders": folders}
        self._ask("initialize", {"processId": None, **options})
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": self._settings})
        for code, uri in self._uris.items():
            document = {"uri": uri, "languageId": "python", "version": 1, "text": code}
            self._tell("textDocument/didOpen", {"textDocument": document})
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._ask("shutdown", None)
            self._tell("exit", None)
        self._process.communicate()

    def completions(self, code: str) -> list[str]:
        """Return what the server offers at the end of the code, in the order in which an editor shows it."""
        found = self._ask(
            "textDocument/completion", {**self._end(code), "context": {"triggerKind": _INVOKED}}
        )
        items: list[Message] = found["items"]
        return [
            item["label"] for item in sorted(items, key=lambda item: item.get("sortText") or item["label"])
        ]

    def hover(self, code: str) -> str:
        """Return what an editor shows when the mouse is over the last name of the code."""
        found = self._ask("textDocument/hover", self._end(code, back=1))
        return str(found["contents"]["value"]) if found else ""

    def signature(self, code: str) -> Message:
        """Return the signatures that an editor shows while arguments are typed at the end of the code."""
        return dict(self._ask("textDocument/signatureHelp", self._end(code)) or {})

    def _end(self, code: str, back: int = 0) -> Message:
        lines = code.split("\n")
        position = {"line": len(lines) - 1, "character": len(lines[-1]) - back}
        return {"textDocument": {"uri": self._uris[code]}, "position": position}

    def _ask(self, method: str, params: Message | None) -> Any:
        number = next(self._ids)
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._receive()
            if "method" not in message and message.get("id") == number:
                assert "error" not in message, message["error"]
                return message["result"]
            if "method" in message and "id" in message:
                self._send({"id": message["id"], "result": self._answer(message)})

    def _answer(self, request: Message) -> Any:
        """Answer what the server asks the editor: for the settings, or for nothing that matters here."""
        if request["method"] != "workspace/configuration":
            return None
        return [self._settings.get(item.get("section", "")) for item in request["params"]["items"]]

    def _tell(self, method: str, params: Message | None) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: Message) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)

    def _receive(self) -> Message:
        stream = self._process.stdout
        assert stream is not None
        length = 0
        while header := stream.readline().strip():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the language server has ended"
        content = b""
        while len(content) < length:
            content += stream.read(length - len(content))
        return dict(json.loads(content))
