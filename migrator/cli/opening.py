"""Opening: from a migration file to open parts. The one place that hands accounts a wire, and says whether it may write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from os import environ
from pathlib import Path

from migrator import config, mapping, run
from migrator.cli.call import Call
from migrator.config import Migration
from migrator.errors import InputWrong, RunFolderUnusable
from migrator.ledger import Ledger
from migrator.mapping import Rules
from migrator.pipeline.migrate import Job, transform_for
from migrator.pipeline.progress import Progress
from migrator.pipeline.status import ROLLBACK
from migrator.pipeline.transform import Transform
from migrator.run import Run
from migrator.vendor import Account, Limits, Source, Target, Vendor, Vocabulary, Wire
from migrator.vendors import VENDORS

_PACKAGE = Path(__file__).parent.parent


def shipped(folder: str) -> Path:
    """A folder of files that come with the program: "mappings" or "samples"; inside the package once installed, beside it in a checkout."""
    installed = _PACKAGE / folder
    return installed if installed.is_dir() else _PACKAGE.parent / folder


def load_migration(call: Call, file: Path, *, talking: bool = True) -> Migration:
    """The migration file, read. Raises InputWrong with all problems.

    `talking`: False for a command that asks no vendor, and so needs no secret.
    """
    migration = config.load(file, VENDORS, environ, talking=talking)
    call.secrets = migration.secrets
    call.folder = migration.run_dir
    return migration


def limits_of(account: Account) -> Limits:
    """The pace of an account: the user's, else the vendor's."""
    return account.limits or VENDORS[account.vendor].limits


def open_run(migration: Migration) -> AbstractAsyncContextManager[Run]:
    """The migration's run folder, made if it is not there. Raises RunFolderUnusable."""
    return run.open_run(migration.run_dir, migration.source.identity, migration.target.identity)


def open_started_run(migration: Migration) -> AbstractAsyncContextManager[Run]:
    """The migration's run folder. Raises RunFolderUnusable, also if no run has started."""
    if not (migration.run_dir / "checkpoint.db").exists():
        raise RunFolderUnusable(f"{migration.run_dir}: no run has started. Begin with: migrator run {migration.path}")
    return open_run(migration)


@asynccontextmanager
async def open_run_to_load(migration: Migration) -> AsyncIterator[Run]:
    """The run folder, made if it is not there. Raises RunFolderUnusable, also if the run was taken back: what it noted is true no more."""
    async with open_run(migration) as opened:
        if opened.ledger.meta(ROLLBACK) is not None:
            raise RunFolderUnusable(
                f"{migration.run_dir}: this run was rolled back, or is being. To finish that: migrator rollback {migration.path}. "
                "To move once more, give the migration another name or run_dir: it then begins anew."
            )
        yield opened


@dataclass(frozen=True)
class DayCount:
    """The requests of one side, counted in the checkpoint so that they survive a restart."""

    ledger: Ledger
    side: str

    def spend(self) -> None:
        """One request leaves now."""
        self.ledger.count_request(self.side)

    def spent_today(self) -> int:
        """Requests of the current UTC day."""
        return self.ledger.requests_of(self.side, datetime.now(UTC).date().isoformat())


def open_source(
    migration: Migration, opened: Run, *, wait: bool, say: Callable[[str], None]
) -> AbstractAsyncContextManager[Source]:
    """The source account, on a wire that never writes. Raises InputWrong if the vendor is no source."""
    vendor = _vendor(migration, migration.source, "source")
    if vendor.open_source is None:
        raise InputWrong(
            [f"{migration.path}: [source] vendor = {vendor.name!r}: {vendor.title} cannot be a source yet"]
        )
    quota = DayCount(opened.ledger, "source")
    wire = Wire(quota, opened.replies, writable=False, wait=wait, say=say, secrets=migration.secrets)
    return vendor.open_source(migration.source, wire)


