"""Encode: entities in Worksection's vocabulary -> parameters of its actions. Pure.

Source: the vendor contract, sections 5 (writes) and 7 (marks). Lists are comma strings; nothing is sent that could only be cleared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from migrator.errors import Refused
from migrator.model import (
    CheckItem,
    Comment,
    Company,
    Contact,
    Cost,
    Entity,
    File,
    Issue,
    Kind,
    Person,
    Project,
    Reach,
    Ref,
    Task,
    Text,
    Value,
    Who,
)
from migrator.text import rewrite, to_plain
from migrator.vendor import Context, Step
from migrator.vendors.worksection.catalogue import DONE, EXCLUSIVE, OPTIONS, Catalogue
from migrator.vendors.worksection.values import (
    number_of,
    project_of,
    query_of,
    sent_amount,
    sent_day,
    sent_minutes,
    sent_plan,
)

TEXT_LIMIT = 65_536  # bytes; what is longer is cut without a word (the vendor contract, section 2)
URL_ROOM = 7_500  # bytes of a URL of 8 kB for parameters; the rest is for the address, the action and the signature
DEPTH = 2  # levels of subtasks below a task (section 4)
NOBODY, ANYONE = "NOONE", "ANY"
_MARK_DIGITS = 12
_BULLET = re.compile(r"^(\s*)•(\s)", re.MULTILINE)
_UNSAFE_IN_NAMES = re.compile(r"[\x00-\x1f\x7f]")
_NAMELESS = "—"
_TICKED = "[x] "

Params = dict[str, Any]


class Encoded(NamedTuple):
    """The parameters of an action, and what of the entity could not be put into them."""

    params: Params
    issues: tuple[Issue, ...] = ()


def short(mark: str) -> str:
    """Our mark as people see it: ASCII, of one length, and first, because a long text is cut at its end (section 7)."""
    return f"mig:{mark.replace('-', '')[:_MARK_DIGITS]}"


def person(entity: Person, there: Catalogue) -> Encoded:
    """add_user, which sends an invitation."""
    if not entity.email:
        raise Refused(f"{entity.ref}: {entity.name} has no e-mail address, and Worksection invites nobody without one")
    first, _, last = entity.name.partition(" ")
    team = entity.team if entity.team in there.teams else ""
    params = {"email": entity.email, "first_name": first, "last_name": last, "title": entity.position, "group": team}
    issues = () if team else _missing(entity.ref, "team", entity.team)
    return Encoded(_filled({**params, "department": entity.department}), issues)


def company(entity: Company) -> Encoded:
    """add_user_group."""
    return Encoded({"title": entity.name, "client": "1" if entity.client else "0"})


def contact(entity: Contact) -> Encoded:
    """add_contact; its folder must be there."""
    if not entity.email:
        raise Refused(
            f"{entity.ref}: {entity.name} has no e-mail address, and Worksection takes no contact without one"
        )
    params: Params = {"email": entity.email, "name": entity.name, "title": entity.position, "group": entity.group}
    params |= dict(zip(("phone", "phone2", "phone3", "phone4"), entity.phones, strict=False))
    return Encoded(_filled({**params, "address": entity.address}))


def project(step: Step, there: Catalogue, context: Context) -> Encoded:
    """post_project, without the switches that would bind what is still to come."""
    entity = step.entity
    assert isinstance(entity, Project)
    manager, members = _email(entity.manager, there), emails(entity.members, there)
    params: Params = {
        "title": named(entity.title),
        "text": written(step, entity.text, _names(step.carried)),
        **_author(entity.author, there),
        "email_manager": manager,
        "members": ",".join(dict.fromkeys(each for each in (*members, manager) if each)),
        "company": entity.group if entity.group in there.folders else "",
        **_days(entity.start, entity.end),
        **_planned(entity),
    }
    issues = [*_contacts(entity, "manager", "members", there=there)]
    if not params["company"]:
        issues += _missing(entity.ref, "group", entity.group)
    if entity.parent:
        detail = f"it was below {entity.parent}; Worksection keeps no projects below projects"
        issues.append(Issue(ref=entity.ref, code="unsupported", field="parent", detail=detail))
    return Encoded(_filled(params), (*issues, *_early_links(entity, step, context)))


def task(step: Step, there: Catalogue, context: Context) -> Encoded:
    """post_task, without tags: one that is not of the project's sets would stop it (section 5)."""
    entity = step.entity
    assert isinstance(entity, Task)
    followers = emails((*entity.followers, *entity.assignees[1:]), there)
    params: Params = {
        **place(entity, there, context),
        "title": named(entity.title),
        "text": written(step, entity.text, _names(step.carried)),
        **_author(entity.author, there),
        "email_user_to": assignee(entity, there),
        "priority": "" if entity.priority is None else str(entity.priority),
        **_days(*task_days(entity, there)),
        "subscribe": ",".join(followers),
        "hidden": ",".join(there.inner) if entity.hidden else "",
        **_planned(entity),
    }
    issues = [*_contacts(entity, "assignees", "followers", there=there), *_task_issues(entity)]
    return Encoded(_filled(params), (*issues, *_early_links(entity, step, context)))


