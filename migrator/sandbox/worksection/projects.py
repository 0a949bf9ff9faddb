"""Projects, their folders and members."""

from __future__ import annotations

from migrator.sandbox.worksection import files, tags
from migrator.sandbox.worksection.ask import Answer, Ask, Record
from migrator.sandbox.worksection.people import by_title
from migrator.sandbox.worksection.refusal import Refusal, bad_project, required
from migrator.sandbox.worksection.state import Account
from migrator.sandbox.worksection.text import TITLE_LIMIT, escaped, written
from migrator.sandbox.worksection.views import OPTIONS, capped, custom_fields_of, project_view, shown

_STATES = {"active": "active", "pending": "pending", "archived": "archive", "archive": "archive"}
_ONE_OF = ("time_require", "time_today", "timer_only")
_CREATION_ONLY = ("email_user_from", "text", "company")


def get_projects(account: Account, ask: Ask) -> Answer:
    """All projects in every state, or those of `filter` (both spellings of archived: section 8, gotcha 25)."""
    wanted = ask.text("filter")
    if wanted and wanted not in _STATES:
        raise required("filter")
    projects = [project for project in account.projects.values() if account.sees_project(ask, project)]
    if wanted:
        projects = [project for project in projects if project["status"] == _STATES[wanted]]
    return {"data": capped([project_view(account, ask, project, ask.extras()) for project in projects], "projects")}


def get_project(account: Account, ask: Ask) -> Answer:
    """One project; only here its custom fields show, and only with `custom_fields` in extra."""
    project = account.project(ask, ask.needed("id_project"))
    view = project_view(account, ask, project, ask.extras())
    if "custom_fields" in ask.extras():
        view |= custom_fields_of(project, account.project_custom_fields)
    return {"data": view}


def get_project_groups(account: Account, ask: Ask) -> Answer:  # noqa: ARG001  every action has this signature
    """The folders: of the users' own making, and one per team."""
    return {"data": [shown(group, "id", "title", "type", "client") for group in account.project_groups.values()]}


def add_project_group(account: Account, ask: Ask) -> Answer:
    """Create a folder if there is none of this title."""
    title = ask.needed("title")
    group = by_title(account.project_groups, title)
    group = group or account.add("project_groups", {"title": title, "type": "folder"})
    return {"data": shown(group, "id", "title", "type", "client")}


def get_custom_fields(table: str) -> tags.Handler:
    """get_*_custom_fields: the fields of the account."""

    def run(account: Account, ask: Ask) -> Answer:  # noqa: ARG001
        fields: dict[str, Record] = getattr(account, table)
        return {
            "data": [
                shown(one, "id", "type", "name", "descr") | {"options": one.get("options", [])}
                for one in fields.values()
            ]
        }

    return run


def open_project(account: Account, ask: Ask) -> Record:
    """The project a write goes to. Raises Refusal 4, also for an archived one."""
    project = account.project(ask, ask.needed("id_project"))
    if project["status"] == "archive":
        raise bad_project()
    return project


def post_project(account: Account, ask: Ask) -> Answer:
    """Create a project, always active. The reply has no text, whatever extra says (section 5)."""
    title = ask.needed("title")[:TITLE_LIMIT]
    author = account.author(ask)
    company = ask.text("company") or account.owner.get("group", "")
    if by_title(account.project_groups, company) is None:
        raise required("company")
    record: Record = {"name": title, "status": "active", "company": company, "user_from": author}
    record |= {"text": escaped(written(ask.text("text") or "", [], [])), "date_added": ask.moment, "users": []}
    record |= {"tag_groups": list(account.settings.get("default_tag_groups", []))}
    changes = _changes(account, ask, record)
    record |= changes
    for user in (author, record.get("user_to", "")):
        if user and user not in record["users"]:
            record["users"].append(user)
    project = account.add("projects", record)
    files.attach(account, ask, {"project": project["id"]}, author)
    account.note(ask, "post", _as_object(project), new={"name": project["name"]})
    return {"data": project_view(account, ask, project, ask.extras() & {"options"})}


