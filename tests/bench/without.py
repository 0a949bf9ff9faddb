"""The tree with one vendor deleted - folder, line, sandbox, tests, samples, mappings: everything else must pass.

Its tests are those that name it in their file's name, and those that import it, or a test that does.

python -m tests.bench.without hubex
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.__main__ import ROOT

LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "runs", "demo")


def main(vendor: str) -> int:
    """The exit code of the tests that are left."""
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        _delete(tree, vendor)
        subprocess.run((sys.executable, "-m", "tests.readme"), cwd=tree, check=True)
        return subprocess.run((sys.executable, "-m", "pytest", "-n", "2"), cwd=tree, check=False).returncode


def _delete(tree: Path, vendor: str) -> None:
    shutil.rmtree(tree / "migrator" / "vendors" / vendor)
    shutil.rmtree(tree / "migrator" / "sandbox" / vendor, ignore_errors=True)
    registry = tree / "migrator" / "vendors" / "__init__.py"
    text = re.sub(rf"^from migrator\.vendors\.{vendor} .*\n", "", registry.read_text(), flags=re.MULTILINE)
    registry.write_text(re.sub(rf"\b{vendor.upper()}\b(, )?", "", text))
    stands = tree / "migrator" / "cli" / "stands.py"
    stands.write_text(
        re.sub(rf'^    "{vendor}": Stand\((?:.*\),|\n(?:.*\n)*?    \),)\n', "", stands.read_text(), flags=re.MULTILINE)
    )
    for folder in ("mappings", "samples", "tests"):
        for path in sorted((tree / folder).rglob(f"*{vendor}*")):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in _importing(tree, vendor):
        path.unlink()


def _importing(tree: Path, vendor: str) -> set[Path]:
    """The tests that cannot be without the vendor."""
    modules = {_module(tree, path): _imported(path) for path in (tree / "tests").rglob("*.py")}
    theirs = re.compile(rf"migrator\.(vendors|sandbox)\.{vendor}\b")
    gone = {name for name, imports in modules.items() if any(map(theirs.match, imports))}
    while more := {name for name, imports in modules.items() if imports & gone} - gone:
        gone |= more
    return {tree / f"{name.replace('.', '/')}.py" for name in gone}


def _module(tree: Path, path: Path) -> str:
    return ".".join(path.relative_to(tree).with_suffix("").parts)


def _imported(path: Path) -> set[str]:
    """The modules that a file imports, and what it takes from them, which may be modules too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