def comment(step: Step, there: Catalogue, context: Context) -> Encoded:
    """post_comment."""
    entity = step.entity
    assert isinstance(entity, Comment)
    params: Params = {
        "id_task": task_number(entity.on, context),
        "text": written(step, entity.text, _names(step.carried)),
        **_author(entity.author, there),
        "hidden": ",".join(there.inner) if entity.hidden else "",
    }
    return Encoded(_filled(params), _hidden_issues(entity))


def file(step: Step, context: Context) -> Encoded:
    """post_comment that brings a file to what is there already; a file alone is not taken (section 5)."""
    entity = step.entity
    assert isinstance(entity, File)
    return Encoded(
        {"id_task": task_number(entity.on, context), "text": f"{short(step.mark)}\n{file_name(entity.name)}"}
    )


def cost(step: Step, there: Catalogue, context: Context) -> Encoded:
    """add_costs. The admin key has to name a person; where none is known the owner stands in, and the text names them."""
    entity = step.entity
    assert isinstance(entity, Cost)
    person = _email(entity.person, there)
    params: Params = {
        "id_task": task_number(entity.on, context),
        "time": sent_minutes(entity.minutes) if entity.minutes else "",
        "money": sent_amount(entity.money) if entity.money else "",
        "email_user_from": (person or there.owner) if there.signs else "",
        "comment": cost_text(step),
        "date": sent_day(entity.day),
    }
    if person and there.signs:
        return Encoded(_filled(params))
    name = entity.person.name if entity.person else "nobody"
    detail = f"{name} cannot be named in Worksection; {there.owner or 'the user of the token'} stands in"
    return Encoded(_filled(params), (Issue(ref=entity.ref, code="person-stood-in", field="person", detail=detail),))


def task_finish(step: Step, there: Catalogue, context: Context) -> Params | None:
    """update_task that sets the day of closing; None if there is none to set. Names the assignee again, lest that clears it (section 9)."""
    entity = step.entity
    assert isinstance(entity, Task)
    if entity.status != DONE or entity.closed is None:
        return None
    closed = sent_day(entity.closed.astimezone(there.zone).date())
    id = number_of(context.ids(entity.ref) or "")
    return {"id_task": id, "email_user_to": assignee(entity, there), "dateclosed": closed}


def project_finish(step: Step, context: Context) -> Encoded:
    """update_project that turns the switches on; no parameters if there are none of Worksection's."""
    entity = step.entity
    assert isinstance(entity, Project)
    on = switches(entity)
    lost = [f"{name} = {value}" for name, value in entity.settings.items() if name not in on]
    issues = tuple(Issue(ref=entity.ref, code="field-lost", field="settings", detail=", ".join(lost)) for _ in lost[:1])
    if not on:
        return Encoded({}, issues)
    id = number_of(context.ids(entity.ref) or "")
    return Encoded({"id_project": id, **{f"options.{name}": "1" for name in on}}, issues)


