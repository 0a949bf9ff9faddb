"""Users, contacts, their groups and the work schedule."""

from __future__ import annotations

import re
from typing import Any

import orjson

from migrator.sandbox.worksection.ask import Answer, Ask, Record, iso_day
from migrator.sandbox.worksection.refusal import bad_email, required
from migrator.sandbox.worksection.state import Account
from migrator.sandbox.worksection.views import capped, shown

_EMAIL = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PHONES = ("phone", "phone2", "phone3", "phone4", "address", "address2")
_ROLES = ("user", "guest", "reader")
_SCHEDULED = ("vacation", "sick-leave", "workday")


def _person(record: Record) -> Record:
    services = record.get("services", {})
    return {
        "id": record["id"],
        "first_name": record.get("first_name", ""),
        "last_name": record.get("last_name", ""),
        "name": record["name"],
        "title": record.get("title", ""),
        "url": record.get("url", ""),
        "services": {"chats": services.get("chats", {}), "socials": services.get("socials", {})},
    } | shown(record, "contacts")


def _user(ask: Ask, record: Record) -> Record:
    view = _person(record)
    if ask.user is None:
        view |= shown(record, "date_added")
    view |= shown(record, "rate")
    view["avatar"] = record.get("avatar", "")
    view["group"] = record.get("group", "")
    view["department"] = record.get("department", "")
    return view | shown(record, "role", "email", *_PHONES)


def _contact(ask: Ask, record: Record) -> Record:
    added = shown(record, "date_added") if ask.user is None else {}
    return _person(record) | added | shown(record, "group", "email", *_PHONES)


def get_users(account: Account, ask: Ask) -> Answer:
    """All users; deleted ones are not among them."""
    return {"data": capped([_user(ask, user) for user in account.users.values()], "users")}


def get_contacts(account: Account, ask: Ask) -> Answer:
    """All contacts; the address may be absent."""
    return {"data": capped([_contact(ask, contact) for contact in account.contacts.values()], "contacts")}


def get_user_groups(account: Account, ask: Ask) -> Answer:  # noqa: ARG001  every action has this signature
    """The teams."""
    return {"data": [_team(group) for group in account.user_groups.values()]}


def get_contact_groups(account: Account, ask: Ask) -> Answer:  # noqa: ARG001
    """The folders of contacts; the ids of presets are numbers (section 4)."""
    return {"data": [_contact_group(group) for group in account.contact_groups.values()]}


def _team(group: Record) -> Record:
    return {"id": group["id"], "title": group["title"], "type": "company", "client": group.get("client", 0)}


def _contact_group(group: Record) -> Record:
    identity: Any = int(group["id"]) if group["type"] == "preset" else group["id"]
    return {"id": identity, "title": group["title"], "type": group["type"]}


def by_title(shelf: dict[str, Record], title: str) -> Record | None:
    """The record with exactly this title."""
    return next((record for record in shelf.values() if record["title"] == title), None)


def add_user(account: Account, ask: Ask) -> Answer:
    """Invite a user: a real mail goes out. An address that is in use is refused."""
    email = _new_email(account, ask)
    role, group = ask.text("role") or "user", ask.text("group") or account.owner.get("group", "")
    if role not in _ROLES:
        raise required("role")
    if by_title(account.user_groups, group) is None:
        raise required("group")
    first, last = ask.text("first_name") or "", ask.text("last_name") or ""
    user = {
        "first_name": first,
        "last_name": last,
        "name": f"{first} {last}".strip() or email,
        "title": ask.text("title") or "",
        "group": group,
        "department": ask.text("department") or "",
        "role": role,
        "email": email,
        "date_added": ask.moment,
    }
    _add_person(account, "users", user)
    account.invitations.append(email)
    view = shown(user, "id", "first_name", "last_name", "name", "title", "rate")
    return {"data": view | {"avatar": ""} | shown(user, "group", "department", "role", "email")}


def add_contact(account: Account, ask: Ask) -> Answer:
    """Create a contact; nobody is invited."""
    email = _new_email(account, ask)
    name, group = ask.needed("name"), ask.text("group")
    if group and by_title(account.contact_groups, group) is None:
        raise required("group")
    first, _, last = name.partition(" ")
    contact: Record = {"first_name": first, "last_name": last, "name": name, "title": ask.text("title") or ""}
    contact |= {"email": email, "group": group or "DEFAULT", "date_added": ask.moment}
    contact |= {key: value for key in _PHONES if (value := ask.text(key))}
    return {"data": _contact(ask, _add_person(account, "contacts", contact))}