def update_project(account: Account, ask: Ask) -> Answer:
    """Change a project: what is sent replaces, members are added, tags are overwritten."""
    project = account.project(ask, ask.needed("id_project"))
    for name in _CREATION_ONLY:
        if ask.text(name) is not None:
            raise required(name)
    changes = _changes(account, ask, project)
    if title := ask.text("title"):
        changes["name"] = title[:TITLE_LIMIT]
    old = shown(project, *changes)
    project |= changes
    account.note(ask, "update", _as_object(project), new=changes, old=old)
    return {"data": project_view(account, ask, project, ask.extras() & {"options"})}


def _changes(account: Account, ask: Ask, project: Record) -> Record:
    """What create and update have in common, checked and ready to store; nothing is stored here."""
    changes: Record = {}
    if manager := ask.text("email_manager"):
        changes["user_to"] = str(account.user_by_email(manager)["id"])
    if (default := ask.text("email_user_to")) is not None:
        changes["default_user_to"] = (
            default if default in ("", "ANY", "NOONE") else account.users_by_email([default])[0]
        )
    if ask.names("members"):
        changes["users"] = list(
            dict.fromkeys([*project.get("users", []), *account.users_by_email(ask.names("members"))])
        )
    for name, key in (("datestart", "date_start"), ("dateend", "date_end")):
        if day := ask.day(name):
            changes[key] = day
    for name in ("max_time", "max_money"):
        if (number := ask.number(name)) is not None:
            changes[name] = number
    if ask.text("tags") is not None:
        changes["tags"] = tags.find(account, tags.PROJECT, ask.names("tags"), None)
    if options := _options(ask, project):
        changes["options"] = options
    return changes


def _options(ask: Ask, project: Record) -> Record:
    """The options after this call; {} if it sends none. Raises Refusal: 10 for a value, 11 for two of the last three."""
    sent = {name: value for name in OPTIONS if (value := ask.text(f"options.{name}")) is not None}
    for name, value in sent.items():
        if value not in ("0", "1"):
            raise required(f"options.{name}")
    after = project.get("options", {}) | {name: int(value) for name, value in sent.items()}
    if sent and sum(after.get(name, 0) for name in _ONE_OF) > 1:
        names = " or ".join(f"options.{name}" for name in _ONE_OF)
        raise Refusal(11, f"Only one parameter ({names}) can be set as 1.")
    return after if sent else {}


def close_project(account: Account, ask: Ask) -> Answer:
    """Archive a project."""
    project = account.project(ask, ask.needed("id_project"))
    if project["status"] == "archive":
        raise Refusal(12, "Project is already closed")
    project |= {"status": "archive", "date_closed": ask.moment}
    return {}


def activate_project(account: Account, ask: Ask) -> Answer:
    """Bring a project back; its date_closed stays, as that of the previous closing (gotcha 26)."""
    project = account.project(ask, ask.needed("id_project"))
    if project["status"] == "active":
        raise Refusal(12, "Project is already active")
    project["status"] = "active"
    return {}


def add_project_members(account: Account, ask: Ask) -> Answer:
    """Add users to a project; repeating is harmless."""
    project, members = _members(account, ask)
    project["users"] = list(dict.fromkeys([*project.get("users", []), *members]))
    return {}


def delete_project_members(account: Account, ask: Ask) -> Answer:
    """Take users out of a project; repeating is harmless."""
    project, members = _members(account, ask)
    project["users"] = [user for user in project.get("users", []) if user not in members]
    return {}


def _members(account: Account, ask: Ask) -> tuple[Record, list[str]]:
    project = account.project(ask, ask.needed("id_project"))
    ask.needed("members")
    return project, account.users_by_email(ask.names("members"))


def _as_object(project: Record) -> Record:
    return {"type": "project", "id": project["id"], "page": f"/project/{project['id']}/"}
