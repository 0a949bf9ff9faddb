"""Looking up what a create with a lost answer left behind: by mark, and in each row, because a filter may be ignored.

Source: the vendor contract, sections 4 (filters) and 7 (exactly once).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import date, datetime, timedelta

from migrator.errors import Refused
from migrator.model import CheckItem, Comment, Cost, Kind, Ref, Task, owner
from migrator.vendor import Context, Record, Step
from migrator.vendors.planfix import comments, costs, observe
from migrator.vendors.planfix.catalogue import Catalogue
from migrator.vendors.planfix.client import Client
from migrator.vendors.planfix.values import dated, folded, minute, moment_of, named

_BY_LINE = {Kind.TASK: 101, Kind.PROJECT: 5101, Kind.CONTACT: 4101, Kind.COMPANY: 4101}
_BY_PROJECT = 5
_FEW = 2  # tasks whose own lists cost no more than the newest comments of the account
_A_DAY = timedelta(days=1)
_LISTS = {
    Kind.TASK: ("/task/list", "tasks"),
    Kind.PROJECT: ("/project/list", "projects"),
    Kind.CONTACT: ("/contact/list", "contacts"),
    Kind.COMPANY: ("/contact/list", "contacts"),
}


async def find(client: Client, there: Catalogue, steps: tuple[Step, ...], context: Context) -> Mapping[Ref, str]:
    """The target's ids of those steps, all of one kind and part, that were carried out."""
    kind, part = steps[0].ref.kind, steps[0].part
    if kind in _LISTS:
        return await _marked(client, there, steps, context)
    if kind is Kind.COMMENT or part == costs.COMMENT:
        return await _comments(client, there, steps, context)
    if kind is Kind.COST:
        return await _entries(client, there, steps, context)
    return await _checkitems(client, steps, context)


async def _marked(client: Client, there: Catalogue, steps: tuple[Step, ...], context: Context) -> dict[Ref, str]:
    """One list for each project; where that takes more pages than asking for each by its marker, the rest is asked for so."""
    found: dict[Ref, str] = {}
    for above, group in _by_owner(steps, context).items():
        patience = len(group) if there.marker(group[0].ref.kind) else None
        here, is_whole = await _in_list(client, there, above, group, context, patience)
        rest = [step for step in group if step.ref not in here]
        if rest and not is_whole:
            here |= await _by_marker(client, there, rest)
            rest = [step for step in rest if step.ref not in here]
            here |= (await _in_list(client, there, above, rest, context, None))[0] if rest else {}
        found |= here
    return found


async def _by_marker(client: Client, there: Catalogue, steps: Iterable[Step]) -> dict[Ref, str]:
    """One request for each; no more than a page, because an ignored filter returns everything."""
    found: dict[Ref, str] = {}
    for step in steps:
        kind = step.ref.kind
        marker = there.marker(kind)
        assert marker is not None
        wanted = {"type": _BY_LINE[kind], "field": marker.id, "operator": "equal", "value": step.mark}
        async for page in _pages(client, there, kind, filters=[wanted]):
            ours = (_id(kind, row) for row in page if observe.seen_mark(row, kind, there) == step.mark)
            if id := next(ours, None):
                found[step.ref] = id
            break
    return found


async def _in_list(
    client: Client, there: Catalogue, above: str, steps: list[Step], context: Context, patience: int | None
) -> tuple[dict[Ref, str], bool]:
    """Those that are in the list among which they must be, and whether it was read to its end: by the vendor's own mark, the marker
    field, or the looks. No further than all are found, and `patience` pages."""
    found: dict[Ref, str] = {}
    filters = [{"type": _BY_PROJECT, "operator": "equal", "value": int(above)}] if above else []
    read = 0
    async for page in _pages(client, there, steps[0].ref.kind, filters=filters):
        found |= _matches(page, [step for step in steps if step.ref not in found], there, context)
        read += 1
        if len(found) == len(steps) or read == patience:
            return found, False
    return found, True


def _by_owner(steps: Iterable[Step], context: Context) -> dict[str, list[Step]]:
    """Tasks by the project that lists them; all else in one list."""
    groups: dict[str, list[Step]] = {}
    for step in steps:
        project = step.entity.project if isinstance(step.entity, Task) else None
        groups.setdefault(context.ids(project) or "" if project else "", []).append(step)
    return groups


