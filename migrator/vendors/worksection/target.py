"""Filling a Worksection account: one request for each object, with what it carries; closing and tags come at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

from migrator.errors import InDoubt, Refused
from migrator.http import Effect, Upload
from migrator.model import (
    CheckItem,
    Comment,
    Company,
    Contact,
    Cost,
    Entity,
    File,
    Group,
    Issue,
    Kind,
    Person,
    Project,
    Ref,
    Tag,
    Task,
)
from migrator.text import file_name
from migrator.vendor import Body, Check, Context, Made, Observed, Record, Step
from migrator.vendors.worksection import encode, losses, observe
from migrator.vendors.worksection.catalogue import ARCHIVED, CONTACT_PREFIX, DONE, Catalogue
from migrator.vendors.worksection.check import target_checks
from migrator.vendors.worksection.client import UNKNOWN_ACTION, Client, as_rows
from migrator.vendors.worksection.encode import Encoded, Params
from migrator.vendors.worksection.lookup import find
from migrator.vendors.worksection.readback import read_back
from migrator.vendors.worksection.remove import removal_requests, remove
from migrator.vendors.worksection.tagging import Tagging
from migrator.vendors.worksection.update import update
from migrator.vendors.worksection.values import number_of, page_id

_NOT_A_MEMBER, _ALREADY_SO = "11", "12"  # codes of the vendor contract, section 3
_ACTIONS = {
    Kind.PROJECT: "post_project",
    Kind.TASK: "post_task",
    Kind.COMMENT: "post_comment",
    Kind.FILE: "post_comment",
}
_PAGES = frozenset({Kind.PROJECT, Kind.TASK, Kind.COMMENT})

# Stands in for a run that is only foretold: ids as long as they are likely to be.
_FORETOLD = Context(
    lambda _: "100000/10000000/10000000", lambda _, __: None, lambda _: (), lambda _: Body(Path(), 0, "")
)


class WorksectionTarget:
    """An open account, with what was learnt of it since: addresses of people and folders made, and which tags go where."""

    def __init__(self, client: Client, catalogue: Catalogue) -> None:
        self.vocabulary = catalogue.vocabulary
        self._client = client
        self._there = catalogue
        self._tagging = Tagging(client, catalogue)

    def parts(self, entity: Entity) -> tuple[str, ...]:  # noqa: ARG002  the protocol's
        """One create each."""
        return ("create",)

    def requests(self, step: Step) -> int:
        """One for a create, and what its files take if they cannot go in it; a tag that is there takes none.

        Not foretold: one for the first tag of a set and the first contact of a folder, two for who is not yet in a project.
        """
        if step.part == "finish":
            return self._finish_requests(step.entity)
        return self._tagging.requests(step.entity) if isinstance(step.entity, Tag) else 1 + self._left_behind(step)

    def _finish_requests(self, entity: Entity) -> int:
        match entity:
            case Task():
                closes = entity.status == DONE
                return bool(encode.labels(entity)) + closes + (closes and entity.closed is not None)
            case Project():
                return bool(encode.labels(entity)) + bool(encode.switches(entity)) + (entity.status == ARCHIVED)
            case _:
                return 0

    def link(self, kind: Kind, id: str) -> str | None:
        """The page of a project, task or comment."""
        if kind not in _PAGES:
            return None
        return f"{self._there.site}/project/{id}" + ("" if "#" in id else "/")

    async def create(self, step: Step, context: Context) -> Made:
        """Make it, once. Raises Refused (nothing was made) or InDoubt (it may have been)."""
        match step.entity:
            case Project() | Task() | Comment():
                return await self._post(step, context)
            case File() as file:
                return replace(await self._post(replace(step, carried=(file,)), context), carried={})
            case Cost():
                encoded = encode.posted(step, self._there, context)
                reply = await self._client.write("add_costs", str(step.ref), encoded.params, Effect.CREATE)
                return Made(_told(reply, "id", step), encoded.issues)
            case Tag() as tag:
                return Made(f"{tag.of}/{await self._tagging.tag(tag)}")
            case CheckItem():
                raise Refused(
                    f"{step.ref}: a checklist goes with its task, and the text of this one has no room for it"
                )
            case _:
                return await self._enlist(step)

    async def finish(self, step: Step, context: Context) -> Made:
        """Tags, then closing: only now, because what is closed takes nothing more. Raises Refused."""
        id = context.ids(step.ref) or ""
        issues: list[Issue] = []
        match step.entity:
            case Task() as task:
                issues += await self._tagging.put(task, id)
                if task.status == DONE:
                    await self._close("complete_task", step, {"id_task": number_of(id)})
                if params := encode.task_finish(step, self._there, context):
                    await self._client.write("update_task", str(step.ref), params, Effect.SET)
            case Project() as project:
                issues += await self._tagging.put(project, id)
                encoded = encode.project_finish(step, context)
                issues += encoded.issues
                if encoded.params:
                    await self._client.write("update_project", str(step.ref), encoded.params, Effect.SET)
                if project.status == ARCHIVED:
                    await self._close("close_project", step, {"id_project": number_of(id)})
        issues += losses.unmapped_status(step.entity)
        return Made(id, tuple(issues))

    async def update(self, step: Step, fields: Mapping[str, str], context: Context) -> Made:
        """Set these fields of what was made. Raises Refused."""
        return await update(self._client, self._there, step, fields, context)

    async def find(self, steps: tuple[Step, ...], context: Context) -> Mapping[Ref, Made]:
        """Look up doubtful creates of one kind by their marks, with the files that travelled along."""
        return await find(self._client, self._there, steps, context)

    def expected(self, step: Step, context: Context) -> Mapping[str, str]:
        """The fields a reader should find, as flat text. Pure."""
        return observe.expected(step, self._there, context)

    def read_back(
        self, kind: Kind, steps: tuple[Step, ...], context: Context, under: tuple[Ref, ...] = ()
    ) -> AsyncIterator[Observed]:
        """Everything of the kind that the run made, by the cheapest reads, and all that hangs on what `under` names."""
        return read_back(self._client, kind, steps, context, under)

    async def remove(self, step: Step, context: Context) -> None:
        """Take back what one part of a step made. Repeatable. Raises Refused."""
        await remove(self._client, self._there, step, context)

    def removal_requests(self, step: Step, context: Context) -> int:  # noqa: ARG002  the protocol's
        """How many requests that takes."""
        return removal_requests(step)

    def instead(self, step: Step, issue: Issue, context: Context) -> Mapping[str, str]:
        """What is there in place of what is expected, because of what the issue tells. Pure."""
        del context
        return observe.instead(step, issue, self._there)

    async def fetch(self, observed: Observed, to: Path) -> Body:
        """Stream the bytes of a file that was read back to the path."""
        return await self._client.download(observed.body, to)

    async def check(self) -> list[Check]:
        """What a preflight can see of this account; all of it is known since it was opened."""
        return target_checks(self._there)

    # -- projects, tasks, comments ------------------------------------------------------------------------------------

    async def _post(self, step: Step, context: Context) -> Made:
        """A request with what it carries. Where the text leaves no room for files, a task takes them sent ahead; else they follow."""
        action = _ACTIONS[step.ref.kind]
        encoded = encode.posted(step, self._there, context)
        todo, files = encode.carriable(step, encoded.params)
        params = {**encoded.params, **todo}
        uploads = tuple(
            Upload(f"attach[{place}]", file_name(file.name), context.body(file.ref).path)
            for place, file in enumerate(files)
        )
        if uploads and not encode.fits_url(params):
            uploads = ()
            uploaded = await self._upload(step, files, context) if action == "post_task" else None
            files = files if uploaded is not None else ()
            params |= {"files": uploaded} if uploaded else {}
        reply = await self._send(action, step, params, uploads)
        data = reply.get("data")
        if not isinstance(data, dict) or not data.get("page"):
            raise InDoubt(f"Worksection, {step.ref}: a success that does not say what was made")
        id = page_id(data)
        along = observe.carried_ids(id, [*(one for one in step.carried if isinstance(one, CheckItem) and todo), *files])
        return Made(id, (*encoded.issues, *_renamed(step, params, data)), along)

    async def _send(self, action: str, step: Step, params: Params, uploads: tuple[Upload, ...]) -> Record:
        """Post it. Who has to be in the project for it is put there, and then it is posted once more: a refusal made nothing."""
        try:
            return await self._client.write(action, str(step.ref), params, Effect.CREATE, uploads)
        except Refused as refused:
            people = [params.get("email_user_to", ""), *params.get("subscribe", "").split(",")]
            members = [each for each in dict.fromkeys(people) if "@" in each]
            if refused.code != _NOT_A_MEMBER or action != "post_task" or not members:
                raise
        await self._add_members(step, params["id_project"], members)
        return await self._client.write(action, str(step.ref), params, Effect.CREATE, uploads)

    async def _add_members(self, step: Step, project: str, members: list[str]) -> None:
        params = {"id_project": project, "members": ",".join(members)}
        await self._client.write("add_project_members", str(step.ref), params, Effect.SET)

    async def _upload(self, step: Step, files: tuple[File, ...], context: Context) -> list[Record] | None:
        """Send files ahead of their task. None if the account cannot, or takes one of them not: then they follow it."""
        uploads = tuple(Upload("files[]", file_name(one.name), context.body(one.ref).path) for one in files)
        try:  # what nothing refers to is seen by nobody, so this may be sent twice
            reply = await self._client.write("upload_files", str(step.ref), {}, Effect.SET, uploads)
        except Refused as refused:
            if refused.code == UNKNOWN_ACTION:
                return None
            raise
        rows = as_rows(reply.get("data"))
        return None if len(rows) != len(files) or any(row.get("error") for row in rows) else list(rows)

    def _left_behind(self, step: Step) -> int:
        """How many more requests the carried files take: one to send them ahead of a task, or one for each that follows."""
        if not isinstance(step.entity, Task | Comment):
            return 0
        encoded = encode.posted(step, self._there, _FORETOLD)
        todo, files = encode.carriable(step, encoded.params)
        if not files or encode.fits_url({**encoded.params, **todo}):
            return 0
        return 1 if isinstance(step.entity, Task) else len(files)

    async def _close(self, action: str, step: Step, params: Params) -> None:
        try:
            await self._client.write(action, str(step.ref), params, Effect.SET)
        except Refused as refused:
            if refused.code != _ALREADY_SO:
                raise

    # -- directories ------------------------------------------------------------------------------------------------------

    async def _enlist(self, step: Step) -> Made:
        """A person, contact, folder or team. The vendor itself makes folders and teams only once (section 7)."""
        prefix, effect = "", Effect.SET
        match step.entity:
            case Group(title=title):
                action, encoded, known = "add_project_group", Encoded({"title": title}), self._there.folders
            case Company(name=title) as company:
                action, encoded, known = "add_user_group", encode.company(company), self._there.teams
            case Person(email=address) as person:
                action, encoded, effect = "add_user", encode.person(person, self._there), Effect.CREATE
            case Contact() as contact:
                await self._make_room(contact)
                action, encoded, effect, prefix = "add_contact", encode.contact(contact), Effect.CREATE, CONTACT_PREFIX
            case _:
                raise Refused(f"{step.ref}: Worksection creates no {step.ref.kind}")
        reply = await self._client.write(action, str(step.ref), encoded.params, effect)
        id = _told(reply.get("data"), "id", step)
        match step.entity:
            case Group() | Company():
                known.add(title)
            case Person():
                self._there.emails[id] = address
        return Made(f"{prefix}{id}", encoded.issues)

    async def _make_room(self, contact: Contact) -> None:
        """The contact's folder, once."""
        if contact.group and contact.group not in self._there.contact_groups:
            await self._client.write("add_contact_group", contact.group, {"title": contact.group}, Effect.SET)
            self._there.contact_groups.add(contact.group)


def _told(reply: object, key: str, step: Step) -> str:
    found = reply[0] if isinstance(reply, list) and reply else reply
    if not isinstance(found, dict) or not found.get(key):
        raise InDoubt(f"Worksection, {step.ref}: a success without an id")
    return str(found[key])


def _renamed(step: Step, params: Params, data: Record) -> tuple[Issue, ...]:
    """A title longer than the vendor keeps is cut without a word (section 2)."""
    sent, kept = str(params.get("title", "")), str(data.get("name", ""))
    if not sent or sent == kept:
        return ()
    return (Issue(ref=step.ref, code="title-changed", field="title", detail=f"{sent!r}{observe.became(kept)}"),)
