"""What moving means, promise by promise: who, when and what was written, and that nothing goes missing unsaid.

The sample Worksection account moved into Planfix once, and both accounts laid side by side.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from migrator.vendor import Record
from migrator.vendors.worksection.keys import KEYS
from tests.journeys.moved import Moved, Shown, base_name, folded, in_utc, split_checklist

_ROBOT = "user:1"
_MARKED = ("b", "i", "ul", "li", "table", "tr", "td", "img")

# -- all of it, once ----------------------------------------------------------------------------------------------------


def test_every_project_and_task_is_there_once_with_the_address_it_came_from(moved: Moved) -> None:
    projects = [f"/project/{id}/" for id in moved.here.projects]
    tasks = [moved.here.task_page(task) for task in moved.tasks_here]
    assert sorted(moved.pages) == sorted([*projects, *tasks])
    assert {page: len(rows) for page, rows in moved.pages.items() if len(rows) > 1} == {}
    ours = [row for row in (*moved.there.projects.values(), *moved.there.tasks.values()) if "sourceObjectId" in row]
    assert len(ours) == len(projects) + len(tasks)


def test_titles_are_kept_and_a_long_one_stands_whole_in_the_text(moved: Moved) -> None:
    for project in moved.here.projects.values():
        assert moved.project(project["id"])["name"] == folded(project["name"])
    for task in moved.tasks_here:
        title, row = folded(task["name"]), moved.task(task["id"])
        if len(title) <= 255:
            assert row["name"] == title
        else:
            assert len(row["name"]) <= 255
            assert row["name"].endswith("…")
            assert title.startswith(row["name"][:-1])
            assert title in Shown(row["description"]).text
    assert len(moved.told("title-shortened")) == 1


def test_nobody_is_told_and_nothing_is_written_to_the_source(moved: Moved) -> None:
    assert moved.notifications == 0
    assert moved.source_writes == 0


# -- who and when -------------------------------------------------------------------------------------------------------


def test_tasks_keep_their_author_and_creation_date(moved: Moved) -> None:
    unknown = 0
    for task in moved.tasks_here:
        row = moved.task(task["id"])
        assert row["dateTime"] == in_utc(task["date_added"]), task
        if author := moved.found(task["user_from"]):
            assert row["assigner"] == author, task
        else:
            unknown += 1
            assert row["assigner"] == _ROBOT
            header = f"{moved.name(task['user_from'])}, {task['date_added']}:"
            assert Shown(row["description"]).text.startswith(header), row
    assert 0 < unknown < len(moved.tasks_here)


def test_projects_tell_their_author_and_creation_date_in_the_first_line(moved: Moved) -> None:
    for project in moved.here.projects.values():
        header = f"{moved.name(project['user_from'])}, {project['date_added']}:"
        assert Shown(moved.project(project["id"])["description"]).text.startswith(header)


def test_comments_keep_author_date_and_text_or_name_them_in_the_first_line(moved: Moved) -> None:
    wanted = Counter(moved.comment_key(comment) for comment in moved.comments_here)
    found = Counter(moved.key_of(row) for row in moved.comments_there)
    assert found - wanted == Counter()
    assert wanted - found == Counter()
    assert 0 < sum(count for key, count in wanted.items() if key[2] == _ROBOT) < wanted.total()


def test_comments_stand_in_the_order_they_were_made(moved: Moved) -> None:
    by_task: dict[int, list[str]] = defaultdict(list)
    for row in sorted(moved.comments_there, key=lambda row: row["id"]):
        by_task[row["task"]].append(row["dateTime"])
    assert max(map(len, by_task.values())) >= 12
    for moments in by_task.values():
        assert moments == sorted(moments)


def test_people_are_found_by_e_mail_in_any_letters_and_the_rest_are_named(moved: Moved) -> None:
    met: set[str] = set()
    for task in moved.tasks_here:
        row, person = moved.task(task["id"]), task["user_to"]
        wanted = moved.found(person)
        assert row.get("assignees", []) == ([wanted] if wanted else []), task
        if not wanted and person not in ("NOONE", "ANY"):
            assert f"Исполнители: {moved.name(person)}" in Shown(row["description"]).text
            met.add("named")
        met.add(wanted.partition(":")[0])
    for project in moved.here.projects.values():
        row = moved.project(project["id"])
        text = Shown(row["description"]).text
        assert row.get("participants", []) == [id for one in project["users"] if (id := moved.found(one))]
        assert all(moved.name(one) in text for one in project["users"] if not moved.found(one))
        manager = project["user_to"]
        assert row["owner"] == (moved.found(manager) or _ROBOT)
        if manager and not moved.found(manager):
            assert f"Руководитель: {moved.name(manager)}" in text
        met |= {one.partition(":")[0] for one in row["participants"]}
    assert met == {"user", "contact", "named", ""}
    assert moved.found("305") == "user:6"
    assert moved.there.users["6"]["email"] != moved.here.users["305"]["email"]


def test_a_task_open_to_anyone_says_so(moved: Moved) -> None:
    anyone = {task["id"] for task in moved.tasks_here if task["user_to"] == "ANY"}
    told = {task["id"] for task in moved.tasks_here if "Исполнитель: любой" in moved.text_of(task["id"])}
    assert told == anyone != set()


def test_who_follows_a_task_takes_part_in_it(moved: Moved) -> None:
    named = 0
    for task in moved.tasks_here:
        wanted = {id for one in task["subscribers"] if (id := moved.found(one))}
        assert set(moved.task(task["id"]).get("participants", [])) == wanted, task
        unknown = [moved.name(one) for one in task["subscribers"] if not moved.found(one)]
        assert not unknown or f"Наблюдатели: {', '.join(unknown)}" in moved.text_of(task["id"])
        named += len(unknown)
    assert named > 0


# -- texts --------------------------------------------------------------------------------------------------------------


def test_no_word_of_a_text_is_lost(moved: Moved) -> None:
    for task in moved.tasks_here:
        body = Shown(split_checklist(moved.html(task))[0]).text
        header = "" if moved.found(task["user_from"]) else f"{moved.name(task['user_from'])}, {task['date_added']}: "
        assert moved.text_of(task["id"]).startswith(header + body), task["id"]
    for project in moved.here.projects.values():
        body = Shown(moved.html(project)).text
        header = f"{moved.name(project['user_from'])}, {project['date_added']}: "
        text = Shown(moved.project(project["id"])["description"]).text
        assert text.startswith((header + body).strip()), project["id"]


def test_formatting_is_kept(moved: Moved) -> None:
    seen: Counter[str] = Counter()
    pairs = [(moved.html(task), moved.task(task["id"])) for task in moved.tasks_here]
    pairs += [(moved.html(one), moved.project(one["id"])) for one in moved.here.projects.values()]
    for html, row in pairs:
        wanted = Counter(tag for tag in Shown(html).tags if tag in _MARKED)
        found = Counter(tag for tag in Shown(row["description"]).tags if tag in _MARKED)
        header = Counter(b=1) if row["description"].startswith("<p><b>") and "<p><b>" not in html else Counter()
        assert found - header == wanted, row
        seen += wanted
    assert set(seen) == set(_MARKED)


def test_a_text_of_sixty_thousand_characters_arrives_whole(moved: Moved) -> None:
    (task,) = [task for task in moved.tasks_here if len(task["text"]) > 59_000]
    text = moved.text_of(task["id"])
    assert len(text) > 55_000
    assert text.startswith(Shown(moved.html(task)).text)


def test_mentions_are_names(moved: Moved) -> None:
    mentioned = [one for one in (*moved.tasks_here, *moved.comments_here) if "@Ірина Савчук" in one["text"]]
    found = [row for row in (*moved.comments_there, *moved.tasks_there) if "@Ірина Савчук" in row["description"]]
    assert len(found) == len(mentioned) > 1


def test_inline_images_show_the_uploaded_file(moved: Moved) -> None:
    shown = 0
    texts = [(moved.html(one), moved.task(one["id"])) for one in moved.tasks_here]
    texts += [(moved.html(one), moved.project(one["id"])) for one in moved.here.projects.values()]
    for html, row in texts:
        found = Shown(row["description"]).images
        for before, after in zip(Shown(html).images, found, strict=True):
            id = after.removeprefix(f"{moved.there_url}/?action=getfile&uniqueid=")
            source = moved.here.files[before.split("/download/")[1].strip("/")]
            assert moved.file(id) == (base_name(source["name"]), source["content"])
            shown += 1
    assert shown >= 3


def test_links_between_moved_things_lead_to_their_copies_and_others_stay(moved: Moved) -> None:
    inside = outside = 0
    for text, row in _texts(moved):
        found = Shown(row["description"]).links
        for link in Shown(text).links:
            address = moved.address(link)
            assert address in found, (link, found)
            inside += address != link
            outside += address == link
    assert inside >= 4
    assert outside >= 20


def test_links_in_comments_lead_to_the_copies(moved: Moved) -> None:
    linking = [one for one in moved.comments_here if "https://" in one["text"]]
    assert len(linking) == 1
    (row,) = [row for row in moved.comments_there if moved.key_of(row) == moved.comment_key(linking[0])]
    wanted = [moved.address(link) for link in re.findall(r"https?://\S+", moved.html(linking[0]))]
    assert len(wanted) == 2
    assert all(address.startswith(moved.there_url) for address in wanted)
    assert Shown(row["description"]).links == wanted


def test_no_link_to_the_old_account_is_left_but_the_address_each_came_from(moved: Moved) -> None:
    for row in (*moved.tasks_there, *moved.projects_there):
        left = [link for link in Shown(row["description"]).links if link.startswith(moved.here_url)]
        assert len(left) == 1, row
        assert Shown(row["description"]).text.endswith(f"Worksection: {left[0]}")
    links = [link for row in moved.comments_there for link in Shown(row["description"]).links]
    assert [link for link in links if link.startswith(moved.here_url)] == []


# -- nothing unaccounted ------------------------------------------------------------------------------------------------


def test_every_key_of_every_record_is_accounted_for(moved: Moved) -> None:
    told = {(issue.ref.id, issue.field): issue.code for issue in moved.issues}
    seen: set[str] = set()
    for table, record in _records(moved):
        for key, value in record.items():
            id, place = str(record.get("id")), KEYS[table].get(key)
            if place is None:
                assert told.get((id, key)) == "unknown-field", (table, key, value)
            elif place.startswith("- ") and not place.startswith("- redundant") and value:
                assert told.get((id, key)) == "unsupported", (table, key, value)
        seen.add(table)
    assert seen == set(KEYS)


# -- how things are looked up -------------------------------------------------------------------------------------------


def _texts(moved: Moved) -> Iterator[tuple[str, Record]]:
    """The texts of the source that are HTML, each with its copy."""
    yield from ((moved.html(task), moved.task(task["id"])) for task in moved.tasks_here)
    yield from ((moved.html(one), moved.project(one["id"])) for one in moved.here.projects.values())


def _records(moved: Moved) -> Iterator[tuple[str, Record]]:
    """Every record that was read, and those inside others, each with the table that accounts for it."""
    for read, records in moved.records.items():
        for record in records:
            match read:
                case "tasks":
                    yield from _task_records(record)
                case "comments":
                    yield "comments", record
                    yield from (("files", file) for file in record.get("files", ()))
                case "project_files":
                    yield "files", record
                case "costs_left":
                    yield "costs", record
                case _ if read in KEYS:
                    yield read, record
                case _:  # read for ids, values and sums alone; the record itself is another read's
                    pass


def _task_records(record: Record) -> Iterator[tuple[str, Record]]:
    yield "tasks", record
    yield from (("files", file) for file in record.get("files", ()))
    for comment in record.get("comments", ()):
        yield "comments", comment
        yield from (("files", file) for file in comment.get("files", ()))
    for child in record.get("child", ()):
        yield from _task_records(child)