def _matches(rows: Iterable[Record], steps: Iterable[Step], there: Catalogue, context: Context) -> dict[Ref, str]:
    found: dict[Ref, str] = {}
    for row in rows:
        for step in steps:
            kind = step.ref.kind
            mark = observe.seen_mark(row, kind, there)
            if mark == step.mark or (not mark and _looks_like(row, step, there, context)):
                found.setdefault(step.ref, _id(kind, row))
    return found


def _looks_like(row: Record, step: Step, there: Catalogue, context: Context) -> bool:
    """Whether an unmarked row is the task: nobody else makes one of this name with this creation minute of the past, here."""
    if not isinstance(step.entity, Task) or step.entity.created is None:
        return False
    wanted, seen = observe.expected(step, there, context), observe.seen_task(row, there)
    return all(wanted.get(name, "") == seen[name] for name in ("title", "created", "project", "parent"))


async def _pages(
    client: Client, there: Catalogue, kind: Kind, *, filters: list[Record]
) -> AsyncIterator[tuple[Record, ...]]:
    path, key = _LISTS[kind]
    marker = there.marker(kind)
    fields = "id,name,sourceObjectId" + (",dateTime,project,parent" if kind is Kind.TASK else "")
    body: Record = {"fields": f"{fields},{marker.id}" if marker else fields}
    if filters:
        body["filters"] = filters
    if path == "/contact/list":
        body["isCompany"] = kind is Kind.COMPANY
    async for page in client.pages(path, key, f"looking for {kind}s", **body):
        yield page


