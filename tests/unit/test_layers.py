"""The import rule of `migrator/__init__.py`, read from the code itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import migrator

ROOT = Path(migrator.__file__).parent
CORE = {"errors", "model", "secrets", "vendor"}
WAY_TO_A_VENDOR = {"text", "limits", "session", "intake", "http"}
RUN = {"config", "mapping", "run", "ledger", "reads", "passes", "removals"}

# What each part may import besides itself; the table is the docstring of migrator/__init__.py in another form.
MAY: dict[str, set[str]] = {
    "errors": set(),
    "model": {"errors"},
    "secrets": set(),
    "vendor": {"errors", "model", "secrets"},
    "text": CORE,
    "config": CORE,
    "mapping": CORE,
    "clock": set(),
    "checkpoint": {"errors"},
    "reads": CORE | {"checkpoint"},
    "passes": CORE | {"checkpoint"},
    "removals": CORE | {"checkpoint"},
    "ledger": CORE | {"clock", "checkpoint", "reads", "passes", "removals"},
    "run": CORE | {"ledger", "clock"},
    "limits": {"errors", "vendor"},
    "session": set(),
    "intake": {"errors", "vendor"},
    "http": {"errors", "vendor", "limits", "intake", "session"},
    "draft": CORE,
    "pipeline": CORE | RUN | {"text"},
    "vendors": CORE | WAY_TO_A_VENDOR,
    "sandbox": {"errors"},
}
TOP = {"cli", "__main__"}  # may import everything


def modules() -> Iterator[Path]:
    yield from sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def part(module: tuple[str, ...]) -> str:
    return module[1] if len(module) > 1 else ""


def name(path: Path) -> tuple[str, ...]:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def imports(path: Path) -> Iterator[tuple[str, ...]]:
    """Everything of ours that the module imports, as dotted parts, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (tuple(each.split(".")) for each in names if each.split(".")[0] == "migrator")


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_the_rule_lets_it(path: Path) -> None:
    mine = part(name(path))
    if mine in TOP:
        return
    allowed = MAY[mine] | {mine}
    assert [".".join(one) for one in imports(path) if part(one) not in allowed] == []


@pytest.mark.parametrize("folder", ["vendors", "sandbox"])
def test_vendors_never_import_one_another(folder: str) -> None:
    crossing = [
        (str(path.relative_to(ROOT)), ".".join(one))
        for path in (ROOT / folder).glob("*/**/*.py")
        for one in imports(path)
        if part(one) == folder and len(one) > 2 and (ROOT / folder / one[2]).is_dir() and one[2] != name(path)[2]
    ]
    assert crossing == []


def test_the_core_names_no_vendor() -> None:
    vendors = {path.name for path in (ROOT / "vendors").iterdir() if path.is_dir() and path.name != "__pycache__"}
    vendors -= {"archive"}  # also an English word
    naming = [
        (str(path.relative_to(ROOT)), word)
        for path in modules()
        if part(name(path)) in CORE | WAY_TO_A_VENDOR | RUN | {"pipeline"}
        for word in vendors
        if any(isinstance(node, ast.Constant) and node.value == word for node in ast.walk(ast.parse(path.read_text())))
    ]
    assert naming == []


def test_every_module_says_its_job_in_its_first_line() -> None:
    silent = [str(path) for path in modules() if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_the_rule_catches_a_module_that_breaks_it(tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text("def f():\n    from migrator.vendors import memory\n    import migrator.cli\n")
    assert list(imports(path)) == [("migrator", "vendors", "memory"), ("migrator", "cli")]