def switches(entity: Project) -> list[str]:
    """Those of its settings that Worksection has; of those that exclude one another the first."""
    wanted = [name for name in sorted(entity.settings) if entity.settings[name] == "1" and name in OPTIONS]
    late = [name for name in EXCLUSIVE if name in wanted][1:]
    return [name for name in wanted if name not in late]


def unmapped_status(entity: Entity) -> tuple[Issue, ...]:
    """What is closed in the source would stay open here, and must not do so unnoticed."""
    match entity:
        case Task(status="", done=True) | Project(status="", archived=True):
            pass
        case _:
            return ()
    detail = f"it is closed, and the mapping names no status for that in [status.{entity.ref.kind}]"
    return (Issue(ref=entity.ref, code="status-unmapped", field="status", detail=detail),)


def labels(entity: Task | Project) -> list[tuple[str, str]]:
    """The tags of an entity as set and title: its own, and those that the mapping has put into a set."""
    found = [(label.group, label.title) for label in entity.tags]
    found += [(name, each) for name, value in entity.fields.items() for each in _many(value)]
    return list(dict.fromkeys(found))


def checkitem(entity: CheckItem) -> str:
    """One line of a checklist. Nothing can tick it (section 5), so that it was ticked is said in words."""
    return f"{_TICKED if entity.done else ''}{named(entity.title)}"


def carriable(step: Step, params: Params) -> tuple[Params, tuple[File, ...]]:
    """What of the carried goes into the request: the checklist's lines as parameters, if they fit, and all its files."""
    items = [checkitem(one) for one in step.carried if isinstance(one, CheckItem)]
    whole = "\r\n• ".join([params.get("text", ""), *items])
    todo: Params = {"todo": items} if items and len(whole.encode()) <= TEXT_LIMIT else {}
    return todo, tuple(one for one in step.carried if isinstance(one, File))


def fits_url(params: Params) -> bool:
    """Whether the parameters can go in the URL, as they must beside files (section 1)."""
    return len(query_of(params)) <= URL_ROOM


# -- parts of parameters ------------------------------------------------------------------------------------------------


def named(title: str) -> str:
    """A title on one line; a dash for an empty one."""
    return " ".join(title.split()) or _NAMELESS


def file_name(name: str) -> str:
    """The last part of a name that may be a path, without control characters; `file` if nothing is left."""
    return _UNSAFE_IN_NAMES.sub("", re.split(r"[/\\]", name)[-1]).strip() or "file"


def written(step: Step, text: Text, names: Mapping[Ref, str]) -> str:
    """Our mark, then the text as plain text: whether markup is obeyed is not known (section 9)."""
    return f"{short(step.mark)}\n{plain(text, names)}".rstrip()


def plain(text: Text, names: Mapping[Ref, str]) -> str:
    """The text as people read it. `names` of files stand in place of the addresses they had in the source.

    Bullets become dashes, because a line with a bullet is an item of the task's checklist (section 4).
    """
    named_files = {url: names[ref] for url, ref in text.links.items() if ref in names}
    return _BULLET.sub(r"\1-\2", to_plain(rewrite(text.html, named_files) if named_files else text.html))


def cost_text(step: Step) -> str:
    """The words of a cost, with our mark before them."""
    assert isinstance(step.entity, Cost)
    return f"{short(step.mark)} {step.entity.text}".rstrip()


def assignee(entity: Task, there: Catalogue) -> str:
    """The address of the one who does it, or the vendor's word for anybody or nobody."""
    found = emails(entity.assignees[:1], there)
    return found[0] if found else ANYONE if entity.anyone else NOBODY


def emails(people: Iterable[Who], there: Catalogue) -> list[str]:
    """The addresses of those who are users, each once."""
    return list(dict.fromkeys(address for who in people if (address := _email(who, there))))


def task_days(entity: Task, there: Catalogue) -> tuple[date | None, date | None]:
    """The days a task starts and is due, as the account's calendar shows them."""
    return _day(entity.start, entity.start_at, there), _day(entity.due, entity.due_at, there)