async def _comments(client: Client, there: Catalogue, steps: tuple[Step, ...], context: Context) -> dict[Ref, str]:
    """Of many tasks first the newest comments of the account, then, for what is not among them, one list for each task."""
    by_task = _by_task(steps, context)
    found = await _newest(client, there, steps, len(by_task) // 2) if len(by_task) > _FEW else {}
    for task, group in by_task.items():
        if missing := [step for step in group if step.ref not in found]:
            found |= await _comments_of(client, there, task, missing, context)
    return found


async def _newest(client: Client, there: Catalogue, steps: Iterable[Step], patience: int) -> dict[Ref, str]:
    """Those among the comments made last, whatever their task.

    No further than `patience` pages, nor than a page without any: what was made a moment ago is not behind what was made before.
    """
    marked = {step.mark: step.ref for step in steps}
    days = [day for step in steps if (day := _day(step, there))]
    if not days:
        return {}
    body = {
        "fields": "id,sourceObjectId",
        "filters": [dated(min(days) - _A_DAY, max(days) + _A_DAY)],
        "typeList": "All",
        "resultOrder": [{"field": "id", "direction": "Desc"}],
    }
    found: dict[Ref, str] = {}
    read = 0
    try:
        async for page in client.pages("/comment/list", "comments", "the newest comments", **body):
            ids = {ref: str(row["id"]) for row in page if (ref := marked.get(str(row.get("sourceObjectId") or "")))}
            found |= ids
            read += 1
            if not ids or len(found) == len(marked) or read == patience:
                break
    except Refused:
        return found  # added to the API only lately (section 4): each task has a list of its own
    return found


def _day(step: Step, there: Catalogue) -> date | None:
    """The day that a comment of the step has of its own."""
    match step.entity:
        case Comment(created=datetime() as created):
            return created.astimezone(there.zone).date()
        case Cost(day=day):
            return day
        case _:
            return None


async def _comments_of(
    client: Client, there: Catalogue, task: str, steps: Iterable[Step], context: Context
) -> dict[Ref, str]:
    found: dict[Ref, str] = {}
    path, about = f"/task/{task}/comments/list", f"the comments of task {task}"
    rows = [row async for row in client.rows(path, "comments", about, fields=observe.COMMENT_FIELDS, typeList="All")]
    unmarked = not any(row.get("sourceObjectId") for row in rows)
    for step in steps:
        same = (
            row
            for row in rows
            if row.get("sourceObjectId") == step.mark or (unmarked and _reads_like(row, step, there, context))
        )
        if row := next(same, None):
            found[step.ref] = str(row["id"])
    return found


def _reads_like(row: Record, step: Step, there: Catalogue, context: Context) -> bool:
    """Whether a comment is ours by author, minute and text, where the server gives no marks at all."""
    if isinstance(step.entity, Comment):
        body = comments.comment(step, context, there, signed=True)
    else:
        body = costs.comment(step, there, signed=True)
    written, seen = moment_of(body.get("dateTime")), moment_of(row.get("dateTime"))
    return (
        bool(written and seen and minute(written) == minute(seen))
        and ("owner" not in body or body["owner"]["id"] == (row.get("owner") or {}).get("id"))
        and folded(body["description"]) == folded(str(row.get("description") or ""))
    )


async def _entries(client: Client, there: Catalogue, steps: tuple[Step, ...], context: Context) -> dict[Ref, str]:
    """One list for each task and data tag: the entries that stand on the comments made for the costs.

    Those that are not in the tag of the mapping may have gone to another, which it named then.
    """
    found: dict[Ref, str] = {}
    for task, group in _by_task(steps, context).items():
        named = {tag for step in group if (tag := _tag(step, there))}
        for tag in (*named, *(tag.id for tag in there.tags.values() if tag.id not in named)):
            missing = [step for step in group if step.ref not in found]
            if not missing or (tag in named and not any(_tag(step, there) == tag for step in missing)):
                continue
            path, about = f"/datatag/{tag}/entry/list", f"the entries of task {task}"
            asked = {"fields": observe.ENTRY_FIELDS, "taskId": int(task)}
            rows = [row async for row in client.rows(path, "dataTagEntries", about, **asked)]
            for step in missing:
                comment = context.made(step.ref, costs.COMMENT)
                known = _made_by_others(step, context)
                on_it = (int(row["key"]) for row in rows if str(row.get("commentId")) == comment)
                keys = sorted(key for key in on_it if key not in known)
                if keys:
                    found[step.ref] = ",".join(str(key) for key in keys)
    return found


def _made_by_others(step: Step, context: Context) -> set[int]:
    """The entries of the cost's other parts, which stand on the same comment."""
    parts = {costs.CREATE, costs.MONEY} - {step.part}
    return {int(key) for part in parts for key in (context.made(step.ref, part) or "").split(",") if key}


def _tag(step: Step, there: Catalogue) -> int | None:
    """Where the mapping in force sends the cost; None if it names no place."""
    assert isinstance(step.entity, Cost)
    time_in, money_in = costs.shares(step.entity, step.part)
    place = time_in or money_in
    return there.tags[place["tag"]].id if place.get("tag") in there.tags else None


async def _checkitems(client: Client, steps: tuple[Step, ...], context: Context) -> dict[Ref, str]:
    """One list for each task: a line of this name that is not one of those made before. The list is in the order of creation."""
    found: dict[Ref, str] = {}
    for task, group in _by_task(steps, context).items():
        path, about = f"/task/{task}/checklist/list", f"the checklist of task {task}"
        rows = [row async for row in client.rows(path, "items", about, fields=observe.CHECKITEM_FIELDS)]
        known = _made_before(group, context)
        free = [row for row in rows if str(row["id"]) not in known]
        for step in group:
            assert isinstance(step.entity, CheckItem)
            title = named(step.entity.title)
            if row := next((row for row in free if named(str(row.get("name", ""))) == title), None):
                free.remove(row)
                found[step.ref] = str(row["id"])
    return found


def _made_before(steps: list[Step], context: Context) -> set[str]:
    """The ids of the lines before these, but for these, that are known: a ref ends in its place in the list, from 1."""
    known: set[str] = set()
    asked = {step.ref for step in steps}
    for step in steps:
        checklist, _, own = step.ref.id.rpartition("/")
        refs = (Ref(Kind.CHECKITEM, f"{checklist}/{place}") for place in range(1, int(own)))
        known |= {id for ref in refs if ref not in asked and (id := context.ids(ref))}
    return known


def _by_task(steps: Iterable[Step], context: Context) -> dict[str, list[Step]]:
    groups: dict[str, list[Step]] = {}
    for step in steps:
        above = owner(step.entity)
        if above and (task := context.ids(above)):
            groups.setdefault(task, []).append(step)
    return groups


def _id(kind: Kind, row: Record) -> str:
    return f"contact:{row['id']}" if kind in (Kind.CONTACT, Kind.COMPANY) else str(row["id"])
