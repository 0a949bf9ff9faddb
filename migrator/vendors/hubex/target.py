"""Filling a HubEx account: each part of a step as one request; people, tags, attributes and the stage in the finishing step."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from migrator.errors import InDoubt, Refused
from migrator.http import Effect
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
    owner,
)
from migrator.vendor import Body, Check, Context, Made, Observed, Record, Step
from migrator.vendors.hubex import checklists, costs, encode, observe
from migrator.vendors.hubex.catalogue import ALREADY_DONE, CONTACT, NOT_POSSIBLE, Catalogue
from migrator.vendors.hubex.check import target_checks
from migrator.vendors.hubex.client import Client
from migrator.vendors.hubex.encode import Encoded
from migrator.vendors.hubex.finishing import finish, finish_requests
from migrator.vendors.hubex.location import Location
from migrator.vendors.hubex.lookup import by_erp_id, deleted_by_erp_id, find, work_of
from migrator.vendors.hubex.marks import stamp_after
from migrator.vendors.hubex.readback import read_back
from migrator.vendors.hubex.remove import removal_requests, remove
from migrator.vendors.hubex.update import update
from migrator.vendors.hubex.uploads import upload

CREATE, COMPANY = "create", "company"  # the second is the part that puts a contact with its company


class HubExTarget:
    """An open account, with what was learnt of it since: companies made, and where projects are."""

    def __init__(self, client: Client, catalogue: Catalogue) -> None:
        self.vocabulary = catalogue.vocabulary
        self._client = client
        self._there = catalogue
        self._companies = dict(catalogue.vocabulary.there[Kind.COMPANY])
        self._location = Location(client, catalogue.projects.address, catalogue.projects.location)

    def parts(self, entity: Entity) -> tuple[str, ...]:
        """A contact is put with its company, a work is given its technician, a checklist is made with its first line."""
        match entity:
            case Cost():
                return costs.parts(entity)
            case CheckItem():
                return checklists.parts(entity)
            case Contact(company=company) if company:
                return (CREATE, COMPANY)
            case _:
                return (CREATE,)

    def requests(self, step: Step) -> int:
        """One for most parts; the address of projects takes one more, once, if it is not there."""
        if step.part == "finish":
            return finish_requests(step, self._there)
        if isinstance(step.entity, CheckItem):
            return checklists.requests(step)
        if isinstance(step.entity, Cost) and step.part == costs.TECHNICIAN:
            return len(_technician(step)[0])
        return 1

    def link(self, kind: Kind, id: str) -> str | None:  # noqa: ARG002  the protocol's
        """No page of the vendor says where people find a thing, and links to files run out (the vendor contract, section 9, 33)."""
        return None

    async def create(self, step: Step, context: Context) -> Made:
        """Make it, once. Raises Refused (nothing was made) or InDoubt (it may have been)."""
        match step.entity:
            case Company():
                return Made(await self._make_company(step))
            case Contact() if step.part == COMPANY:
                return await self._join_company(step, context)
            case Contact():
                return await self._make_contact(step)
            case Project():
                return await self._make_project(step, context)
            case Task():
                return await self._make_task(step, context)
            case File() as file:
                if file.on.kind is Kind.PROJECT and self._there.projects.as_companies:
                    raise Refused(f"{step.ref} {file.name!r}: a project that became a company takes no files")
                return Made(await upload(self._client, self._there, step, _above(step, context), context))
            case Comment():
                return await self._say(step, context)
            case CheckItem():
                return Made(await checklists.make(self._client, step, _above(step, context), context))
            case Cost() if step.part == costs.TECHNICIAN:
                return await self._name_technician(step, context)
            case Cost():
                return Made(await self._make_work(step, context))
            case _:
                raise Refused(f"{step.ref}: HubEx creates no {step.ref.kind}")

    async def finish(self, step: Step, context: Context) -> Made:
        """Set what could only be set now. Raises Refused."""
        return await finish(self._client, self._there, step, context)

    async def update(self, step: Step, fields: Mapping[str, str], context: Context) -> Made:
        """Set these fields of what was made. Raises Refused."""
        return await update(self._client, self._there, step, fields, context)

    async def find(self, steps: tuple[Step, ...], context: Context) -> Mapping[Ref, Made]:
        """Look up doubtful creates of one kind and part by their marks."""
        found = await find(self._client, self._there, steps, context)
        return {step.ref: Made(found[step.ref], self._told(step, context)) for step in steps if step.ref in found}

    def _told(self, step: Step, context: Context) -> tuple[Issue, ...]:
        """What a create whose answer was lost would have told."""
        match step.entity:
            case Contact() if step.part == CREATE:
                return encode.contact(step).issues
            case Project():
                return self._project(step, context).issues
            case Task():
                return encode.task(step, self._there, context).issues
            case Comment():
                return encode.comment(step, context, self._there).issues
            case Cost() if step.part == costs.TECHNICIAN:
                return _technician(step)[1]
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

    def removal_requests(self, step: Step, context: Context) -> int:  # noqa: ARG002  the protocol's
        """How many requests that takes."""
        return removal_requests(step)

    def instead(self, step: Step, issue: Issue, context: Context) -> Mapping[str, str]:
        """What is there in place of what is expected, because of what the issue tells. Pure."""
        del step, context
        return observe.instead(issue)

    async def fetch(self, observed: Observed, to: Path) -> Body:
        """Stream the bytes of a file that was read back to the path."""
        return await self._client.download(observed.body, to)

    async def check(self) -> list[Check]:
        """What a preflight can see of this account."""
        return await target_checks(self._client, self._there)

    # -- companies and contacts ---------------------------------------------------------------------------------------

    async def _make_company(self, step: Step) -> str:
        body = encode.company(step, self._there)
        id = _first_id(await self._create("ES/Companies", [body], step), step)
        self._companies.setdefault(body["name"], id)
        return id

    async def _make_contact(self, step: Step) -> Made:
        encoded = encode.contact(step)
        reply = await self._create("COMMON/Contacts", [encoded.body], step)
        return Made(f"{CONTACT}{_first_id(reply, step)}", encoded.issues)

    async def _join_company(self, step: Step, context: Context) -> Made:
        """The company's name stands in the description too, so a company that is not there loses little."""
        entity, id = step.entity, context.ids(step.ref) or ""
        assert isinstance(entity, Contact)
        if entity.company not in self._companies:
            detail = f"company {entity.company!r} is not in HubEx; the description names it"
            issue = Issue(ref=step.ref, code="not-in-target", field="company", detail=detail, reach=Reach.NOTE)
            return Made(id, (issue,))
        body = [{"companyID": int(self._companies[entity.company]), "data": [int(id.removeprefix(CONTACT))]}]
        await self._client.write("POST", "ES/Companies/contacts", body, effect=Effect.SET, about=str(step.ref))
        return Made(id)

    # -- projects and tasks -------------------------------------------------------------------------------------------

    async def _make_project(self, step: Step, context: Context) -> Made:
        encoded = self._project(step, context)
        if self._there.projects.as_companies:
            return Made(_first_id(await self._create("ES/Companies", [encoded.body], step), step), encoded.issues)
        encoded.body["locationID"] = await self._location.id()
        try:
            return Made(await self._create_stamped("ES/Assets", encoded.body, step), encoded.issues)
        except Refused as refused:
            raise _explained(refused, _UNPUBLISHABLE) from refused

    def _project(self, step: Step, context: Context) -> Encoded:
        if self._there.projects.as_companies:
            return encode.project_company(step, self._there)
        return encode.asset(step, self._there, context, self._companies)

    async def _make_task(self, step: Step, context: Context) -> Made:
        """A task; one whose markup the vendor's sanitizer refuses goes without it (the vendor contract, section 9, 40)."""
        encoded = encode.task(step, self._there, context)
        try:
            return Made(await self._create_stamped("WORK/Tasks", encoded.body, step), encoded.issues)
        except Refused as refused:
            if "html" not in refused.code.lower() and refused.code != "422":
                raise _explained(refused, _NO_TASKS.format(encoded.body.get("assetID"))) from refused
            detail = f"formatting left out, because HubEx refuses it: {refused}"
            plain = Issue(ref=step.ref, code="text-plain", field="text", detail=detail, reach=Reach.NOTE)
        body = encode.without_markup(encoded.body)
        return Made(await self._create_stamped("WORK/Tasks", body, step), (*encoded.issues, plain))

    # -- what hangs on tasks --------------------------------------------------------------------------------------------

    async def _say(self, step: Step, context: Context) -> Made:
        task = _above(step, context)
        path = f"WORK/Tasks/{task}/conversation"
        encoded = encode.comment(step, context, self._there)
        reply = await self._create(path, encoded.body, step)
        return Made(f"{task}/{_first_id(reply, step)}", encoded.issues)

    async def _make_work(self, step: Step, context: Context) -> str:
        task = _above(step, context)
        body = [costs.work(step, task, self._there)]
        try:
            reply = await self._client.write(
                "POST",
                "WORK/CompletedWorks",
                body,
                effect=Effect.CREATE,
                about=str(step.ref),
                stamp=stamp_after(step.mark, task),  # another on another task, as after a rollback
            )
        except Refused:
            if id := await work_of(self._client, task, step.mark):
                return id
            raise
        return f"{task}/{_first_id(reply, step)}"

    async def _name_technician(self, step: Step, context: Context) -> Made:
        id = context.ids(step.ref) or ""
        task, _, work = id.partition("/")
        users, issues = _technician(step)
        for user in users:
            body = [costs.technician(task, work, user, self._there)]
            try:
                await self._create("WORK/Tasks/completedWorks/technicians", body, step)
            except Refused as refused:
                if refused.code != ALREADY_DONE:
                    raise
        return Made(id, issues)

    # -- creates ------------------------------------------------------------------------------------------------------

    async def _create(self, path: str, body: Any, step: Step) -> Any:
        """One create; a row that carries an error inside a 2xx is a refusal (the vendor contract, section 3)."""
        reply = await self._client.write("POST", path, body, effect=Effect.CREATE, about=str(step.ref))
        for row in reply if isinstance(reply, list) else ():
            if isinstance(row, dict) and row.get("error"):
                raise Refused(f"HubEx, {step.ref}: {row['error']}", str(row["error"]))
        return reply

    async def _create_stamped(self, path: str, body: Record, step: Step) -> str:
        """A task or asset. A refusal may mean that the stamp was seen before: then ours is there (section 7), or was and is deleted."""
        stamp = step.mark
        while True:
            try:
                reply = await self._client.write(
                    "POST", path, body, effect=Effect.CREATE, about=str(step.ref), stamp=stamp
                )
                break
            except Refused:
                if id := await by_erp_id(self._client, step.ref.kind, step.mark):
                    return id
                deleted = await deleted_by_erp_id(self._client, step.ref.kind, step.mark)
                if stamp != step.mark or not deleted:
                    raise
                stamp = stamp_after(step.mark, deleted)
        if not isinstance(reply, dict) or "id" not in reply:
            raise InDoubt(f"HubEx, {step.ref}: a success without an id")
        return str(reply["id"])


