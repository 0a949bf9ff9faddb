"""The event log, running timers and webhooks."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from migrator.sandbox.worksection.ask import Answer, Ask, Record
from migrator.sandbox.worksection.refusal import Refusal, required
from migrator.sandbox.worksection.state import Account
from migrator.sandbox.worksection.views import TaskViews, capped, listed, shown

_PERIOD = re.compile(r"(\d+)([mhd])")
_LONGEST = {"m": 360, "h": 72, "d": 30}
_UNIT = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def get_events(account: Account, ask: Ask) -> Answer:
    """What happened in the period (1m-360m, 1h-72h, 1d-30d), newest first. Raises Refusal 10 for other periods."""
    match = _PERIOD.fullmatch(ask.needed("period"))
    if not match or not 1 <= int(match[1]) <= _LONGEST[match[2]]:
        raise required("period")
    since = (ask.now - int(match[1]) * _UNIT[match[2]]).strftime("%Y-%m-%d %H:%M")
    prefix = "/project/"
    if identity := ask.text("id_project"):
        prefix = f"/project/{account.project(ask, identity)['id']}/"
    rows = [
        event
        for event in reversed(account.events)
        if since <= event["date_added"] <= ask.moment
        and event["object"]["page"].startswith(prefix)
        and _sees(account, ask, event)
    ]
    return listed([event | {"user_from": account.ref(event["user_from"])} for event in capped(rows, "events")])


def _sees(account: Account, ask: Ask, event: Record) -> bool:
    project = account.projects.get(event["object"]["page"].split("/")[2])
    return project is not None and account.sees_project(ask, project)


def get_timers(account: Account, ask: Ask) -> Answer:
    """All running timers (admin key only)."""
    views = TaskViews(account, ask, frozenset())
    return {
        "data": [
            {
                "id": timer["id"],
                **_running(ask, timer),
                "user_from": account.ref(timer["user_from"]),
                "task": views.full(account.tasks[timer["task"]]),
            }
            for timer in account.timers.values()
        ]
    }


def stop_timer(account: Account, ask: Ask) -> Answer:
    """Stop a timer and keep its time as a cost row (admin key only)."""
    timer = account.timers.get(ask.needed("timer"))
    if timer is None:
        raise Refusal(7, "Timer not found")
    _stop(account, ask, timer, "")
    return {}


def get_my_timer(account: Account, ask: Ask) -> Answer:
    """The running timer of the token's user, as a list of at most one."""
    timer = _mine(account, ask)
    views = TaskViews(account, ask, frozenset())
    return {"data": [_running(ask, timer) | {"task": views.full(account.tasks[timer["task"]])}] if timer else []}


def start_my_timer(account: Account, ask: Ask) -> Answer:
    """Start a timer of the token's user."""
    task = account.task(ask, ask.needed("id_task"))
    if _mine(account, ask):
        raise Refusal(6, "Timer is already started")
    account.add("timers", {"task": task["id"], "user_from": (ask.user or {})["id"], "started": ask.now.isoformat()})
    return {}


def stop_my_timer(account: Account, ask: Ask) -> Answer:
    """Stop the timer of the token's user and keep its time as a cost row."""
    timer = _mine(account, ask)
    if timer is None:
        raise Refusal(7, "Timer is not started")
    _stop(account, ask, timer, ask.text("comment") or "")
    return {}


def _mine(account: Account, ask: Ask) -> Record | None:
    user = (ask.user or {}).get("id")
    return next((timer for timer in account.timers.values() if timer["user_from"] == user), None)


def _seconds(ask: Ask, timer: Record) -> int:
    return max(0, int((ask.now - datetime.fromisoformat(timer["started"])).total_seconds()))


def _running(ask: Ask, timer: Record) -> Record:
    seconds = _seconds(ask, timer)
    started = datetime.fromisoformat(timer["started"]).strftime("%Y-%m-%d %H:%M")
    return {"time": f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}", "date_started": started}


def _stop(account: Account, ask: Ask, timer: Record, comment: str) -> None:
    row = {
        "task": timer["task"],
        "user_from": timer["user_from"],
        "minutes": _seconds(ask, timer) // 60,
        "money": "0.00",
    }
    account.add("costs", row | {"date": ask.moment[:10], "is_timer": True, "comment": comment})
    del account.timers[timer["id"]]


def get_webhooks(account: Account, ask: Ask) -> Answer:  # noqa: ARG001  every action has this signature
    """The webhooks; events and projects are comma strings."""
    return {"data": [shown(hook, "id", "url", "events", "status", "projects") for hook in account.webhooks.values()]}


def add_webhook(account: Account, ask: Ask) -> Answer:  # noqa: ARG001
    """Always refused: the vendor calls the URL first, and a sandbox calls nobody."""
    ask.needed("url")
    ask.needed("events")
    raise Refusal(11, "webhook URL check failed", ask.needed("url"))


def delete_webhook(account: Account, ask: Ask) -> Answer:
    """Delete a webhook."""
    if account.webhooks.pop(ask.needed("id"), None) is None:
        raise Refusal(10, "WebHook not found")
    return {}
