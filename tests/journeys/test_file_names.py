"""Names of files are data: whatever they are, nothing is written but the run folder, and the file arrives."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from pathlib import Path

import pytest
import tomlkit

from migrator.__main__ import main
from migrator.cli.stands import STANDS
from migrator.errors import Refused
from migrator.model import File, Kind, Ref
from migrator.sandbox.server import Running
from migrator.vendor import Account
from migrator.vendors.archive.client import ArchiveSource
from tests.journeys.aside import served
from tests.journeys.commands import account
from tests.journeys.pairs import Side, between

NAMES = (
    "../../../escaped.txt",
    "/tmp/absolute-escaped.txt",
    "..\\..\\escaped.txt",
    "C:\\Windows\\escaped.txt",
    "nul\x00cut.txt",
    "line\r\nX-Injected: yes\r\n\r\n.txt",
    'quote".txt',
    "CON",
    "aux.txt",
    "..",
    ".",
    "",
    "turned\u202egnp.exe",
    "x" * 5000 + ".txt",
    "ы" * 300 + ".txt",
    "; filename=other.txt",
    "%2e%2e%2fescaped.txt",
)


def stored(running: Running) -> list[tuple[str, bytes]]:
    """Names and bytes of the files that came in, from the requests themselves."""
    found: list[tuple[str, bytes]] = []
    for one in running.writes:
        if one.call.headers.get("Content-Type", "").startswith("multipart/"):
            found += [(upload.name, upload.content) for upload in one.call.form()[1]]
    return found


@pytest.mark.parametrize("target", ["archive", "planfix", "hubex", "worksection"])
def test_a_file_of_any_name_arrives_and_writes_nothing_elsewhere(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = copy.deepcopy(account("worksection"))
    [project] = [one for one in sample["projects"] if str(one["id"]) == "101"]
    bodies = {f"bytes of file {number}".encode() for number in range(len(NAMES))}
    sample["files"] = [
        {"id": str(90000 + number), "name": name, "project": "101", "user_from": "303",
         "date_added": "2025-03-17 11:20", "section": True, "text": f"bytes of file {number}"}
        for number, name in enumerate(NAMES)
    ]  # fmt: skip
    sandboxes = [STANDS["worksection"].build(sample, limits=False)]
    if target != "archive":
        there = copy.deepcopy(account(target))
        sandboxes.append(STANDS[target].build(there, limits=False))
    folder = tmp_path / "a" / "b" / "c"
    folder.mkdir(parents=True)
    with served(*sandboxes) as running:
        source = Side("worksection", url=running[0].url, secret=STANDS["worksection"].secret(sample))
        if target == "archive":
            file = between(source, Side("archive", folder / "archive"), folder).file
        else:
            there_side = Side(target, url=running[1].url + STANDS[target].root, secret=STANDS[target].secret(there))
            file = between(source, there_side, folder).file
            monkeypatch.setenv("TARGET_SECRET", there_side.secret)
        monkeypatch.setenv("SOURCE_SECRET", source.secret)
        table = tomlkit.parse(file.read_text("utf-8"))
        table["scope"] = {"kinds": ["project", "file"], "projects": [project["name"]]}
        file.write_text(tomlkit.dumps(table), "utf-8")
        assert main(["run", str(file)]) == 0
        assert main(["report", str(file)]) == 0
        arrived = stored(running[1]) if target != "archive" else []
    below = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in below if "escaped" in path.name]
    assert all(path.parts[:3] == ("a", "b", "c") for path in below)
    assert not Path("/tmp/absolute-escaped.txt").exists()
    [files] = folder.glob("runs/*/files")
    assert all(re.fullmatch("[0-9a-f]{64}", path.name) for path in files.iterdir())
    assert {path.read_bytes() for path in files.iterdir()} >= bodies
    if target != "archive":
        assert {content for _, content in arrived} >= bodies
        assert all(name and not re.search(r"[\x00-\x1f/\\]", name) for name, _ in arrived)


@pytest.mark.parametrize("way", ["path", "link"])
async def test_an_archive_does_not_lead_out_of_its_folder(tmp_path: Path, way: str) -> None:
    outside = tmp_path / "private-key"
    outside.write_text("not of the archive")
    (tmp_path / "kept" / "files").mkdir(parents=True)
    sha256 = hashlib.sha256(outside.read_bytes()).hexdigest()
    if way == "path":
        outside, sha256 = outside.rename(tmp_path / sha256), f"../../{sha256}"
    else:
        (tmp_path / "kept" / "files" / sha256).symlink_to(outside)
    place = {"ref": {"kind": "file", "id": "1"}, "on": {"kind": "project", "id": "1"}}
    line = {"is": "File", **place, "name": "key", "sha256": sha256}
    (tmp_path / "kept" / "file.jsonl").write_text(json.dumps(line) + "\n")
    source = ArchiveSource(Account("archive", path=tmp_path / "kept"))
    file = File(ref=Ref(Kind.FILE, "1"), on=Ref(Kind.PROJECT, "1"), name="key")
    with pytest.raises(Refused, match="leads to no file of the archive"):
        await source.body(file, tmp_path / "taken")
    assert not (tmp_path / "taken").exists()