# What stands behind a refusal that says only that it is not possible (the vendor contract, section 9, 25 and 26).
_UNPUBLISHABLE = (
    "The asset cannot be published, and HubEx takes tasks on published ones alone: check that the option address is a place "
    "in the districts of the service user; the same command tries again"
)
_NO_TASKS = (
    "HubEx takes tasks only on an asset that is published and takes the work type: publish asset {} in its own pages, or give "
    "it the work type; the same command tries again"
)


def _explained(refused: Refused, why: str) -> Refused:
    return Refused(f"{refused}. {why}" if refused.code == NOT_POSSIBLE else str(refused), refused.code)


def _technician(step: Step) -> tuple[list[int], tuple[Issue, ...]]:
    """Who did the work: at most one user, and what to tell if they are none."""
    cost = step.entity
    assert isinstance(cost, Cost)
    return encode.users(step.ref, "person", (cost.person,) if cost.person else ())


def _above(step: Step, context: Context) -> str:
    above = owner(step.entity)
    if above is None or (above.kind is not Kind.COMMENT and not context.ids(above)):
        raise Refused(f"{step.ref}: what it hangs on is not in HubEx")
    return context.ids(above) or ""


def _first_id(reply: Any, step: Step) -> str:
    """The id of the only row of a batch: bare, or in an object."""
    row = reply[0] if isinstance(reply, list) and reply else None
    id = row.get("id") if isinstance(row, dict) else row
    if id is None:
        raise InDoubt(f"HubEx, {step.ref}: a success without an id")
    return str(id)
