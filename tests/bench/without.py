"""The tree with one vendor deleted - folder, line, sandbox, tests, samples, mappings: everything else must pass.

python -m tests.bench.without hubex
"""

from __future__ import annotations

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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
