"""Tell what the snapshot of the public API notices, on a small package."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

pytestmark = pytest.mark.once

EXPORTS = """\
from signs._lazy import lazy_names

TYPE_CHECKING = not __name__

if TYPE_CHECKING:
    from signs._posts import Post, plant
else:
    __getattr__ = lazy_names(__name__, {"signs._posts": ("Post", "plant")})

__all__ = ["Post", "plant"]
"""
POSTS = """\
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Colour: TypeAlias = Literal["white", "black"]
DEPTH = 60


class _Placed:
    city: str | None = None


@dataclass(frozen=True)
class Post(_Placed):
    id: int
    colour: Colour = "white"

    @property
    def is_white(self) -> bool:
        return self.colour == "white"

    def move(self, to: str, *, days: float = 1.0) -> Post:
        return self._moved(to)

    def _moved(self, to: str) -> Post:
        return self


def plant(post: Post, depth: int = DEPTH) -> None: ...
"""
SNAPSHOT = """
== signs

@dataclass(frozen=True)
class signs.Post(_Placed)
    id: int
    colour: Colour = 'white'
    property is_white: bool
    def move(self, to: str, *, days: float = 1.0) -> Post
    def __init__(self, id: int, colour: Colour = 'white') -> None

def signs.plant(post: Post, depth: int = DEPTH) -> None

== not exported, but named by a signature above

signs._posts.Colour: TypeAlias = Literal['white', 'black']

signs._posts.DEPTH = 60

class signs._posts._Placed
    city: str | None = None
"""


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    path = Path(__file__).parents[2] / "scripts" / "generate_api.py"
    spec = importlib.util.spec_from_file_location("generate_api", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def snapshot(generator: ModuleType, folder: Path, posts: str = POSTS, exports: str = EXPORTS) -> str:
    package = folder / "signs"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text(exports, encoding="utf-8")
    (package / "_posts.py").write_text(posts, encoding="utf-8")
    described: str = generator.describe(generator.load("signs", folder), ["signs"])
    assert "signs" not in sys.modules  # It was read, not imported.
    return described


def test_the_snapshot_has_names_signatures_types_and_defaults(generator: ModuleType, tmp_path: Path) -> None:
    assert snapshot(generator, tmp_path) == SNAPSHOT


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("days: float = 1.0", "days: float = 2.0", id="default"),
        pytest.param("DEPTH = 60", "DEPTH = 50", id="constant of a default"),
        pytest.param("to: str, *, days: float", "to: str, *, days: int", id="type of a parameter"),
        pytest.param("to: str, *, days", "to: str, days", id="kind of a parameter"),
        pytest.param("to: str, *, days", "where: str, *, days", id="name of a parameter"),
        pytest.param("-> bool", "-> bool | None", id="type of a property"),
        pytest.param("def move", "async def move", id="async"),
        pytest.param("def move", "def carry", id="name of a method"),
        pytest.param('"white", "black"]', '"white"]', id="alias that is not exported"),
        pytest.param("city: str | None", "city: str", id="field of a private base"),
        pytest.param("class Post(_Placed)", "class Post(_Placed, Exception)", id="base"),
        pytest.param("frozen=True", "frozen=False", id="decorator"),
    ],
)
def test_a_change_of_the_api_shows(generator: ModuleType, tmp_path: Path, before: str, after: str) -> None:
    assert snapshot(generator, tmp_path, POSTS.replace(before, after)) != SNAPSHOT


def test_a_change_within_does_not_show(generator: ModuleType, tmp_path: Path) -> None:
    inner = POSTS.replace("return self\n", "return Post(self.id)\n").replace("_moved", "_carried")
    assert snapshot(generator, tmp_path, inner) == SNAPSHOT


def test_a_name_that_is_no_longer_exported_is_missing(generator: ModuleType, tmp_path: Path) -> None:
    fewer = EXPORTS.replace('"Post", "plant"]', '"Post"]')
    assert "plant" not in snapshot(generator, tmp_path, exports=fewer)
