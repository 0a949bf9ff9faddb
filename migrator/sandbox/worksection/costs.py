"""Costs: rows of time and money on tasks, their sums; the only work that the API can delete."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from migrator.sandbox.worksection import filters
from migrator.sandbox.worksection.ask import Answer, Ask, Record
from migrator.sandbox.worksection.refusal import bad_project, closed_task, one_required, required, too_many
from migrator.sandbox.worksection.state import Account
from migrator.sandbox.worksection.views import ROWS_MAX, TaskViews, project_brief

_CENT = Decimal("0.01")
_CLOCK = re.compile(r"(\d+):([0-5]\d)")


def get_costs(account: Account, ask: Ask) -> Answer:
    """Cost rows and their total. Without id_project or id_task, archived projects are left out."""
    rows = _selected(account, ask, archived=bool(ask.text("id_project") or ask.text("id_task")))
    if len(rows) > ROWS_MAX:
        raise too_many("costs")
    views = TaskViews(account, ask, frozenset())
    data = [
        {
            "id": row["id"],
            "comment": row.get("comment", ""),
            "time": _clock(row["minutes"]),
            "money": _money(row["money"]),
            "date": row["date"],
            "is_timer": bool(row.get("is_timer", False)),
            "user_from": account.ref(row["user_from"]),
            "task": views.full(account.tasks[row["task"]]),
        }
        for row in rows
    ]
    return {"data": data, "total": _sum(rows)}


def get_costs_total(account: Account, ask: Ask) -> Answer:
    """The sums, archived projects included; by project and month, and by task, if extra asks. No `data` here."""
    rows = _selected(account, ask, archived=True, totals=True)
    answer: Answer = {}
    if "projects" in ask.extras() and not ask.text("id_task"):
        by_project: dict[str, list[Record]] = {}
        for row in rows:
            by_project.setdefault(account.tasks[row["task"]]["project"], []).append(row)
        answer["projects"] = {key: _project_sum(account, ask, key, held) for key, held in by_project.items()} or []
    return answer | {"total": _sum(rows)}


def _project_sum(account: Account, ask: Ask, project: str, rows: list[Record]) -> Record:
    months = sorted({row["date"][:7] for row in rows}, reverse=True)
    view: Record = _sum(rows)
    view["monthly"] = {month: _sum(row for row in rows if row["date"].startswith(month)) for month in months}
    if "tasks" in ask.extras() or "tasks_top_level" in ask.extras():
        view["tasks"] = _task_sums(account, ask, rows, by_root="tasks_top_level" in ask.extras())
    return view | project_brief(account.projects[project])


def _task_sums(account: Account, ask: Ask, rows: list[Record], *, by_root: bool) -> Record:
    views = TaskViews(account, ask, frozenset())
    by_task: dict[str, list[Record]] = {}
    for row in rows:
        task = account.tasks[row["task"]]
        chain = [task, *account.ancestors(task)]
        by_task.setdefault(chain[-1]["id"] if by_root else task["id"], []).append(row)
    return {key: views.brief(account.tasks[key]) | _sum(held) for key, held in by_task.items()}


def _selected(account: Account, ask: Ask, *, archived: bool, totals: bool = False) -> list[Record]:
    """The rows that the parameters leave, oldest first."""
    rows = [row for row in account.costs.values() if _visible(account, ask, row)]
    if not archived:
        rows = [row for row in rows if _project(account, row)["status"] != "archive"]
    if identity := ask.text("id_project"):
        project = account.project(ask, identity)
        rows = [row for row in rows if _project(account, row) is project]
    if identity := ask.text("id_task"):
        task = account.task(ask, identity)
        rows = [row for row in rows if row["task"] == task["id"]]
    start, end = ask.day("datestart") or "", ask.day("dateend") or "9999"
    rows = [row for row in rows if start <= row["date"] <= end]
    if ask.text("is_timer"):
        rows = [row for row in rows if bool(row.get("is_timer")) == ask.flag("is_timer")]
    if text := ask.text("filter"):
        test = _cost_filter(account, text, totals=totals)
        rows = [row for row in rows if test(row)]
    return sorted(rows, key=lambda row: (row["date"], int(row["id"])))


def _cost_filter(account: Account, text: str, *, totals: bool) -> filters.Test:
    """In get_costs `id` means the task's id; get_costs_total knows `project` only (section 4)."""
    numbers: dict[str, filters.Reading] = {"project": lambda row: account.tasks[row["task"]]["project"]}
    if totals:
        return filters.parse(text, numbers, {}, {})
    numbers["id"] = lambda row: row["task"]
    return filters.parse(
        text, numbers, {"comment": lambda row: row.get("comment", "")}, {"dateadd": lambda row: row["date"]}
    )


