"""`migrator report`: what the run came to, as a page for people, as JSON, and as sheets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from migrator.cli import opening
from migrator.cli.call import Call
from migrator.cli.command import as_command, migration_file
from migrator.cli.page import page
from migrator.cli.results import recorded, report_json
from migrator.cli.sheets import LINKS, write_file, write_sheet
from migrator.config import Migration
from migrator.errors import RunFolderUnusable
from migrator.ledger import Ledger
from migrator.pipeline.report import report, title
from migrator.run import look_at_run

_ISSUES = ("kind", "id", "title", "reach", "code", "field", "details", "address in the source")


@as_command("migrator report acme/migration.toml", (0, 1, 2, 4, 130))
@migration_file
def command(call: Call, file: Path) -> int:
    """Write what the run came to, for people.

    Reads the run folder alone: asks no vendor, and may be used while a run is at work. Writes into the run folder report.html (one page
    to read, print or send), report.json (the same for programs) and issues.csv (every loss and blocker). links.csv, old address to
    new, is there once a run has ended.
    """
    migration = opening.load_migration(call, file, talking=False)
    value = call.run(_write(call, migration))
    call.answer(value, "\n".join([value["summary"], "", *value["files"].values()]))
    return 0


async def _write(call: Call, migration: Migration) -> dict[str, Any]:
    folder = migration.run_dir
    async with look_at_run(folder) as seen:
        if seen is None:
            raise RunFolderUnusable(f"{folder}: no run has started. Begin with: migrator run {migration.path}")
        found = report(seen.ledger)
        write_sheet(folder / "issues.csv", _ISSUES, _issue_rows(seen.ledger), call.redact)
    names = {"html": "report.html", "json": "report.json", "issues": "issues.csv"}
    names |= {"links": LINKS} if (folder / LINKS).exists() else {}
    whole = report_json(migration, found, recorded(folder, "verify"), recorded(folder, "rollback"))
    whole["files"] = {name: str(folder / file) for name, file in names.items()}
    value: dict[str, Any] = orjson.loads(call.redact(orjson.dumps(whole).decode()))
    write_file(folder / "report.json", orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
    write_file(folder / "report.html", page(value))
    return value


def _issue_rows(ledger: Ledger) -> Iterator[tuple[str, ...]]:
    for issue in ledger.issues():
        entity = ledger.entity(issue.ref)
        name, url = title(ledger, issue.ref), str(getattr(entity, "url", ""))
        yield issue.ref.kind, issue.ref.id, name, issue.reach, issue.code, issue.field, issue.detail, url