def task_number(above: Ref, context: Context) -> str:
    """The task that something hangs on, or that its comment hangs on. Raises Refused if it is not there."""
    id = context.ids(above)
    if not id:
        raise Refused(f"{above} is not in Worksection, and this hangs on it")
    if above.kind is Kind.PROJECT:
        raise Refused(
            "a file reaches a project only in the request that makes the project, with a description that leaves room for it in "
            "8 kB; add it by hand, in the Files section"
        )
    return number_of(id.partition("/#")[0])


def place(entity: Task, there: Catalogue, context: Context) -> Params:
    """The project, and the parent; below the third level the task that all of it hangs on."""
    parent = context.ids(entity.parent) if entity.parent else None
    project = (context.ids(entity.project) if entity.project else None) or parent or there.loose_project
    if not project:
        raise Refused(f"{entity.ref}: it is in no project; name one for such tasks in the option loose_project")
    above = (parent.split("/")[1] if entity.depth > DEPTH else number_of(parent)) if parent else ""
    return {"id_project": project_of(project), "id_parent": above}


def _task_issues(entity: Task) -> tuple[Issue, ...]:
    issues = list(_hidden_issues(entity))
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


def _hidden_issues(entity: Task | Comment) -> tuple[Issue, ...]:
    if not entity.hidden:
        return ()
    detail = "shown to all users of the account but guests: Worksection names those who may see, the source does not"
    return (Issue(ref=entity.ref, code="hidden-from-guests", field="hidden", detail=detail, reach=Reach.NOTE),)


def _early_links(entity: Task | Project, step: Step, context: Context) -> tuple[Issue, ...]:
    """A description cannot be changed later, so a link to what is made after it goes on leading to the source."""
    names = _names(step.carried)
    refs = sorted({ref for ref in entity.text.links.values() if ref not in names and ref != entity.ref})
    return tuple(
        Issue(
            ref=entity.ref,
            code="link-kept",
            field=str(ref),
            detail=f"links to {ref}, which was not there when the text was written; it leads to the source",
            reach=Reach.NOTE,
        )
        for ref in refs
        if not context.ids(ref)
    )


def _contacts(entity: Entity, *fields: str, there: Catalogue) -> list[Issue]:
    """Those whom the mapping has found among the contacts, and who cannot take part."""
    issues: list[Issue] = []
    for name in fields:
        value = getattr(entity, name)
        people = (value,) if isinstance(value, Who) else value or ()
        if lost := ", ".join(who.name for who in people if who.target and not there.email(who.target)):
            detail = f"{lost}: not a user of the account, so not {name} here"
            issues.append(Issue(ref=entity.ref, code="not-a-user", field=name, detail=detail))
    return issues


def _author(who: Who | None, there: Catalogue) -> Params:
    return {"email_user_from": _email(who, there) if there.signs else ""}


def _email(who: Who | None, there: Catalogue) -> str:
    return there.email(who.target) if who else ""


def _days(start: date | None, end: date | None) -> Params:
    return {"datestart": sent_day(start) if start else "", "dateend": sent_day(end) if end else ""}


def _day(day: date | None, moment: datetime | None, there: Catalogue) -> date | None:
    return day or (moment.astimezone(there.zone).date() if moment else None)


def _planned(entity: Task | Project) -> Params:
    minutes, money = entity.plan_minutes, entity.plan_money
    return {"max_time": sent_plan(minutes) if minutes else "", "max_money": sent_amount(money) if money else ""}


def _names(carried: Iterable[Entity]) -> dict[Ref, str]:
    return {one.ref: file_name(one.name) for one in carried if isinstance(one, File)}


def _filled(params: Params) -> Params:
    return {name: value for name, value in params.items() if value}


def _missing(ref: Ref, field: str, name: str) -> tuple[Issue, ...]:
    if not name:
        return ()
    detail = f"{field}: {name!r} is not in Worksection; create it there, or map it"
    return (Issue(ref=ref, code="not-in-target", field=field, detail=detail),)


def _many(value: Value) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value
