"""In which parts an account is read, and into which smaller parts one is split that is over the vendor's cap. Pure.

A scope is text. Of tasks: "" (all), "project:12", "open 12", "search done 12 2024-01-01 2024-06-30", "task:26".
Of costs: "" (all), "project:12", then a window of days, narrowed: "2024-01-01 2024-01-01 project:12". A scope that is a ref is
skipped by the core where the user leaves that ref out. Source: the vendor contract, section 4, "Over the cap".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from migrator.vendor import Record

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
EMBEDDED = 5  # a task shows its newest comments only, up to so many
_DAY = timedelta(days=1)


def flat(records: Iterable[Record]) -> Iterator[Record]:
    """The tasks and all their subtasks, parents first."""
    for record in records:
        yield record
        yield from flat(record.get("child") or ())


def is_brief(task: Record) -> bool:
    """Whether the record only names the task: get_task shows subtasks so."""
    return "user_from" not in task


def has_comments(task: Record) -> bool:
    """Whether anybody commented on the task."""
    return bool(int(task.get("has_comments") or 0) or task.get("comments"))


def comments_apart(task: Record, *, files: bool) -> bool:
    """Whether the task's comments must be read by themselves: for their files, or because the task may not show all."""
    return has_comments(task) and (files or not 0 < len(task.get("comments") or ()) < EMBEDDED)


def split_tasks(scope: str, projects: Callable[[], Iterable[str]]) -> tuple[str, ...]:
    """The parts of a scope of tasks; () = it cannot be split further. `projects`: the ids of all."""
    if scope == "":
        return tuple(f"project:{project}" for project in projects())
    whole = f"{FIRST_DAY} {LAST_DAY}"
    if scope.startswith("project:"):
        project = scope.removeprefix("project:")
        return (f"open {project}", f"search done {project} {whole}")
    words = scope.split()
    if words[0] == "open":
        return (f"search active {words[1]} {whole}",)
    if words[0] == "search":
        head = " ".join(words[:3])
        start, end = (date.fromisoformat(word) for word in words[3:])
        return tuple(f"{head} {first} {last}" for first, last in halve(start, end, ()))
    return ()


def split_costs(
    scope: str, months: Iterable[date], projects: Callable[[], Iterable[str]], tasks: Callable[[str], Iterable[str]]
) -> tuple[str, ...]:
    """The parts of a scope of costs; () = it cannot be split further.

    `months`: the first days of those with costs; `tasks`: the ids of a project's tasks.
    """
    start, end, place, timer = cost_scope(scope)
    if start < end:
        return tuple(f"{first} {last} {place}".strip() for first, last in halve(start, end, months))
    kind, _, id = place.partition(":")
    if not place:
        return tuple(f"{scope} project:{project}" for project in projects())
    if kind == "project":
        return tuple(f"{start} {end} task:{task}" for task in tasks(id))
    return () if timer else (f"{scope} timer:0", f"{scope} timer:1")


def task_request(scope: str, extra: str) -> tuple[str, dict[str, str]]:
    """The action and parameters that read a scope of tasks, with `extra` of each."""
    kind, _, id = scope.partition(":")
    if not scope:
        return "get_all_tasks", {"extra": f"{extra},archive"}
    if kind == "project":
        return "get_tasks", {"id_project": id, "extra": f"{extra},subscribers"}
    if kind == "task":
        return "get_task", {"id_task": id, "extra": f"{extra},subscribers"}
    words = scope.split()
    if words[0] == "open":
        return "get_tasks", {"id_project": words[1], "extra": f"{extra},subscribers", "filter": "active"}
    # Up to the day after, exclusive: right whether the vendor compares days or moments. Not by its own `status`: that was
    # seen to leave tasks out.
    start, end = (date.fromisoformat(word) for word in words[3:])
    window = f"dateadd>='{_sent(start)}' and dateadd<'{_sent(end + _DAY)}'"
    return "search_tasks", {"id_project": words[2], "filter": window}


def cost_request(scope: str) -> dict[str, str]:
    """The parameters of get_costs that read a scope of costs."""
    if not scope:
        return {}
    start, end, place, timer = cost_scope(scope)
    kind, _, id = place.partition(":")
    asked = {"datestart": _sent(start), "dateend": _sent(end)}
    return asked | ({f"id_{kind}": id} if place else {}) | ({"is_timer": timer} if timer else {})


def found_tasks(scope: str, rows: Iterable[Record]) -> tuple[str, ...]:
    """The scopes of the tasks that a search found, nested or not; a search itself shows too little of them."""
    wanted = scope.split()[1]
    return tuple(dict.fromkeys(f"task:{row['id']}" for row in flat(rows) if row["status"] == wanted))


def cost_scope(scope: str) -> tuple[date, date, str, str]:
    """The first day, the last day, the project or task ("" = any) and 0 or 1 for the timer ("" = either)."""
    if not scope or scope.startswith("project:"):
        return FIRST_DAY, LAST_DAY, scope, ""
    start, end, *rest = scope.split()
    place = rest[0] if rest else ""
    timer = rest[1].removeprefix("timer:") if len(rest) > 1 else ""
    return date.fromisoformat(start), date.fromisoformat(end), place, timer


def halve(start: date, end: date, months: Iterable[date]) -> tuple[tuple[date, date], ...]:
    """Two windows for one, with as many of the months in either as in the other; () for a single day."""
    if start == end:
        return ()
    inside = sorted(month for month in set(months) if month <= end and _month_end(month) >= start)
    if len(inside) > 1:
        cut = inside[len(inside) // 2]
    else:
        first = max(start, inside[0]) if inside else start
        last = min(end, _month_end(inside[0])) if inside else end
        cut = first + (last - first) // 2 + _DAY if first < last else max(last, start + _DAY)
    return (start, cut - _DAY), (cut, end)


def _sent(day: date) -> str:
    """Days are sent otherwise than they are given."""
    return f"{day:%d.%m.%Y}"


def _month_end(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - _DAY