def _add_person(account: Account, table: str, record: Record) -> Record:
    """Users and contacts share their ids, so that a reference means one person."""
    others = {**account.users, **account.contacts, **account.former_users}
    record["id"] = str(max(map(int, others), default=10) + 1)
    shelf: dict[str, Record] = getattr(account, table)
    shelf[record["id"]] = record
    return record


def _new_email(account: Account, ask: Ask) -> str:
    email = ask.needed("email")
    taken = {person.get("email", "").lower() for person in (*account.users.values(), *account.contacts.values())}
    if not _EMAIL.fullmatch(email) or email.lower() in taken:
        raise bad_email(email)
    return email


def add_user_group(account: Account, ask: Ask) -> Answer:
    """Create a team if there is none of this title; a team brings a folder of projects with it."""
    title = ask.needed("title")
    group = by_title(account.user_groups, title)
    if group is None:
        group = account.add("user_groups", {"title": title, "client": int(ask.flag("client"))})
        account.add("project_groups", {"title": title, "type": "company", "client": group["client"]})
    return {"data": _team(group)}


def add_contact_group(account: Account, ask: Ask) -> Answer:
    """Create a folder of contacts if there is none of this title."""
    title = ask.needed("title")
    group = by_title(account.contact_groups, title)
    return {"data": _contact_group(group or account.add("contact_groups", {"title": title, "type": "folder"}))}


def get_users_schedule(account: Account, ask: Ask) -> Answer:
    """Days off and days on, as an object keyed by user id; only users that have any in the window."""
    wanted = ask.names("users")
    start, end = ask.day("datestart") or "", ask.day("dateend") or "9999"
    data: Record = {}
    for identity, days in account.schedule.items():
        user = account.users.get(identity)
        within = {day: kind for day, kind in sorted(days.items()) if start <= day <= end}
        if user and within and (not wanted or identity in wanted or user["email"] in wanted):
            data[identity] = shown(user, "id", "email", "name", "group") | {
                "department": user.get("department", ""),
                "schedule": within,
            }
    return {"data": data}


def update_users_schedule(account: Account, ask: Ask) -> Answer:
    """Set or unset days; `data` is JSON {address or id: {day: kind}}, days in either format."""
    changes = [
        (_scheduled_user(account, who), _either_day(day), kind)
        for who, days in _schedule_sent(ask).items()
        for day, kind in days.items()
    ]
    if any(kind not in (*_SCHEDULED, "unset") for _, _, kind in changes):
        raise required("data")
    added = updated = 0
    for identity, day, kind in changes:
        days = account.schedule.setdefault(identity, {})
        added, updated = added + (day not in days and kind != "unset"), updated + (day in days)
        if kind == "unset":
            days.pop(day, None)
        else:
            days[day] = kind
    return {"data": [], "message": f"Days added: {added}, days updated: {updated}"}


def _schedule_sent(ask: Ask) -> dict[str, dict[str, str]]:
    sent = ask.params.get("data")
    if isinstance(sent, str):
        try:
            sent = orjson.loads(sent)
        except ValueError:
            raise required("data") from None
    if not isinstance(sent, dict) or not all(isinstance(days, dict) for days in sent.values()):
        raise required("data")
    return sent


def _scheduled_user(account: Account, who: str) -> str:
    return who if who in account.users else str(account.user_by_email(who)["id"])


def _either_day(day: str) -> str:
    return day if _ISO_DAY.fullmatch(day) else iso_day(day, "data")


def me(account: Account, ask: Ask) -> Answer:  # noqa: ARG001
    """The user of the token; there is none behind the admin key, which cannot call this."""
    user: Record = ask.user or {}
    view = shown(user, "id", "first_name", "last_name", "name", "title", "rate")
    view |= {"avatar": user.get("avatar", ""), "group": user.get("group", ""), "department": user.get("department", "")}
    return {"data": [view | shown(user, "role", "email", *_PHONES)]}
