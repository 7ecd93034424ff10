"""Build the documentation site, strictly: nothing may be broken or undescribed.

The build fails if a link or an anchor leads nowhere, if a public name is missing from the reference, appears
in it twice or has no docstring, if a document is not in the navigation, and if a page fetches something from
another host. `llms.txt`, `llms-full.txt` and each page as Markdown are written beside the pages.

scripts/docs                   build into .cache/site
scripts/docs --output FOLDER   build into another folder
scripts/docs --serve           build, and serve the site on loopback
"""

from __future__ import annotations

import argparse
import http.server
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, cast

import griffe
from docs_names import is_dict, public_names

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
CONFIG = ROOT / "zensical.toml"
SIGN = ROOT / "signtraker" / "sandbox" / "dashboard" / "static" / "sign.svg"
NOT_FOUND = "<h1>404 - Not found</h1>"
ADVICE = '<h1>There is no such page</h1>\n<p>Search above, or begin at the <a href="/">start page</a>.</p>'
ADDRESS = "https://site.invalid/"
"""An address that Zensical needs for llms.txt; the links there are made relative afterwards."""
DIRECTIVE = re.compile(r"^::: ([\w.]+)", re.MULTILINE)
MERMAID = re.compile(r'"https://unpkg\.com/mermaid@[\w./-]+"')
FETCHED = re.compile(r'<(?:script|img|iframe|source|link)\b[^>]*\b(?:src|href)="([^"]+)')
DIAGRAM = re.compile(r'<pre class="mermaid">.*?</pre>', re.DOTALL)
COLOUR = re.compile(r"\x1b\[[\d;]*m")
CANONICAL = re.compile(rf'<link rel="(?:canonical|alternate)" href="{re.escape(ADDRESS)}[^>]*>')
PAGE = re.compile(r"^- \[(.*?)\]\(<?([^)>]+)>?\)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def main() -> int:
    """Build the site; print every problem, and exit 1 if there is one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--output", type=Path, default=ROOT / ".cache" / "site", help="the folder of the site"
    )
    parser.add_argument("--serve", action="store_true", help="serve the site on loopback until Ctrl-C")
    options = parser.parse_args()
    output: Path = options.output.resolve()
    config = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    problems = [*reference_problems(), *fill(config["project"])]
    if not problems:
        problems = build(config, output)
    if problems:
        print("\n".join(problems))
        return 1
    print(f"{sum(1 for _ in output.rglob('*.html'))} pages in {output}")
    if options.serve:
        serve(output)
    return 0


def reference_problems() -> list[str]:
    """Return what is wrong in docs/reference: names that are missing, twice there, or have no docstring."""
    package = cast("griffe.Module", griffe.load("signtraker", search_paths=[str(ROOT)]))
    written: Counter[str] = Counter()
    for page in sorted((DOCS / "reference").glob("*.md")):
        for path in DIRECTIVE.findall(page.read_text(encoding="utf-8")):
            written[_canonical(package, path)] += 1
    problems: list[str] = []
    seen: set[str] = set()
    for path, target in public_names(package).items():
        if target.path in seen:
            continue
        seen.add(target.path)
        if written[target.path] != 1:
            problems.append(f"docs/reference has {written[target.path]} entries `::: {path}`; it needs one")
        problems += [f"{one} has no docstring" for one in undescribed(target)]
    return problems


def _canonical(package: griffe.Module, path: str) -> str:
    try:
        found = package[path.removeprefix("signtraker.")]
    except KeyError:
        return path  # The build says that it does not exist.
    return str(found.canonical_path)


def undescribed(target: griffe.Object) -> list[str]:
    """Return the paths of the object and its public members that have no docstring."""
    wrong = [] if target.docstring else [target.path]
    if isinstance(target, griffe.Class) and not is_dict(target):
        for name, member in target.members.items():
            if not name.startswith("_") and name != "model_config" and not member.docstring:
                wrong.append(member.path)
    return wrong


def fill(project: dict[str, Any]) -> list[str]:
    """Fill in the navigation and the addresses; return the documents that the navigation does not reach."""
    every = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    named = {page for section in project["nav"] for pages in section.values() for page in pages}
    sections = {
        title: [page for pattern in pages for page in _pages(pattern, every, named)]
        for section in project["nav"]
        for title, pages in section.items()
    }
    project["nav"] = [{title: pages} for title, pages in sections.items() if pages]
    project["plugins"]["llmstxt"]["sections"] = {title: pages for title, pages in sections.items() if pages}
    project["plugins"]["llmstxt"]["markdown_description"] = project["site_description"]
    python = project["plugins"]["mkdocstrings"]["handlers"]["python"]
    python["paths"] = [str(ROOT)]
    python["options"]["extensions"] = [str(ROOT / path) for path in python["options"]["extensions"]]
    project |= {"docs_dir": "docs", "site_dir": "site", "site_url": ADDRESS}
    reached = {page for pages in sections.values() for page in pages}
    return [f"docs/{page} is not in the navigation of zensical.toml" for page in sorted(every - reached)]


def _pages(pattern: str, every: set[str], named: set[str]) -> list[str]:
    """Return the documents of one entry: the one that it names, or those that match and are not named."""
    if "*" not in pattern:
        return [pattern] if pattern in every else []
    matching = {path.relative_to(DOCS).as_posix() for path in DOCS.glob(pattern)}
    return sorted(matching - named)


def build(config: dict[str, Any], output: Path) -> list[str]:
    """Run Zensical and finish its output; return the problems."""
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(DOCS, Path(name) / "docs")
        shutil.copy(SIGN, Path(name) / "docs" / "assets")
        file = Path(name) / CONFIG.name
        file.write_text(
            "".join(f"{key} = {toml(value)}\n" for key, value in config.items()), encoding="utf-8"
        )
        command = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", str(file)]
        plain = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT / "scripts")}
        run = subprocess.run(command, cwd=name, env=plain, capture_output=True, text=True, check=False)
        if run.returncode:
            return [COLOUR.sub("", run.stdout + run.stderr.partition("Traceback")[0])]
        shutil.rmtree(output, ignore_errors=True)
        shutil.copytree(Path(name) / "site", output)
    finish_texts(output)
    return [*ship_mermaid(output), *give_advice(output), *fetch_problems(output)]


def toml(value: object) -> str:
    """Write a value as TOML on one line. A JSON string is a TOML string."""
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value).items()
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(one)}" for key, one in pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, cast("list[object]", value))) + "]"
    return json.dumps(value)


def ship_mermaid(output: Path) -> list[str]:
    """Copy Mermaid into the site, and let the theme load it from there instead of another host."""
    spec = importlib.util.find_spec("mermaidx")
    if spec is None or not spec.submodule_search_locations:
        return ["mermaidx, whose wheel holds mermaid.js, is not installed"]
    scripts = output / "assets" / "javascripts"
    shutil.copy(Path(spec.submodule_search_locations[0]) / "assets" / "mermaid.js", scripts / "mermaid.js")
    bundle = next(scripts.glob("bundle.*.js"))
    # `__md_scope` is the root of the site, which each page of the theme defines.
    local = 'new URL("assets/javascripts/mermaid.js",__md_scope)'
    text, count = MERMAID.subn(local, bundle.read_text(encoding="utf-8"))
    bundle.write_text(text, encoding="utf-8")
    return [] if count == 1 else [f"{bundle.name} names Mermaid's address {count} times instead of once"]


def give_advice(output: Path) -> list[str]:
    """Say on the page for addresses that don't exist where to go; the theme's has a title only."""
    page = output / "404.html"
    before, found, after = page.read_text(encoding="utf-8").partition(NOT_FOUND)
    page.write_text(before + ADVICE + after, encoding="utf-8")
    return [] if found else [f"{page.name} has no {NOT_FOUND}"]


def fetch_problems(output: Path) -> list[str]:
    """Return what a page fetches from another host, and what it fetches that is not there."""
    problems: list[str] = []
    for page in sorted(output.rglob("*.html")):
        for address in FETCHED.findall(page.read_text(encoding="utf-8")):
            file = address.partition("?")[0].partition("#")[0]
            there = output / file.lstrip("/") if file.startswith("/") else page.parent / file
            if re.match(r"(?:https?:)?//", address):
                problems.append(f"{page.relative_to(output)} fetches {address}")
            elif not address.startswith("data:") and not there.exists():
                problems.append(f"{page.relative_to(output)} fetches {address}, which does not exist")
    return problems


def finish_texts(output: Path) -> None:
    """Make the addresses relative, and add the first sentence of each page to its link in llms.txt."""
    (output / "sitemap.xml").unlink()  # It holds nothing but addresses.
    for file in (
        output / "llms.txt",
        output / "llms-full.txt",
        *output.rglob("*.md"),
        *output.rglob("*.html"),
    ):
        text = CANONICAL.sub("", file.read_text(encoding="utf-8"))
        root = "../" * (len(file.relative_to(output).parts) - 1)
        text = DIAGRAM.sub(_scrolling, text.replace(ADDRESS, root))
        file.write_text(text, encoding="utf-8")
    index = output / "llms.txt"
    text = PAGE.sub(lambda match: _described(output, match[1], match[2]), index.read_text(encoding="utf-8"))
    index.write_text(text, encoding="utf-8")


def _scrolling(match: re.Match[str]) -> str:
    """Wrap a diagram, so that a wide one scrolls on a narrow screen instead of shrinking."""
    return f'<div class="diagram">{match[0]}</div>'


def _described(output: Path, title: str, page: str) -> str:
    return f"- [{title}]({page}): {first_sentence((output / page).read_text(encoding='utf-8'))}"


def first_sentence(text: str) -> str:
    """Return the first sentence of a page, without its links."""
    paragraphs = FENCE.sub("", text).split("\n\n")
    first = next((one for one in paragraphs if one.strip() and one.lstrip()[0] not in "#<|>-!"), "")
    plain = LINK.sub(r"\1", " ".join(first.split()))
    return re.split(r"(?<=\.)\s", plain)[0].rstrip(":")


def serve(output: Path) -> None:
    """Serve the site on loopback until Ctrl-C."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(output))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        print(f"http://127.0.0.1:{server.server_port}/  (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    sys.exit(main())
