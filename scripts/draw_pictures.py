"""Draw the pictures of the README: the command on a terminal, and the sandbox's dashboard in a browser.

Both come from a fresh sandbox, and are written to docs/images/. Needs the requirements of the tests, and
Chromium, on PATH or named by the variable CHROMIUM. `command.svg` is the same each time; `dashboard.png`
depends on the browser.
"""

from __future__ import annotations

import os
import pty
import shlex
import shutil
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

from signtraker.sandbox import Sandbox

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
COLUMNS = 106
COMMANDS = (
    "signtraker orders list --status Draft --limit 5",
    "signtraker orders list --filter 'JobSite/City eq Sandy'",
)
# Rich's own format loads a font from another host.
FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def main() -> int:
    """Draw both pictures."""
    IMAGES.mkdir(exist_ok=True)
    with Sandbox(port=0) as sandbox:
        session = "\n".join(f"$ {command}\n{run_on_terminal(command, sandbox)}" for command in COMMANDS)
        (IMAGES / "command.svg").write_text(draw_terminal(session), encoding="utf-8")
        photograph(sandbox.url, IMAGES / "dashboard.png")
    for picture in sorted(IMAGES.iterdir()):
        print(f"{picture.name}: {picture.stat().st_size / 1000:.0f} kB")
    return 0


def run_on_terminal(command: str, sandbox: Sandbox) -> str:
    """Return what a command writes to a terminal, with its colours."""
    program, *arguments = shlex.split(command)
    environ = {
        "PATH": os.environ["PATH"],
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "COLUMNS": str(COLUMNS),
        "PAGER": "",
        "SIGNTRAKER_BASE_URL": sandbox.url,
        "SIGNTRAKER_API_KEY": sandbox.api_key,
    }
    outer, inner = pty.openpty()
    with tempfile.TemporaryDirectory() as home:
        subprocess.run(
            [sys.executable, "-m", program, *arguments],
            env={**environ, "HOME": home},
            stdin=subprocess.DEVNULL,
            stdout=inner,
            stderr=inner,
            check=False,
        )
    os.close(inner)
    with os.fdopen(outer, "rb") as terminal:
        written = b""
        try:
            while data := terminal.read1():
                written += data
        except OSError:  # Linux says so when the inner end is closed.
            pass
    return written.decode().replace("\r\n", "\n")


def draw_terminal(session: str) -> str:
    """Return the session as SVG."""
    console = Console(record=True, width=COLUMNS, file=StringIO())
    console.print(Text.from_ansi(session.rstrip("\n")))
    return console.export_svg(title="signtraker", code_format=FORMAT, unique_id="terminal")


def photograph(address: str, file: Path) -> None:
    """Write a picture of the dashboard."""
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 780})
        page.goto(address)
        page.screenshot(path=file)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
