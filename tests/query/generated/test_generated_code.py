"""Check that the generated code is up to date, and has every field of every model."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from signtraker import models, query
from signtraker.query.generated.entities import ENTITIES, ROOTS

if TYPE_CHECKING:
    from pydantic import BaseModel

HOME: Final = Path(__file__).parents[3]


@pytest.mark.once
@pytest.mark.slow
def test_the_generated_modules_are_up_to_date() -> None:
    command = [sys.executable, str(HOME / "scripts" / "generate_query.py"), "--check"]
    settings = {name: text for name, text in os.environ.items() if name != "PYTHONSAFEPATH"}
    # The script imports another one beside it.
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=False, env=settings)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.once
def test_a_stale_module_is_named_and_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "path", [str(HOME / "scripts"), *sys.path])
    script = runpy.run_path(str(HOME / "scripts" / "generate_query.py"))
    main = script["main"]
    monkeypatch.setitem(main.__globals__, "HOME", tmp_path)
    assert main([]) == 0
    assert main(["--check"]) == 0
    (tmp_path / "roots.py").write_text("stale", encoding="utf-8")
    capsys.readouterr()
    assert main(["--check"]) == 1
    told = f"{tmp_path / 'roots.py'} is stale: run python scripts/generate_query.py\n"
    assert capsys.readouterr().out == told


@pytest.mark.parametrize("entity", sorted(ENTITIES))
def test_the_tables_and_the_models_name_the_same_properties(entity: str) -> None:
    model: type[BaseModel] = getattr(models, entity)
    aliases = {name: field.alias for name, field in model.model_fields.items()}
    assert {one.attribute: name for name, one in ENTITIES[entity].properties.items()} == aliases


@pytest.mark.parametrize(("entity", "root"), sorted(ROOTS.items()))
def test_every_field_is_reached_and_documented(entity: str, root: str) -> None:
    fields: Any = getattr(query, root)
    for name, one in ENTITIES[entity].properties.items():
        made = getattr(fields, one.attribute)
        assert repr(made) == f"{root}.{one.attribute}"
        declared: Any = getattr(fields.__class__, one.attribute)
        assert f"`{name}`" in declared.__doc__


def test_the_query_package_needs_neither_pydantic_nor_httpx() -> None:
    code = (
        "import sys, types;"
        f"package = types.ModuleType('signtraker'); package.__path__ = [{str(HOME / 'signtraker')!r}];"
        "sys.modules['signtraker'] = package;"
        "from signtraker.query import Q; str(Q.status == 'Draft');"
        "print(sorted({'pydantic', 'httpx', 'dateutil', 'signtraker.models'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
