"""Encode: entities in Worksection's vocabulary -> parameters of its actions. Pure.

Source: the vendor contract, sections 5 (writes) and 7 (marks). Lists are comma strings; nothing is sent that could only be cleared.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from migrator.errors import Refused
from migrator.model import (
    CheckItem,
    Comment,
    Company,
    Contact,
    Cost,
    File,
    Issue,
    Kind,
    Person,
    Project,
    Ref,
    Task,
    Value,
    Who,
)
from migrator.text import file_name
from migrator.vendor import Context, Step
from migrator.vendors.worksection import losses
from migrator.vendors.worksection.catalogue import DEPTH, DONE, EXCLUSIVE, OPTIONS, Catalogue
from migrator.vendors.worksection.values import (
    cents,
    number_of,
    project_of,
    query_of,
    sent_amount,
    sent_day,
    sent_minutes,
    sent_plan,
)
from migrator.vendors.worksection.wording import checkitem, cost_text, named, short, written

TEXT_LIMIT = 65_536  # bytes; what is longer is cut without a word (the vendor contract, section 2)
URL_ROOM = 7_500  # bytes of a URL of 8 kB for parameters; the rest is for the address, the action and the signature
NOBODY, ANYONE = "NOONE", "ANY"
_PHONES = ("phone", "phone2", "phone3", "phone4")

Params = dict[str, Any]


class Encoded(NamedTuple):
    """The parameters of an action, and what of the entity could not be put into them."""

    params: Params
    issues: tuple[Issue, ...] = ()


def person(entity: Person, there: Catalogue) -> Encoded:
    """add_user, which sends an invitation."""
    if not entity.email:
        raise Refused(f"{entity.ref}: {entity.name} has no e-mail address, and Worksection invites nobody without one")
    first, _, last = entity.name.partition(" ")
    team = entity.team if entity.team in there.teams else ""
    params = {"email": entity.email, "first_name": first, "last_name": last, "title": entity.position, "group": team}
    issues = () if team else losses.missing(entity.ref, "team", entity.team)
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
    params |= dict(zip(_PHONES, entity.phones, strict=False))
    return Encoded(_filled({**params, "address": entity.address}), losses.of_phones(entity, len(_PHONES)))


def posted(step: Step, there: Catalogue, context: Context) -> Encoded:
    """What makes a project, task, comment, file or cost. Raises Refused for what cannot be made as things stand."""
    match step.entity:
        case Project():
            return project(step, there)
        case Task():
            return task(step, there, context)
        case Comment():
            return comment(step, there, context)
        case File():
            return file(step, context)
        case Cost():
            return cost(step, there, context)
        case _:
            raise Refused(f"{step.ref}: Worksection creates no {step.ref.kind}")


def project(step: Step, there: Catalogue) -> Encoded:
    """post_project, without the switches that would bind what is still to come."""
    entity = step.entity
    assert isinstance(entity, Project)
    manager, members = _email(entity.manager, there), emails(entity.members, there)
    params: Params = {
        "title": named(entity.title),
        "text": written(step, entity.text),
        **_author(entity.author, there),
        "email_manager": manager,
        "members": ",".join(dict.fromkeys(each for each in (*members, manager) if each)),
        "company": entity.group if entity.group in there.folders else "",
        **_days(entity.start, entity.end),
        **_planned(entity),
    }
    return Encoded(_filled(params), losses.of_project(step, there))


def task(step: Step, there: Catalogue, context: Context) -> Encoded:
    """post_task, without tags: one that is not of the project's sets would stop it (section 5)."""
    entity = step.entity
    assert isinstance(entity, Task)
    followers = emails((*entity.followers, *entity.assignees[1:]), there)
    params: Params = {
        **place(entity, there, context),
        "title": named(entity.title),
        "text": written(step, entity.text),
        **_author(entity.author, there),
        "email_user_to": assignee(entity, there),
        "priority": "" if entity.priority is None else str(entity.priority),
        **_days(*task_days(entity, there)),
        "subscribe": ",".join(followers),
        "hidden": ",".join(there.inner) if entity.hidden else "",
        **_planned(entity),
    }
    return Encoded(_filled(params), losses.of_task(step, there))


def comment(step: Step, there: Catalogue, context: Context) -> Encoded:
    """post_comment."""
    entity = step.entity
    assert isinstance(entity, Comment)
    params: Params = {
        "id_task": task_number(entity.on, context),
        "text": written(step, entity.text),
        **_author(entity.author, there),
        "hidden": ",".join(there.inner) if entity.hidden else "",
    }
    return Encoded(_filled(params), losses.of_comment(step, there))


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
        "money": sent_amount(cents(entity.money)) if entity.money else "",
        "email_user_from": (person or there.owner) if there.signs else "",
        "comment": cost_text(step),
        "date": sent_day(entity.day),
    }
    return Encoded(_filled(params), () if person and there.signs else losses.stood_in(entity, there))


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
    issues = losses.of_settings(entity, on)
    if not on:
        return Encoded({}, issues)
    id = number_of(context.ids(entity.ref) or "")
    return Encoded({"id_project": id, **{f"options.{name}": "1" for name in on}}, issues)


def switches(entity: Project) -> list[str]:
    """Those of its settings that Worksection has; of those that exclude one another the first."""
    wanted = [name for name in sorted(entity.settings) if entity.settings[name] == "1" and name in OPTIONS]
    late = [name for name in EXCLUSIVE if name in wanted][1:]
    return [name for name in wanted if name not in late]


def labels(entity: Task | Project) -> list[tuple[str, str]]:
    """The tags of an entity as set and title: its own, and those that the mapping has put into a set."""
    found = [(label.group, label.title) for label in entity.tags]
    found += [(name, each) for name, value in entity.fields.items() for each in _many(value)]
    return list(dict.fromkeys(found))


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


def _filled(params: Params) -> Params:
    return {name: value for name, value in params.items() if value}


def _many(value: Value) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value
