"""`migrator map`: a mapping filled in from both accounts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from migrator.cli import opening
from migrator.cli.call import Call
from migrator.cli.command import TALKING, as_command, migration_file
from migrator.cli.faces import open_face
from migrator.config import Migration
from migrator.draft import Draft, Said, draft
from migrator.errors import InputWrong
from migrator.ledger import Ledger
from migrator.model import Comment, Cost, Entity, Field, Group, Kind, Person, Project, Tag, Task, Who
from migrator.pipeline.extract import Extraction
from migrator.pipeline.progress import Progress
from migrator.run import Run
from migrator.vendor import Vocabulary
from migrator.vendors import VENDORS


@as_command("migrator map acme/migration.toml", TALKING)
@migration_file
@click.option("--no-wait", is_flag=True, help="Exit 75 rather than wait for a spent quota or an account out of reach.")
def command(call: Call, file: Path, no_wait: bool) -> int:
    """Write or complete the mapping from both accounts.

    Reads the people, tags, fields and words of both and writes the mapping that the migration names, or mapping.toml beside it. People are
    matched by e-mail, then by name; the rest is listed in comments with the target's words to choose from. A mapping that is there is
    added to, never overwritten. After a dry run it knows the words of tasks and of people who left, too.
    """
    migration = opening.load_migration(call, file)
    if VENDORS[migration.target.vendor].capabilities.verbatim:
        call.answer(
            {"file": None, "added": [], "open": []}, "The target keeps everything as it is: it needs no mapping."
        )
        return 0
    written = call.run(_map(call, migration, wait=not no_wait))
    path = opening.written_mapping(migration)
    call.answer({"file": str(path), "added": list(written.added), "open": list(written.open)}, _text(path, written))
    return 0


async def _map(call: Call, migration: Migration, *, wait: bool) -> Draft:
    with open_face(call) as face:
        async with opening.open_run(migration) as run:
            async with opening.open_target(migration, run, writable=False, wait=wait, say=face.say) as target:
                words = target.vocabulary
            said = await _read_source(migration, run, face, wait=wait)
    return _write(migration, said, words)


async def _read_source(migration: Migration, run: Run, progress: Progress, *, wait: bool) -> Said:
    async with opening.open_source(migration, run, wait=wait, say=progress.say) as source:
        parallel = opening.limits_of(migration.source).parallel
        extraction = Extraction(source, run, migration.scope, progress, parallel)
        await extraction.read_all(directories_only=True)
    return words_of(run.ledger)


def words_of(ledger: Ledger) -> Said:
    """What the source calls things, as far as it was read."""
    entities = {kind: tuple(ledger.entities(kind)) for kind in (Kind.PERSON, Kind.GROUP, Kind.TAG, Kind.FIELD)}
    statuses: dict[Kind, tuple[str, ...]] = {}
    named: dict[str, Who] = {}
    for kind in (Kind.PROJECT, Kind.TASK, Kind.COMMENT, Kind.COST):
        words: dict[str, None] = {}
        for entity in ledger.entities(kind):
            if isinstance(entity, Project | Task) and entity.status:
                words[entity.status] = None
            for who in _people_in(entity):
                named.setdefault(who.email or who.name, who)
        statuses[kind] = tuple(words)
    return Said(
        people=tuple(one for one in entities[Kind.PERSON] if isinstance(one, Person)),
        named=tuple(named.values()),
        groups=tuple(one for one in entities[Kind.GROUP] if isinstance(one, Group)),
        tags=tuple(one for one in entities[Kind.TAG] if isinstance(one, Tag)),
        fields=tuple(one for one in entities[Kind.FIELD] if isinstance(one, Field)),
        statuses=statuses,
    )


def _people_in(entity: Entity) -> Iterator[Who]:
    match entity:
        case Task():
            yield from (*entity.assignees, *entity.followers)
        case Project():
            yield from (*entity.members, *((entity.manager,) if entity.manager else ()))
        case Cost() if entity.person:
            yield entity.person
    if isinstance(entity, Task | Project | Comment) and entity.author:
        yield entity.author


def _write(migration: Migration, said: Said, words: Vocabulary) -> Draft:
    path = opening.written_mapping(migration)
    start = opening.mapping_file(migration)
    old = start.read_text(encoding="utf-8") if start and start.exists() else _ready(migration)
    try:
        written = draft(old, said, words, edited=path.exists())
    except ValueError as error:
        raise InputWrong([f"{start}: {error}. Mend it by hand"]) from error
    part = path.with_name(path.name + ".part")
    part.write_text(written.text, encoding="utf-8")
    part.replace(path)
    return written


def _ready(migration: Migration) -> str:
    """The ready mapping of the direction, "" if there is none."""
    path = opening.ready_mapping(migration)
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _text(path: Path, written: Draft) -> str:
    lines = [f"{path} is written: {len(written.added)} lines filled in."]
    if written.open:
        lines.append(f"{len(written.open)} stand in it as comments, for you to decide:")
        lines += [f"  {each}" for each in written.open]
    return "\n".join(lines)