def add_costs(account: Account, ask: Ask) -> Answer:
    """Add a row; the id in the reply is a number. With the admin key the user must be named."""
    task = account.task(ask, ask.needed("id_task"))
    if not ask.text("time") and not ask.text("money"):
        raise one_required("time", "money")
    if ask.user is None:
        ask.needed("email_user_from")
    user = account.author(ask)
    minutes = _minutes(ask.text("time") or "0")
    day = ask.day("date") or ask.moment[:10]
    _check_place(account, ask, task, day)
    row: Record = {"task": task["id"], "user_from": user, "minutes": minutes, "is_timer": False, "date": day}
    row["money"] = _earned(account, user, minutes) if ask.flag("is_rate") else _amount(ask.text("money") or "0")
    return {"id": int(account.add("costs", row | {"comment": ask.text("comment") or ""})["id"])}


def _check_place(account: Account, ask: Ask, task: Record, day: str) -> None:
    """Closed tasks and archived projects take no costs, and the project's options bind the admin key too."""
    project = account.projects[task["project"]]
    if project["status"] == "archive":
        raise bad_project()
    if task["status"] == "done":
        raise closed_task()
    options = project.get("options", {})
    if options.get("timer_only"):
        raise required("time")
    if options.get("time_today") and day != ask.moment[:10]:
        raise required("date")


def update_costs(account: Account, ask: Ask) -> Answer:
    """Change a row given by id_costs; its user stays."""
    row = _row(account, ask)
    time = ask.text("time")
    changes: Record = {"minutes": _minutes(time) if time else row["minutes"]}
    if ask.flag("is_rate"):
        changes["money"] = _earned(account, row["user_from"], changes["minutes"])
    elif money := ask.text("money"):
        changes["money"] = _amount(money)
    if (comment := ask.text("comment")) is not None:
        changes["comment"] = comment
    if day := ask.day("date"):
        changes["date"] = day
    row |= changes
    return {}


def delete_costs(account: Account, ask: Ask) -> Answer:
    """Delete a row given by id_costs."""
    del account.costs[_row(account, ask)["id"]]
    return {}


def _row(account: Account, ask: Ask) -> Record:
    row = account.costs.get(ask.needed("id_costs"))
    if row is None or not _visible(account, ask, row):
        raise required("id_costs")
    return row


def _visible(account: Account, ask: Ask, row: Record) -> bool:
    task = account.tasks.get(row["task"])
    return task is not None and account.sees_task(ask, task)


def _project(account: Account, row: Record) -> Record:
    return account.projects[account.tasks[row["task"]]["project"]]


def _minutes(text: str) -> int:
    """Time as sent, `0.15` = `0,15` = `0:09`, in minutes. Raises Refusal 10."""
    if match := _CLOCK.fullmatch(text.strip()):
        return int(match[1]) * 60 + int(match[2])
    return int((_decimal(text, "time") * 60).quantize(Decimal(1), ROUND_HALF_UP))


def _amount(text: str) -> str:
    return str(_decimal(text, "money").quantize(_CENT, ROUND_HALF_UP))


def _earned(account: Account, user: str, minutes: int) -> str:
    """Money from the hourly rate of the user; whatever money was sent is ignored."""
    rate = Decimal(str((account.users.get(user) or {}).get("rate", 0)))
    return str((rate * minutes / 60).quantize(_CENT, ROUND_HALF_UP))


def _decimal(text: str, field: str) -> Decimal:
    try:
        number = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        raise required(field) from None
    if not number.is_finite() or not 0 <= number < 10**9:
        raise required(field)
    return number


def _sum(rows: Iterable[Record]) -> Record:
    held = list(rows)
    money = sum((Decimal(str(row["money"])) for row in held), Decimal(0))
    return {"time": _clock(sum(row["minutes"] for row in held)), "money": _money(money)}


def _clock(minutes: int) -> str:
    """`H:MM`, unpadded, past 24 hours too."""
    return f"{minutes // 60}:{minutes % 60:02}"


def _money(amount: Decimal | str | float) -> str:
    return str(Decimal(str(amount)).quantize(_CENT))
