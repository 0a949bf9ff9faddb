"""What of an entity does not arrive in Worksection, or arrives in another form, as issues. Pure. Source: the vendor contract, section 5."""

from __future__ import annotations

from collections.abc import Iterable

from migrator import text
from migrator.model import Comment, Contact, Cost, Entity, Issue, Project, Reach, Ref, Task, Who
from migrator.vendor import Step
from migrator.vendors.worksection.catalogue import ARCHIVED, DEPTH, DONE, Catalogue
from migrator.vendors.worksection.wording import names_of


def of_project(step: Step, there: Catalogue) -> tuple[Issue, ...]:
    """What a new project lacks."""
    entity = step.entity
    assert isinstance(entity, Project)
    issues = [*_outsiders(entity, "author", "manager", "members", there=there), *_early_links(entity, step)]
    if entity.group not in there.folders:
        issues += missing(entity.ref, "group", entity.group)
    if entity.parent:
        detail = f"it was below {entity.parent}; Worksection keeps no projects below projects"
        issues.append(Issue(ref=entity.ref, code="unsupported", field="parent", detail=detail))
    return tuple(issues)


def of_task(step: Step, there: Catalogue) -> tuple[Issue, ...]:
    """What a new task lacks, or has in another way."""
    entity = step.entity
    assert isinstance(entity, Task)
    issues = [*_outsiders(entity, "author", "assignees", "followers", there=there), *_early_links(entity, step)]
    issues += of_hiding(entity)
    if entity.depth > DEPTH:
        detail = (
            f"it was below {entity.parent}; Worksection has {DEPTH} levels of subtasks, so it hangs on the topmost task"
        )
        issues.append(Issue(ref=entity.ref, code="flattened", field="parent", detail=detail, reach=Reach.NOTE))
    if others := ", ".join(who.name for who in entity.assignees[1:]):
        detail = f"{others}: a task has one assignee; they follow it"
        issues.append(
            Issue(ref=entity.ref, code="assignees-follow", field="assignees", detail=detail, reach=Reach.NOTE)
        )
    return tuple(issues)


def of_comment(step: Step, there: Catalogue) -> tuple[Issue, ...]:
    """What a new comment lacks, or has in another way."""
    entity = step.entity
    assert isinstance(entity, Comment)
    return (*_outsiders(entity, "author", there=there), *of_hiding(entity))


def of_hiding(entity: Task | Comment) -> tuple[Issue, ...]:
    """Who may see what was hidden."""
    if not entity.hidden:
        return ()
    detail = "shown to all users of the account but guests: Worksection names those who may see, the source does not"
    return (Issue(ref=entity.ref, code="hidden-from-guests", field="hidden", detail=detail, reach=Reach.NOTE),)


def _early_links(entity: Task | Project, step: Step) -> tuple[Issue, ...]:
    """A description cannot be changed later, so a link to what is made after it goes on leading to the source."""
    names, written = names_of(step.carried), text.addresses(entity.text.html)  # as decided: more may be there by now
    links = {ref for url, ref in entity.text.links.items() if url in written}
    refs = sorted(ref for ref in links if ref not in names and ref != entity.ref)
    return tuple(
        Issue(
            ref=entity.ref,
            code="link-kept",
            field=str(ref),
            detail=f"links to {ref}, which was not there when the text was written; it leads to the source",
            reach=Reach.NOTE,
        )
        for ref in refs
    )


def _outsiders(entity: Entity, *fields: str, there: Catalogue) -> list[Issue]:
    """Those whom the mapping has found among the contacts, and who cannot take part."""
    issues: list[Issue] = []
    for name in fields:
        value = getattr(entity, name)
        people = (value,) if isinstance(value, Who) else value or ()
        if lost := ", ".join(who.name for who in people if who.target and not there.email(who.target)):
            detail = f"{lost}: not a user of the account, so not {name} here"
            issues.append(Issue(ref=entity.ref, code="not-a-user", field=name, detail=detail))
    return issues


def of_settings(entity: Project, on: Iterable[str]) -> tuple[Issue, ...]:
    """The settings that are none of Worksection's, or exclude one another there."""
    lost = [f"{name} = {value}" for name, value in entity.settings.items() if name not in on]
    return (Issue(ref=entity.ref, code="field-lost", field="settings", detail=", ".join(lost)),) if lost else ()


def of_phones(entity: Contact, most: int) -> tuple[Issue, ...]:
    """The numbers beyond those that a contact can have."""
    lost = ", ".join(entity.phones[most:])
    return (Issue(ref=entity.ref, code="field-lost", field="phones", detail=lost),) if lost else ()


def stood_in(entity: Cost, there: Catalogue) -> tuple[Issue, ...]:
    """The one who spent it cannot be named."""
    name = entity.person.name if entity.person else "nobody"
    detail = f"{name} cannot be named in Worksection; {there.owner or 'the user of the token'} stands in"
    return (Issue(ref=entity.ref, code="person-stood-in", field="person", detail=detail),)


def unmapped_status(entity: Entity) -> tuple[Issue, ...]:
    """What is closed in the source would stay open here, and must not do so unnoticed."""
    match entity:
        case Task(done=True, status=status) if status != DONE:
            pass
        case Project(archived=True, status=status) if status != ARCHIVED:
            pass
        case _:
            return ()
    detail = (
        f"it is closed, and [status.{entity.ref.kind}] of the mapping makes it {status or 'nothing'}: it stays open"
    )
    return (Issue(ref=entity.ref, code="status-unmapped", field="status", detail=detail),)


def missing(ref: Ref, field: str, name: str) -> tuple[Issue, ...]:
    """A name that the account does not have; none if there is no name."""
    if not name:
        return ()
    detail = f"{field}: {name!r} is not in Worksection; create it there, or map it"
    return (Issue(ref=ref, code="not-in-target", field=field, detail=detail),)
