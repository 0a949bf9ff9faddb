"""Filling a Planfix account: each step as one request; people, dates and status only in the silent finishing update."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from migrator.errors import InDoubt, Refused
from migrator.http import Upload
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
    Project,
    Reach,
    Ref,
    Task,
    Who,
    owner,
)
from migrator.text import file_name
from migrator.vendor import Body, Check, Context, Made, Observed, Record, Step
from migrator.vendors.planfix import comments, costs, encode, observe
from migrator.vendors.planfix.catalogue import Catalogue
from migrator.vendors.planfix.check import target_checks
from migrator.vendors.planfix.client import Client
from migrator.vendors.planfix.encode import Encoded
from migrator.vendors.planfix.lookup import find
from migrator.vendors.planfix.readback import read_back
from migrator.vendors.planfix.remove import removal_requests, remove
from migrator.vendors.planfix.update import READS_AFTER_QUEUED, failures, update
from migrator.vendors.planfix.values import number

ATTACH = "attach"
_PATHS = {Kind.COMPANY: "contact", Kind.CONTACT: "contact", Kind.PROJECT: "project", Kind.TASK: "task"}


class PlanfixTarget:
    """An open account, with what was learnt of it since: names of companies made, authors refused, fields that are dropped."""

    def __init__(self, client: Client, catalogue: Catalogue) -> None:
        self.vocabulary = catalogue.vocabulary
        self._client = client
        self._there = catalogue
        self._companies = dict(catalogue.vocabulary.there[Kind.COMPANY])
        self._refused_authors: set[str] = set()
        self._refused_marks: set[Kind] = set()
        self._kept: dict[int, bool] = {}  # custom field -> whether the template has it

    def parts(self, entity: Entity) -> tuple[str, ...]:
        """A file of a project is uploaded, then attached; a cost is a comment, then entries on it."""
        if isinstance(entity, Cost):
            return costs.parts(entity)
        if isinstance(entity, File) and entity.on.kind is Kind.PROJECT:
            return ("create", ATTACH)
        return ("create",)

    def requests(self, step: Step) -> int:  # noqa: ARG002  the protocol's
        """One; once for each custom field of an account there is one more, to see whether it is kept."""
        return 1

    def link(self, kind: Kind, id: str) -> str | None:
        """The page of a project, task or contact; the address by which Planfix's own editor shows an uploaded image."""
        if kind is Kind.FILE:
            return f"{self._there.site}/?action=getfile&uniqueid={id}"
        return f"{self._there.site}/{_PATHS[kind]}/{number(id)}" if kind in _PATHS else None

    async def create(self, step: Step, context: Context) -> Made:
        """Make it, once. Raises Refused (nothing was made) or InDoubt (it may have been)."""
        match step.entity:
            case File() if step.part == ATTACH:
                return await self._attach(step, context)
            case File() as file:
                return await self._upload(step, file, context)
            case Comment() as comment:
                return await self._comment(step, context, comment.author, ("author", "text"))
            case Cost() as cost if step.part == costs.COMMENT:
                return await self._comment(step, context, cost.person, ("person",))
            case Cost():
                return await self._entries(step, context)
            case CheckItem():
                path = f"/task/{_above(step, context)}/checklist"
                return Made(_id(await self._client.create(path, str(step.ref), encode.checkitem(step)), step))
            case _:
                return await self._make(step, context)

    async def finish(self, step: Step, context: Context) -> Made:
        """Set, silently, what could only be set now. Raises Refused."""
        kind, id = step.ref.kind, context.ids(step.ref)
        task = kind is Kind.TASK
        encoded = encode.task_finish(step, self._there, context) if task else encode.project_finish(step, self._there)
        path = f"/{kind}/{id}"
        applied, reply = await self._client.set(path, str(step.ref), encoded.body, silent="true")
        failed = await self._told_of(step, failures(step.ref, reply), path)
        issues = [*encoded.issues, *failed]
        custom = self._there.fields[kind]
        lost = {issue.field for issue in failed}
        sent = _customs(encoded.body) if "fields" not in lost else set()
        fields = {name: one.id for name, one in custom.items() if one.id in sent and name not in lost}
        if not applied or not self._known(kind, fields):
            issues += await self._look_after(step, context, fields, path, applied=applied)
        issues += (_dropped(step.ref, name) for name, id in fields.items() if not self._kept.get(id, True))
        return Made(id or "", tuple(issues))

    async def update(self, step: Step, fields: Mapping[str, str], context: Context) -> Made:
        """Set these fields of what was made. Raises Refused."""
        return await update(self._client, self._there, step, fields, context)

    async def find(self, steps: tuple[Step, ...], context: Context) -> Mapping[Ref, Made]:
        """Look up doubtful creates of one kind and part by their marks."""
        found = await find(self._client, self._there, steps, context)
        return {step.ref: Made(found[step.ref], self._told(step, context)) for step in steps if step.ref in found}

    def _told(self, step: Step, context: Context) -> tuple[Issue, ...]:
        """What a create whose answer was lost would have told. A contact as author is refused (section 5)."""
        match step.entity:
            case Company() | Contact() | Project() | Task():
                return self._encoded(step, context).issues
            case Comment(author=Who(target=id) as author) if id.startswith("contact:"):
                return comments.byline_issues(step.ref, author, "author", "text")
            case Cost(person=Who(target=id) as person) if step.part == costs.COMMENT and id.startswith("contact:"):
                return comments.byline_issues(step.ref, person, "person")
            case Cost() if step.part != costs.COMMENT:
                return costs.entries(step, self._there).issues
            case _:
                return ()

    def expected(self, step: Step, context: Context) -> Mapping[str, str]:
        """The fields a reader should find, as flat text. Pure."""
        return observe.expected(step, self._there, context)

    def read_back(
        self, kind: Kind, steps: tuple[Step, ...], context: Context, under: tuple[Ref, ...] = ()
    ) -> AsyncIterator[Observed]:
        """Everything of the kind that the run made, by the cheapest reads, and all that hangs on what `under` names."""
        return read_back(self._client, self._there, kind, steps, context, under)

    async def remove(self, step: Step, context: Context) -> None:
        """Take back what one part of a step made. Repeatable. Raises Refused."""
        await remove(self._client, self._there, step, context)

    def removal_requests(self, step: Step, context: Context) -> int:
        """How many requests that takes."""
        return removal_requests(step, context)

    def instead(self, step: Step, issue: Issue, context: Context) -> Mapping[str, str]:
        """What is there in place of what is expected, because of what the issue tells. Pure."""
        del context
        return observe.instead(step, issue, self._there)

    async def fetch(self, observed: Observed, to: Path) -> Body:
        """Stream the bytes of a file that was read back to the path."""
        return await self._client.download(observed.body, to)

    async def check(self) -> list[Check]:
        """What a preflight can see of this account."""
        return await target_checks(self._client, self._there)

    # -- creates ------------------------------------------------------------------------------------------------------

    async def _make(self, step: Step, context: Context) -> Made:
        """A company, contact, project or task. A template without the marker field may refuse it: then without our mark in it."""
        kind, path = step.ref.kind, f"/{_PATHS[step.ref.kind]}/"
        encoded = self._encoded(step, context)
        issues = list(encoded.issues)
        marker = self._there.marker(kind)
        if kind in self._refused_marks:
            encoded.body.pop("customFieldData", None)
        try:
            reply = await self._client.create(path, str(step.ref), encoded.body)
        except Refused as refused:
            if marker is None or f"by id - {marker.id}" not in str(refused) or kind in self._refused_marks:
                raise
            self._refused_marks.add(kind)
            issues.append(_dropped(step.ref, marker.name))
            encoded.body.pop("customFieldData", None)
            reply = await self._client.create(path, str(step.ref), encoded.body)
        id = _id(reply, step)
        if kind in (Kind.COMPANY, Kind.CONTACT):
            id = f"contact:{id}"
        if isinstance(step.entity, Company):
            self._companies.setdefault(step.entity.name, id)
        return Made(id, tuple(issues))

    def _encoded(self, step: Step, context: Context) -> Encoded:
        match step.entity:
            case Company():
                return encode.company(step, self._there)
            case Contact():
                return encode.contact(step, self._there, self._companies)
            case Project():
                return encode.project(step, self._there, context, self._companies)
            case Task():
                return encode.task(step, self._there, context)
            case _:
                raise Refused(f"{step.ref}: Planfix creates no {step.ref.kind}")

    async def _comment(self, step: Step, context: Context, author: Who | None, told: tuple[str, ...]) -> Made:
        """A comment in its author's name; where Planfix refuses that author (section 5), in the token's, and the text names them."""
        path = f"/task/{_above(step, context)}/comments/"
        build = self._comment_body(step, context)
        id = author.target if author else ""
        if id not in self._refused_authors:
            try:
                return Made(_id(await self._client.create(path, str(step.ref), build(True), silent=True), step))
            except Refused:
                if not id:
                    raise
        reply = await self._client.create(path, str(step.ref), build(False), silent=True)
        self._refused_authors.add(id)  # it was the author, then: no need to try them again
        return Made(_id(reply, step), comments.byline_issues(step.ref, author, *told))

    def _comment_body(self, step: Step, context: Context) -> Callable[[bool], Record]:
        if isinstance(step.entity, Cost):
            return lambda signed: costs.comment(step, self._there, signed=signed)
        return lambda signed: comments.comment(step, context, self._there, signed=signed)

    async def _entries(self, step: Step, context: Context) -> Made:
        encoded = costs.entries(step, self._there)
        comment = context.made(step.ref, costs.COMMENT)
        path = f"/task/{_above(step, context)}/datatags/{comment}"
        reply = await self._client.create(path, str(step.ref), encoded.body)
        if not (keys := reply.get("keys")):
            raise InDoubt(f"Planfix, {step.ref}: a success without the keys of the entries")
        return Made(",".join(str(key) for key in sorted(keys)), encoded.issues)

    async def _upload(self, step: Step, file: File, context: Context) -> Made:
        upload = Upload("file", file_name(file.name), context.body(file.ref).path)
        reply = await self._client.upload("/file/", f"{file.ref} {file.name!r}", upload)
        return Made(_id(reply, step))

    async def _attach(self, step: Step, context: Context) -> Made:
        id = context.ids(step.ref) or ""
        await self._client.set(f"/file/{id}/attach/project", str(step.ref), None, id=_above(step, context))
        return Made(id)

    # -- after an update ------------------------------------------------------------------------------------------------

    def _known(self, kind: Kind, fields: Mapping[str, int]) -> bool:
        """Whether it is known of the fields, and of our mark's, if the template keeps them."""
        marker = self._there.marker(kind)
        marked = marker is None or kind in self._refused_marks or marker.id in self._kept
        return marked and all(id in self._kept for id in fields.values())

    async def _told_of(self, step: Step, failed: tuple[Issue, ...], path: str) -> list[Issue]:
        """The fields that an update did not change, each with what it holds instead, which takes one read."""
        if not failed:
            return []
        custom = self._there.fields[step.ref.kind]
        seen = self._seen(step.ref.kind, await self._read(step, path, (one.id for one in custom.values())))
        return [
            msgspec.structs.replace(
                one,
                detail=one.detail
                + observe.stays(seen.get(f"fields.{one.field}" if one.field in custom else one.field, "")),
            )
            for one in failed
        ]

    async def _read(self, step: Step, path: str, customs: Iterable[int]) -> Record:
        kind = step.ref.kind
        names = observe.TASK_FIELDS if kind is Kind.TASK else observe.PROJECT_FIELDS
        names = ",".join([names, *(str(id) for id in customs)])
        return (await self._client.get(path, f"{step.ref} after its update", fields=names)).get(str(kind)) or {}

    def _seen(self, kind: Kind, row: Record) -> Mapping[str, str]:
        return (observe.seen_task if kind is Kind.TASK else observe.seen_project)(row, self._there)

    async def _look_after(
        self, step: Step, context: Context, fields: Mapping[str, int], path: str, *, applied: bool
    ) -> list[Issue]:
        """Read the object until a queued update shows (202), and note which custom fields the template has dropped."""
        kind, marker = step.ref.kind, self._there.marker(step.ref.kind)
        asked = {**fields, **({marker.name: marker.id} if marker else {})}
        wanted = {name: value for name, value in self.expected(step, context).items() if not name.startswith("fields.")}
        for _ in range(1 if applied else READS_AFTER_QUEUED):
            row = await self._read(step, path, asked.values())
            seen = self._seen(kind, row)
            if applied or all(seen.get(name) == value for name, value in wanted.items()):
                return self._note_kept(step.ref, asked, row)
        detail = "Planfix has queued the last update and not applied it yet; `migrator verify` will tell"
        return [Issue(ref=step.ref, code="update-queued", detail=detail, reach=Reach.NOTE)]

    def _note_kept(self, ref: Ref, asked: Mapping[str, int], row: Record) -> list[Issue]:
        """Remember which fields the template keeps; an issue if it drops our mark, once."""
        marker = self._there.marker(ref.kind)
        news = marker is not None and marker.id not in self._kept and ref.kind not in self._refused_marks
        there = {each["field"]["id"] for each in row.get("customFieldData") or ()}
        self._kept |= {id: id in there for id in asked.values()}
        return [_dropped(ref, marker.name)] if marker and news and marker.id not in there else []


def _above(step: Step, context: Context) -> str:
    above = owner(step.entity)
    if above is None or not (id := context.ids(above)):
        raise Refused(f"{step.ref}: what it hangs on is not in Planfix")
    return id


def _id(reply: Record, step: Step) -> str:
    if not (id := reply.get("id")):
        raise InDoubt(f"Planfix, {step.ref}: a success without an id")
    return str(id)


def _customs(body: Record) -> set[int]:
    """The custom fields that the body fills; one that is emptied leaves nothing to be seen."""
    return {each["field"]["id"] for each in body.get("customFieldData", ()) if each["value"]}


def _dropped(ref: Ref, name: str) -> Issue:
    detail = (
        f"custom field {name!r} is not on the template, so Planfix drops its values: attach it there, in its own pages"
    )
    return Issue(ref=ref, code="field-dropped", field=name, detail=detail)
