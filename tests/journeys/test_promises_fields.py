"""What moving means, promise by promise: checklists, relations, files, dates, states, fields, time and money.

The sample Worksection account moved into Planfix once, and both accounts laid side by side.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal

from migrator.vendor import Record
from tests.journeys.moved import Moved, Shown, base_name, folded, in_utc, split_checklist
from tests.journeys.spent import Spent, entries_of, minutes, money, spent

_DONE, _AGREED, _WORK = "Завершённая", "Выполненная", "В работе"
_AGREEING = "На погодженні"

# -- what hangs on a task -----------------------------------------------------------------------------------------------


def test_checklists_arrive_whole_and_in_order(moved: Moved) -> None:
    lines = 0
    for task in moved.tasks_here:
        wanted = split_checklist(moved.html(task))[1]
        own = moved.task(task["id"])["id"]
        found = sorted((row for row in moved.there.items.values() if row["task"] == own), key=lambda row: row["id"])
        assert [row["name"] for row in found] == wanted, task
        lines += len(wanted)
    assert lines == 100


def test_relations_are_lines_with_links(moved: Moved) -> None:
    words = {"finish-to-start": "после окончания", "start-to-start": "вместе с началом"}
    for relation in moved.here.relations:
        before, row = moved.task(relation["from"]), moved.task(relation["to"])
        shown = Shown(row["description"])
        assert f"{words[relation['type']]} {before['name']}" in shown.text
        assert f"{moved.there_url}/task/{before['id']}" in shown.links
    assert len(moved.here.relations) >= 10


def test_subtasks_keep_their_parent_project_and_depth(moved: Moved) -> None:
    levels: Counter[int] = Counter()
    for task in moved.tasks_here:
        row = moved.task(task["id"])
        assert row["project"] == moved.project(task["project"])["id"]
        wanted = moved.task(task["parent"])["id"] if task.get("parent") else None
        assert row.get("parent") == wanted
        levels[len(list(moved.here.ancestors(task)))] += 1
    assert set(levels) == {0, 1, 2}


def test_every_file_is_on_its_owner_byte_for_byte(moved: Moved) -> None:
    owners: dict[int, tuple[Record, Counter[tuple[str, str]]]] = {}
    for file in moved.here.files.values():
        owner = moved.owner(file)
        _, wanted = owners.setdefault(id(owner), (owner, Counter()))
        wanted[base_name(file["name"]), hashlib.sha256(file["content"]).hexdigest()] += 1
    for owner, wanted in owners.values():
        files = [moved.file(id) for id in moved.files_of(owner)]
        assert Counter((name, hashlib.sha256(content).hexdigest()) for name, content in files) == wanted
    names = [name for _, wanted in owners.values() for name, _ in wanted.elements()]
    assert {"passwd", "порожній.log", "🌾.png", "CON", 'звіт "травень": a|b?.txt'} <= set(names)
    assert names.count("план.pdf") == 2
    carried = [
        one for row in (*moved.projects_there, *moved.tasks_there, *moved.comments_there) for one in moved.files_of(row)
    ]
    assert Counter(carried).most_common(1)[0][1] == 1
    assert len(carried) == len(names) == len(moved.here.files)


# -- fields -------------------------------------------------------------------------------------------------------------


def test_start_and_due_dates_keep_their_day_and_hour(moved: Moved) -> None:
    hours = 0
    for task in moved.tasks_here:
        row = moved.task(task["id"])
        for side, mark, key in (("start", "Start", "startDateTime"), ("end", "End", "endDateTime")):
            day, hour = task.get(f"date_{side}"), task.get(f"time_{side}")
            assert row.get(key) == (in_utc(f"{day} {hour or '00:00'}") if day else None), task
            assert bool(row.get(f"has{mark}Time")) == bool(day and hour), task
            hours += bool(day and hour)
    assert hours == sum(bool(task.get(f"time_{side}")) for task in moved.tasks_here for side in ("start", "end")) > 2
    for project in moved.here.projects.values():
        row = moved.project(project["id"])
        assert (row.get("startDate"), row.get("endDate")) == (project.get("date_start"), project.get("date_end"))


def test_closed_tasks_are_closed_and_no_others(moved: Moved) -> None:
    names = {status["id"]: status["name"] for status in moved.there.processes["1"]["statuses"]}
    met: Counter[str] = Counter()
    for task in moved.tasks_here:
        titles = [moved.here.task_tags[tag]["title"] for tag in task.get("tags", [])]
        wanted = _DONE if task["status"] == "done" else _AGREED if _AGREEING in titles else _WORK
        assert names[moved.task(task["id"])["status"]] == wanted, task
        if task["status"] == "done":
            assert f"Закрыто: {task['date_closed']}" in moved.text_of(task["id"])
        met[wanted] += 1
    assert set(met) == {_DONE, _AGREED, _WORK}


def test_archived_projects_are_completed_with_their_date(moved: Moved) -> None:
    completed, active = 1, 2
    for project in moved.here.projects.values():
        row, archived = moved.project(project["id"]), project["status"] == "archive"
        assert row["status"] == (completed if archived else active)
        if archived:
            assert f"Закрыто: {project['date_closed']}" in Shown(row["description"]).text
    assert {"active", "pending", "archive"} == {project["status"] for project in moved.here.projects.values()}


def test_priorities_turn_at_the_threshold(moved: Moved) -> None:
    for task in moved.tasks_here:
        wanted = "Urgent" if int(task["priority"]) >= 7 else "NotUrgent"
        assert moved.task(task["id"])["priority"] == wanted
    assert {int(task["priority"]) for task in moved.tasks_here} == set(range(11))


def test_tags_are_in_the_field_for_tags(moved: Moved) -> None:
    unknown: set[tuple[str, str]] = set()
    offered = set(moved.there.custom_fields["task"]["102"]["enumValues"])
    for task in moved.tasks_here:
        titles = [moved.here.task_tags[tag]["title"] for tag in task.get("tags", [])]
        assert moved.task(task["id"])["fields"].get("102", []) == titles
        unknown |= {(task["id"], title) for title in titles if title not in offered}
    for project in moved.here.projects.values():
        titles = [moved.here.project_tags[tag]["title"] for tag in project["tags"]]
        assert moved.project(project["id"])["fields"].get("202", []) == titles
    told = {
        (issue.ref.id, title) for issue in moved.told("option-unknown") for _, title in unknown if title in issue.detail
    }
    assert told == unknown != set()


def test_planned_time_and_money_are_in_their_fields(moved: Moved) -> None:
    tasks = [(task, moved.task(task["id"])["fields"], "104", "105") for task in moved.tasks_here]
    projects = [(one, moved.project(one["id"])["fields"], "204", "205") for one in moved.here.projects.values()]
    for record, fields, planned, budgeted in [*tasks, *projects]:
        hours, budget = record.get("max_time"), record.get("max_money")
        assert fields.get(planned) == (Decimal(str(hours)) * 60 if hours else None), record
        assert fields.get(budgeted) == budget, record
    assert sum("max_time" in task for task in moved.tasks_here) > 10


def test_custom_fields_are_in_the_field_that_is_mapped_else_in_a_line(moved: Moved) -> None:
    held = 0
    for task in moved.tasks_here:
        for name, value in _custom(task, moved.here.task_custom_fields):
            assert f"{name}: {value}" in moved.text_of(task["id"])
            held += 1
    for project in moved.here.projects.values():
        row = moved.project(project["id"])
        for name, value in _custom(project, moved.here.project_custom_fields):
            in_line = f"{name}: {value}" in Shown(row["description"]).text
            assert in_line == (name != "Договір №"), row
            assert in_line or row["fields"]["206"] == value
            held += 1
    assert held == 8 + 5


def test_folders_are_groups_and_a_client_is_the_counterparty(moved: Moved) -> None:
    groups = {row["id"]: row["name"] for row in moved.there.project_groups.values()}
    clients = {group["title"] for group in moved.here.project_groups.values() if group.get("client")}
    met: set[str] = set()
    for project in moved.here.projects.values():
        row, folder = moved.project(project["id"]), project["company"]
        if folder in groups.values():
            assert groups[row["group"]] == folder
        else:
            assert "group" not in row
            assert f"Папка: {folder}" in Shown(row["description"]).text
        client = moved.there.contacts[row["counterparty"].removeprefix("contact:")] if "counterparty" in row else None
        assert (client["name"] if client else None) == (folder if folder in clients else None)
        met |= {"group" if "group" in row else "line", "client" if client else ""}
    assert met == {"group", "line", "client", ""}


def test_switches_of_a_project_are_in_its_text(moved: Moved) -> None:
    for project in moved.here.projects.values():
        on = {name.replace("_", " ") for name, value in project.get("options", {}).items() if value}
        text = Shown(moved.project(project["id"])["description"]).text
        found = re.search(r"Настройки: (.*?)(?: Worksection:)", text)
        assert {one.removesuffix(": 1") for one in found[1].split(", ")} == on if found else on == set()


def test_teams_are_companies_and_contacts_are_there_with_what_is_known_of_them(moved: Moved) -> None:
    names = Counter(row["name"] for row in moved.there.contacts.values() if row.get("isCompany"))
    assert {group["title"]: names[group["title"]] for group in moved.here.user_groups.values()} == dict.fromkeys(
        (group["title"] for group in moved.here.user_groups.values()), 1
    )
    for contact in moved.here.contacts.values():
        rows = [row for row in moved.there.contacts.values() if _full_name(row) == contact["name"]]
        (row,) = [one for one in rows if not one.get("isCompany")]
        if "sourceObjectId" in row:
            assert row.get("email", "") == contact.get("email", "")
            assert row.get("position", "") == contact.get("title", "")
            assert [one["number"] for one in row.get("phones", [])] == [
                contact[key] for key in ("phone",) if key in contact
            ]


def test_a_contact_who_is_there_already_is_not_made_again(moved: Moved) -> None:
    there = [row for row in moved.there.contacts.values() if row.get("email") == moved.here.contacts["401"]["email"]]
    assert [row["id"] for row in there] == [3]
    assert "sourceObjectId" not in there[0]


# -- time and money -----------------------------------------------------------------------------------------------------


def test_spent_time_is_kept_to_the_minute_and_money_to_the_cent(moved: Moved) -> None:
    wanted: dict[int, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal()))
    for cost in moved.here.costs.values():
        project = moved.project(moved.here.tasks[cost["task"]]["project"])["id"]
        time, paid = wanted[project]
        wanted[project] = time + cost["minutes"], paid + Decimal(str(cost["money"]))
    found: dict[int, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal()))
    for entry in _entries_there(moved):
        project = moved.there.tasks[str(entry["task"])]["project"]
        time, paid = found[project]
        found[project] = time + minutes(entry), paid + money(entry)
    assert found == wanted
    assert max(cost["minutes"] for cost in moved.here.costs.values()) > 24 * 60
    assert max(minutes(entry) for entry in _entries_there(moved)) == 24 * 60


def test_each_cost_keeps_its_day_person_amount_and_words(moved: Moved) -> None:
    wanted = Counter(_wanted(moved, cost) for cost in moved.here.costs.values())
    ours = [row for row in moved.there.comments.values() if "sourceObjectId" in row and entries_of(moved.there, row)]
    found = Counter(spent(moved.there, comment) for comment in ours)
    assert found - wanted == Counter()
    assert wanted - found == Counter()
    assert {cost.timer for cost in wanted} == {True, False}


# -- how things are looked up -------------------------------------------------------------------------------------------


def _full_name(row: Record) -> str:
    return " ".join(part for part in (row.get("name"), row.get("lastname")) if part)


def _custom(record: Record, fields: dict[str, Record]) -> Iterator[tuple[str, str]]:
    for id, value in record.get("custom_fields", {}).items():
        yield fields[id]["name"], ", ".join(value) if isinstance(value, list) else str(value)


def _entries_there(moved: Moved) -> list[Record]:
    ours = {row["id"] for row in moved.tasks_there}
    return [entry for entry in moved.there.entries.values() if entry["task"] in ours]


def _wanted(moved: Moved, cost: Record) -> Spent:
    return Spent(
        task=moved.task(cost["task"])["id"],
        day=cost["date"],
        minutes=cost["minutes"],
        money=Decimal(str(cost["money"])),
        person=moved.found(cost["user_from"]) or moved.name(cost["user_from"]),
        words=folded(cost["comment"]),
        timer=bool(cost["is_timer"]),
    )