def open_target(
    migration: Migration, opened: Run, *, writable: bool, wait: bool, say: Callable[[str], None]
) -> AbstractAsyncContextManager[Target]:
    """The target account. Raises InputWrong if the vendor is no target."""
    vendor = _vendor(migration, migration.target, "target")
    if vendor.open_target is None:
        raise InputWrong(
            [f"{migration.path}: [target] vendor = {vendor.name!r}: {vendor.title} cannot be a target yet"]
        )
    quota = DayCount(opened.ledger, "target")
    wire = Wire(quota, opened.replies, writable, wait, say, migration.secrets, opened.ledger.leaving)
    return vendor.open_target(migration.target, wire)


def _vendor(migration: Migration, account: Account, side: str) -> Vendor:
    assert account.vendor in VENDORS, f"{migration.path}: [{side}] was checked when the file was read"
    return VENDORS[account.vendor]


def mapping_file(migration: Migration) -> Path | None:
    """The mapping in force: the one the migration names, else the one `map` wrote, else the ready one; None = there is none."""
    if migration.mapping:
        return migration.mapping
    return next((path for path in (written_mapping(migration), ready_mapping(migration)) if path.exists()), None)


def ready_mapping(migration: Migration) -> Path:
    """Where the mapping that comes along for the direction is, if there is one."""
    return shipped("mappings") / f"{migration.source.vendor}-{migration.target.vendor}.toml"


def written_mapping(migration: Migration) -> Path:
    """Where `map` writes."""
    return migration.mapping or migration.path.parent / "mapping.toml"


def load_rules(migration: Migration) -> Rules:
    """The user's rules; empty where the target keeps entities as they are. Raises InputWrong."""
    path = mapping_file(migration)
    if path is None or VENDORS[migration.target.vendor].capabilities.verbatim:
        return Rules()
    if not path.exists():
        raise InputWrong([f"{path}: is not there. Write it with: migrator map {migration.path}"])
    return mapping.load(path)


def rule_problems(migration: Migration, rules: Rules, words: Vocabulary) -> list[str]:
    """What the rules name and the target does not have."""
    path = mapping_file(migration)
    if path is None or VENDORS[migration.target.vendor].capabilities.verbatim:
        return []
    return mapping.problems(rules, words, str(path))


def open_transform(migration: Migration, opened: Run, target: Target) -> Transform:
    """The user's rules at work between both accounts. Raises InputWrong if the target does not know a word of them."""
    rules = load_rules(migration)
    if problems := rule_problems(migration, rules, target.vocabulary):
        raise InputWrong([*problems, f"Mend the mapping, or have it completed: migrator map {migration.path}"])
    return transform_for(
        opened.ledger,
        target,
        VENDORS[migration.target.vendor].capabilities,
        rules,
        migration.source.identity,
        migration.source.time_zone,
    )


@dataclass(frozen=True)
class Opened:
    """Both accounts open on one run folder. By side: their limits, and the requests that opening took; each session takes them again."""

    job: Job
    limits: dict[str, Limits]
    opening: dict[str, int]


@asynccontextmanager
async def open_job(
    migration: Migration, opened: Run, progress: Progress, *, writable: bool, wait: bool
) -> AsyncIterator[Opened]:
    """Everything a run consists of; `writable` is for the target alone. Raises InputWrong before anything is written."""
    ledger = opened.ledger
    before = {side: ledger.requests(side) for side in ("source", "target")}
    async with (
        open_target(migration, opened, writable=writable, wait=wait, say=progress.say) as target,
        open_source(migration, opened, wait=wait, say=progress.say) as source,
    ):
        transform = open_transform(migration, opened, target)
        capabilities = VENDORS[migration.target.vendor].capabilities
        job = Job(opened, source, target, capabilities, transform, migration.scope, progress)
        limits = {"source": limits_of(migration.source), "target": limits_of(migration.target)}
        yield Opened(job, limits, {side: ledger.requests(side) - before[side] for side in before})
