"""What the Worksection sandbox shows and what it leaves out. Numbers are the gotchas of the vendor contract, section 8."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from migrator.sandbox.worksection.text import plain
from tests.vendors.test_worksection_sandbox import BASE, Desk, big, desk, read

__all__ = ["big", "desk"]

Record = dict[str, Any]


def add_task(desk: Desk, identity: str, **fields: Any) -> Record:
    """A task put straight into the account."""
    task = {"id": identity, "project": "1", "name": f"Задача {identity}", "status": "active", "priority": "1"}
    task |= {"user_from": "10", "user_to": "NOONE", "date_added": "2026-02-01 10:00", "text": "", **fields}
    desk.sandbox.tasks[identity] = task
    return task


def add_comments(desk: Desk, task: str, count: int) -> None:
    """Comments 1..count, a minute apart."""
    for number in range(1, count + 1):
        desk.ask("post_comment", id_task=task, text=f"Коментар {number}")


def flat(tasks: list[Record]) -> list[Record]:
    """Tasks and all that is under them."""
    return [row for task in tasks for row in (task, *flat(task.get("child", [])))]


def by_name(tasks: list[Record], name: str) -> Record:
    return next(task for task in flat(tasks) if task["name"] == name)


class TestProjects:
    def test_unfiltered_returns_every_state_and_both_spellings_of_archived_work(self, big: Desk) -> None:  # 25
        states = [project["status"] for project in big.ask("get_projects")["data"]]
        assert (states.count("active"), states.count("pending"), states.count("archive")) == (6, 1, 1)
        for spelling in ("archive", "archived"):
            assert [project["id"] for project in big.ask("get_projects", filter=spelling)["data"]] == ["107"]

    def test_date_closed_of_an_active_project_is_its_previous_closing(self, big: Desk) -> None:  # 26
        site = big.ask("get_project", id_project=108)["data"]
        assert (site["status"], site["date_closed"]) == ("active", "2025-03-01 10:00")

    def test_extras_add_text_options_and_users_and_nothing_else_does(self, big: Desk) -> None:
        bare = big.ask("get_project", id_project="101")["data"]
        assert list(bare) == ["id", "name", "page", "status", "company", "user_from", "user_to", "date_added", "date_start", "date_end",
                              "max_time", "max_money", "tags"]  # fmt: skip
        full = big.ask("get_project", id_project="101", extra="html, options, users,custom_fields")["data"]
        assert set(full) - set(bare) == {"text", "options", "users", "custom_fields"}
        assert len(full["options"]) == 14
        assert set(full["options"].values()) == {0, 1}
        assert full["custom_fields"][0] == {"id": "91", "type": "text", "name": "Договір №", "value": "12-25"}
        assert "custom_fields" not in big.ask("get_projects", extra="custom_fields")["data"][0]

    def test_a_project_without_a_manager_has_the_pseudo_user_0(self, big: Desk) -> None:
        inner = big.ask("get_project", id_project="105")["data"]
        assert inner["user_to"] == {"id": "0", "email": "NOONE", "name": "Manager isn't assigned"}
        assert "tags" not in inner

    def test_the_default_assignee_and_the_tag_sets_are_not_readable(self, big: Desk) -> None:
        keys = set(big.ask("get_project", id_project="104", extra="html,options,users,custom_fields")["data"])
        assert not keys & {"default_user_to", "tag_groups"}

    def test_groups_tell_companies_from_folders(self, big: Desk) -> None:
        groups = {group["title"]: group for group in big.ask("get_project_groups")["data"]}
        assert groups["ТОВ «Липова роща»"]["client"] == 1
        assert groups["Архів 2023"] == {"id": "65", "title": "Архів 2023", "type": "folder"}


class TestTasks:
    def test_subtasks_appear_only_on_request(self, big: Desk) -> None:  # 11
        without = big.ask("get_all_tasks", extra="archive")["data"]
        assert not any("child" in task for task in without)
        everything = flat(big.ask("get_all_tasks", extra="archive,subtasks")["data"])
        assert len(everything) == len(big.sandbox.tasks) - 1  # one has delayed publication
        assert len(without) < 60

    def test_tasks_of_archived_projects_need_archive(self, big: Desk) -> None:  # 12
        assert "107" not in {task["project"]["id"] for task in big.ask("get_all_tasks")["data"]}
        assert "107" in {task["project"]["id"] for task in big.ask("get_all_tasks", extra="archive")["data"]}
        assert "107" in {project["id"] for project in big.ask("get_projects")["data"]}
        assert big.ask("get_tasks", id_project="107")["data"]

    def test_a_task_with_delayed_publication_is_nowhere(self, big: Desk) -> None:
        hidden = next(task for task in big.sandbox.tasks.values() if task.get("published") is False)
        assert big.refused("get_task", id_task=hidden["id"])[0] == 5
        shown = flat(big.ask("get_tasks", id_project=hidden["project"], extra="subtasks")["data"])
        assert hidden["id"] not in {task["id"] for task in shown}

    def test_children_are_full_in_lists_and_brief_in_get_task(self, big: Desk) -> None:  # 9
        listed = by_name(
            big.ask("get_tasks", id_project="101", extra="subtasks")["data"], "Вузол біля ліфтового порталу"
        )
        assert {"user_from", "user_to", "date_added"} <= set(listed)
        root = by_name(big.ask("get_tasks", id_project="101")["data"], "Робоча документація, альбом 1")
        alone = big.ask("get_task", id_task=root["id"], extra="subtasks,text,tags")["data"]
        assert {"user_from", "date_added", "text"} <= set(alone)
        for child in flat(alone["child"]):
            assert set(child) - {"child"} == {"id", "name", "page", "status", "priority"}

    def test_a_level_3_page_omits_level_2(self, big: Desk) -> None:  # 10
        tasks = big.ask("get_tasks", id_project="101", extra="subtasks")["data"]
        root, leaf = by_name(tasks, "Робоча документація, альбом 1"), by_name(tasks, "Вузол біля ліфтового порталу")
        assert leaf["page"] == f"/project/101/{root['id']}/{leaf['id']}/"
        assert root["page"] == f"/project/101/{root['id']}/"

    def test_get_task_names_its_parents_nested_upward(self, big: Desk) -> None:
        tasks = big.ask("get_tasks", id_project="101", extra="subtasks")["data"]
        leaf = big.ask("get_task", id_task=by_name(tasks, "Вузол біля ліфтового порталу")["id"])["data"]
        assert leaf["parent"]["name"] == "Вузли примикань каменю"
        assert leaf["parent"]["parent"]["name"] == "Робоча документація, альбом 1"
        assert "parent" not in leaf["parent"]["parent"]
        assert not any("parent" in task for task in flat(tasks))

    def test_what_is_empty_is_absent(self, desk: Desk) -> None:  # 13
        task = desk.ask("get_task", id_task="26", extra="html,files,comments,relations,subtasks,subscribers")["data"]
        assert set(task) == {
            "id",
            "name",
            "page",
            "status",
            "priority",
            "user_from",
            "user_to",
            "project",
            "text",
            "date_added",
            "has_comments",
        }
        assert (task["text"], task["has_comments"]) == ("", 0)

    def test_ids_are_strings_in_data_and_numbers_in_tag_lists(self, big: Desk) -> None:  # 14
        assert big.ask("get_task", id_task=2001)["data"]["id"] == "2001"
        tag = next(tag for tag in big.ask("get_task_tags")["data"] if tag["title"] == "В роботі")
        assert (tag["id"], tag["group"]["id"], tag["group"]["id_group"]) == (26, 11, 11)
        assert big.ask("get_contact_groups")["data"][0]["id"] == 1
        assert big.ask("get_contact_groups")["data"][-1]["id"] == "42"

    def test_pseudo_users_stand_for_nobody_and_anyone(self, big: Desk) -> None:
        tasks = big.ask("get_all_tasks", extra="subtasks")["data"]
        assert by_name(tasks, "Секція 4")["user_to"] == {
            "id": "1",
            "email": "NOONE",
            "name": "Executive isn't assigned",
        }
        assert by_name(tasks, "12 стільців, 4 барних")["user_to"] == {"id": "2", "email": "ANY", "name": "Anyone"}

    def test_people_who_left_are_named_but_not_listed(self, big: Desk) -> None:
        kitchen = by_name(big.ask("get_tasks", id_project="107", extra="subtasks")["data"], "Кухня")
        assert kitchen["user_to"] == {
            "id": "316",
            "email": "v.koval@lad.example.com",
            "name": "Валентина Коваль (звільнена)",
        }
        assert "316" not in {user["id"] for user in big.ask("get_users")["data"]}

    def test_get_tasks_does_not_repeat_the_project(self, big: Desk) -> None:
        assert "project" not in big.ask("get_tasks", id_project="101")["data"][0]
        assert big.ask("get_all_tasks")["data"][0]["project"]["id"] == "101"

    def test_tags_of_children_need_tags_in_extra(self, big: Desk) -> None:
        for extra, there in (("subtasks", False), ("subtasks,tags", True)):
            tasks = big.ask("get_tasks", id_project="101", extra=extra)["data"]
            assert ("tags" in by_name(tasks, "Плани підлоги та стелі")) is there
            assert by_name(tasks, "Обміри та вихідні дані")["tags"] == {"31": "АР", "29": "Готово"}

    def test_only_open_tasks_with_filter_active(self, big: Desk) -> None:
        tasks = flat(big.ask("get_tasks", id_project="101", extra="subtasks", filter="active")["data"])
        assert {task["status"] for task in tasks} == {"active"}
        assert big.refused("get_tasks", id_project="101", filter="done") == (10, "Field is required", "filter")

    def test_subscribers_are_for_get_tasks_and_get_task(self, big: Desk) -> None:
        assert "subscribers" in big.ask("get_tasks", id_project="101", extra="subscribers")["data"][0]
        assert "subscribers" not in big.ask("get_all_tasks", extra="subscribers")["data"][0]

    def test_relations_name_predecessors_from_and_successors_to(self, big: Desk) -> None:
        concept = by_name(big.ask("get_all_tasks", extra="relations")["data"], "Концепція холів і ліфтових груп")
        assert concept["relations"]["from"][0]["type"] == "finish-to-start"
        assert concept["relations"]["from"][0]["task"]["name"] == "Обміри та вихідні дані"
        assert concept["relations"]["to"][0]["task"]["name"] == "Робоча документація, альбом 1"
        survey = by_name(big.ask("get_all_tasks", extra="relations")["data"], "Обміри та вихідні дані")
        assert set(survey["relations"]) == {"to"}

    def test_custom_fields_show_in_get_task_only(self, big: Desk) -> None:
        sketch = by_name(big.ask("get_tasks", id_project="102", extra="custom_fields")["data"], "Ескіз будинку 240 м²")
        assert "custom_fields" not in sketch
        values = big.ask("get_task", id_task=sketch["id"], extra="custom_fields")["data"]["custom_fields"]
        assert values[1] == {"id": "82", "type": "number", "name": "Площа, м²", "value": 240}
        assert big.ask("get_task_custom_fields")["data"][0]["options"] == ["Ескіз", "Проєкт", "Робочка", "Нагляд"]

    def test_text_is_html_or_plain_in_the_same_key(self, desk: Desk) -> None:
        add_task(desk, "30", text="<p>План &amp; <b>фасад</b></p><ul><li>дах</li></ul>Далі<br />• раз<br />• два")
        assert (
            desk.ask("get_task", id_task=30, extra="text")["data"]["text"]
            == "План & фасад\r\n- дах\r\nДалі\r\n• раз\r\n• два"
        )
        assert desk.ask("get_task", id_task=30, extra="html")["data"]["text"].startswith("<p>План &amp;")
        assert "text" not in desk.ask("get_task", id_task=30)["data"]

    def test_links_into_the_account_lead_to_where_it_is_served(self, big: Desk) -> None:
        text = by_name(big.ask("get_tasks", id_project="101", extra="html")["data"], "Робоча документація, альбом 1")[
            "text"
        ]
        assert f'href="{BASE}/project/101/' in text
        assert f'src="{BASE}/download/16209/"' in text
        assert "worksection.com" not in text

    def test_more_than_10000_rows_is_an_error_with_no_data(self, desk: Desk) -> None:  # 4
        for number in range(1000, 10_999):
            add_task(desk, str(number), parent="26")
        assert len(flat(desk.ask("get_all_tasks", extra="subtasks")["data"])) == 10_000
        add_task(desk, "99999")
        assert desk.refused("get_all_tasks", extra="subtasks") == (0, "Too many tasks (10000 max)", "")
        assert desk.refused("search_tasks", id_project=1) == (0, "Too many tasks (10000 max)", "")
        assert len(desk.ask("get_all_tasks")["data"]) == 2

    def test_more_than_10000_costs_is_an_error_with_no_data(self, desk: Desk) -> None:  # 4
        row = {"task": "26", "user_from": "10", "date": "2026-01-07", "minutes": 1, "money": "0.00"}
        desk.sandbox.costs.update({str(number): {"id": str(number), **row} for number in range(10_001)})
        assert desk.refused("get_costs") == (0, "Too many costs (10000 max)", "")
        assert desk.ask("get_costs_total")["total"]["time"] == "166:41"


class TestComments:
    @pytest.mark.parametrize(("written", "shown"), [(0, 0), (1, 1), (5, 5), (7, 5)])
    def test_a_task_embeds_at_most_5_newest_first(self, desk: Desk, written: int, shown: int) -> None:  # 8
        add_comments(desk, "26", written)
        task = desk.ask("get_all_tasks", extra="comments")["data"][0]
        numbers = [comment["text"] for comment in task.get("comments", [])]
        assert numbers == [f"Коментар {number}" for number in range(written, written - shown, -1)]
        assert task["has_comments"] == (1 if written else 0)
        assert len(desk.ask("get_comments", id_task=26).get("data", [])) == written

    def test_files_show_in_get_comments_only(self, big: Desk) -> None:
        file = next(file for file in big.sandbox.files.values() if "comment" in file)
        task = big.sandbox.comments[file["comment"]]["task"]
        rows = big.ask("get_comments", id_task=task, extra="files")["data"]
        held = next(row for row in rows if row["id"] == file["comment"])["files"]
        assert held[0] == {
            "id": file["id"],
            "size": str(len(file["content"])),
            "name": file["name"],
            "page": f"/download/{file['id']}/",
        }
        assert not any("files" in row for row in big.ask("get_comments", id_task=task)["data"])
        embedded = big.ask("get_task", id_task=task, extra="comments,files")["data"].get("comments", [])
        assert not any("files" in comment for comment in embedded)

    def test_a_page_ends_in_the_anchor(self, big: Desk) -> None:
        comment = next(iter(big.sandbox.comments.values()))
        rows = big.ask("get_comments", id_task=comment["task"])["data"]
        assert rows[-1]["page"].endswith(f"/#com{comment['id']}")
        assert set(rows[-1]) == {"id", "page", "text", "date_added", "user_from"}

    def test_hidden_comments_show_to_the_admin_key_without_a_sign(self, big: Desk) -> None:
        secret = next(comment for comment in big.sandbox.comments.values() if comment.get("hidden"))
        rows = big.ask("get_comments", id_task=secret["task"])["data"]
        assert "hidden" not in next(row for row in rows if row["id"] == secret["id"])


class TestFiles:
    def test_project_files_do_not_include_those_of_tasks(self, big: Desk) -> None:  # 23
        names = {row["name"] for row in big.ask("get_files", id_project="101")["data"]}
        assert names == {"генплан.png", "Договір 12-25.pdf"}

    def test_task_files_include_those_of_comments(self, big: Desk) -> None:
        file = next(file for file in big.sandbox.files.values() if "comment" in file)
        rows = big.ask("get_files", id_task=big.sandbox.comments[file["comment"]]["task"])["data"]
        assert file["id"] in {row["id"] for row in rows}
        assert set(rows[0]) == {"id", "page", "name", "size", "date_added", "user_from"}

    def test_a_page_may_carry_a_version(self, big: Desk) -> None:
        assert big.ask("get_files", id_project="103")["data"][0]["page"] == "/download/16204/102/"

    def test_one_of_project_and_task_is_needed(self, big: Desk) -> None:
        assert big.refused("get_files") == (10, "Field is required", "id_project")

    def test_download_of_a_bad_id_is_json_with_http_200(self, big: Desk) -> None:  # 24
        assert big.refused("download", id_file="1") == (4, "File not found", "")

    def test_download_names_the_file_in_utf8(self, big: Desk) -> None:
        reply = big.signed("action=download&id_file=16209")
        assert reply.headers["Content-Type"] == "application/x-download"
        assert reply.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{quote('хол 🌿 вечір.png')}"
        assert reply.headers["ETag"].startswith('"')
        assert reply.body.startswith(b"\x89PNG")

    def test_an_empty_file_downloads_as_nothing(self, big: Desk) -> None:
        empty = next(file for file in big.sandbox.files.values() if not file["content"])
        reply = big.signed(f"action=download&id_file={empty['id']}")
        assert (reply.status, reply.body) == (200, b"")


class TestCosts:
    def test_rows_and_their_total(self, big: Desk) -> None:
        nadzor = next(task for task in big.sandbox.tasks.values() if task["name"] == "Авторський нагляд, секція 1")
        envelope = big.ask("get_costs", id_task=nadzor["id"])
        row = envelope["data"][-1]
        assert (row["time"], row["money"], row["date"], row["is_timer"]) == ("103:39", "75.17", "2025-06-30", False)
        assert (row["user_from"]["id"], row["task"]["id"], row["task"]["project"]["id"]) == ("308", nadzor["id"], "101")
        assert not {"text", "files", "comments"} & set(row["task"])
        assert envelope["total"] == {"time": "106:39", "money": "75.17"}

    def test_archived_projects_are_in_the_totals_but_not_in_the_unscoped_rows(self, big: Desk) -> None:
        rows, total = big.ask("get_costs"), big.ask("get_costs_total", extra="projects")
        assert "107" not in {row["task"]["project"]["id"] for row in rows["data"]}
        assert "107" in total["projects"]
        assert "data" not in total
        assert rows["total"] != total["total"]
        assert big.ask("get_costs", id_project="107")["data"]

    def test_totals_by_month_prove_the_rows(self, big: Desk) -> None:
        house = big.ask("get_costs_total", extra="projects,tasks")["projects"]["102"]
        assert list(house["monthly"]) == sorted(house["monthly"], reverse=True)
        july = big.ask("get_costs", id_project="102", datestart="01.07.2025", dateend="31.07.2025")
        assert house["monthly"]["2025-07"] == july["total"]
        slab = next(task for task in house["tasks"].values() if task["name"] == "Бетонування плити")
        assert slab["time"] == big.ask("get_costs_total", id_task=slab["id"])["total"]["time"]

    def test_top_level_totals_include_subtasks(self, big: Desk) -> None:
        house = big.ask("get_costs_total", id_project="102", extra="projects,tasks_top_level")["projects"]["102"]
        assert all(task["page"].count("/") == 4 for task in house["tasks"].values())
        slab = next(task for task in house["tasks"].values() if task["name"] == "Будівництво: нульовий цикл")
        assert slab["time"] > "60:00"

    def test_id_in_the_filter_means_the_task(self, big: Desk) -> None:  # 22
        slab = next(task for task in big.sandbox.tasks.values() if task["name"] == "Бетонування плити")
        rows = big.ask("get_costs", filter=f"id={slab['id']} and comment has 'змін'")["data"]
        assert len(rows) == 25
        assert {row["task"]["id"] for row in rows} == {slab["id"]}
        assert not big.ask("get_costs", filter=f"id={rows[0]['id']}")["data"]

    def test_timers_and_days_filter(self, big: Desk) -> None:
        timers = big.ask("get_costs", is_timer=1)["data"]
        assert timers
        assert all(row["is_timer"] is True for row in timers)
        both = len(timers) + len(big.ask("get_costs", is_timer="0")["data"])
        assert both == len(big.ask("get_costs")["data"])
        one_day = big.ask("get_costs", datestart="09.06.2025", dateend="09.06.2025")["data"]
        assert {row["date"] for row in one_day} == {"2025-06-09"}
        assert big.refused("get_costs", datestart="2025-06-09") == (10, "Field is required", "datestart")


class TestSearch:
    def names(self, big: Desk, **scope: Any) -> set[str]:
        return {task["name"] for task in big.ask("search_tasks", **scope).get("data", [])}

    def test_a_scope_is_needed(self, big: Desk) -> None:
        assert big.refused("search_tasks", status="done")[:2] == (10, "At least one of fields required")

    def test_the_vendors_example_is_understood(self, big: Desk) -> None:
        words = "(name has 'вузол' or name has 'Кошторис') and (dateend>'25.05.2025' and dateend<='20.06.2025')"
        assert self.names(big, id_project=101, filter=words) == {"Кошторис оздоблення МЗК"}

    def test_numbers_take_equals_and_in(self, big: Desk) -> None:
        assert len(self.names(big, filter="id in (2001, 2002) and project=101")) == 2
        assert "Секція 1" in self.names(big, filter=f"parent={self.task(big, 'Плани підлоги та стелі')}")

    def task(self, big: Desk, name: str) -> str:
        return next(task["id"] for task in big.sandbox.tasks.values() if task["name"] == name)

    def test_and_binds_tighter_than_or(self, big: Desk) -> None:
        assert len(self.names(big, filter="id=2001 or id=2002 and id=2003")) == 1

    def test_the_list_is_flat_with_subtasks_in_it(self, big: Desk) -> None:
        rows = big.ask("search_tasks", id_project=101, extra="subtasks,comments,text")["data"]
        assert len(rows) == sum(task["project"] == "101" for task in big.sandbox.tasks.values())
        assert not any({"child", "comments"} & set(row) for row in rows)
        assert all("text" in row for row in rows)

    def test_an_unscoped_search_skips_archived_projects(self, big: Desk) -> None:
        assert self.names(big, filter="name = 'Комплектація'") == set()
        assert self.names(big, filter="name = 'Комплектація'", id_project=107) == {"Комплектація"}

    def test_people_and_status_narrow_the_search(self, big: Desk) -> None:
        done = big.ask("search_tasks", email_user_to="dmytro.boiko@lad.example.com", status="done")["data"]
        assert {(task["user_to"]["id"], task["status"]) for task in done} == {("304", "done")}

    @pytest.mark.parametrize(
        "words",
        ["status='done'", "text has 'x'", "tag=26", "priority=1", "name has x", "name HAS 'x'", "id>5", "id=1 AND id=2", "(id=1",
         "id=1 id=2", "name = 'it''s'", "dateadd>'2025-01-01'", "dateadd has '01.01.2025'", "'", "and"],
    )  # fmt: skip
    def test_what_is_outside_the_grammar_is_refused_as_filter(self, big: Desk, words: str) -> None:  # 28
        assert big.refused("search_tasks", filter=words) == (10, "Field is required", "filter")
        assert "dateclose" in read(big.json("search_tasks", {"filter": words}))["test"]

    def test_totals_filter_by_project_only(self, big: Desk) -> None:
        assert big.ask("get_costs_total", filter="(project=101 or project in (102, 103))")["total"]
        assert big.refused("get_costs_total", filter="id=2001")[2] == "filter"


class TestDirectories:
    def test_users_carry_what_they_have(self, big: Desk) -> None:
        users = {user["id"]: user for user in big.ask("get_users")["data"]}
        assert users["302"]["services"]["chats"]["Telegram"] == "@hnatiuk_gap"
        assert (users["302"]["role"], users["302"]["rate"], users["306"]["rate"]) == ("Account admin", 750, 420.5)
        assert users["314"]["email"] == "5674@5674.worksection.com"
        assert "rate" not in users["311"]
        assert not {"active", "deleted"} & set(users["301"])

    def test_contacts_have_no_role_and_maybe_no_address(self, big: Desk) -> None:
        contacts = {contact["id"]: contact for contact in big.ask("get_contacts")["data"]}
        assert "email" not in contacts["404"]
        assert not {"rate", "department", "role", "avatar"} & set(contacts["401"])
        assert contacts["401"]["group"] == "Замовники"

    def test_teams_are_companies(self, big: Desk) -> None:
        assert big.ask("get_user_groups")["data"][2] == {
            "id": "23",
            "title": "ТОВ «Липова роща»",
            "type": "company",
            "client": 1,
        }

    def test_tags_filter_by_group_type_and_access(self, big: Desk) -> None:
        assert {tag["title"] for tag in big.ask("get_task_tags", group="Внутрішнє")["data"]} == {
            "Терміново 🔥",
            "Без оплати",
            "Ризик",
        }
        assert len(big.ask("get_task_tags", group=13, type="status").get("data", [])) == 0
        assert [group["id"] for group in big.ask("get_task_tag_groups", access="private")["data"]] == [13]
        assert {group["title"] for group in big.ask("get_project_tag_groups")["data"]} == {"Стадія", "Тип об'єкта"}

    def test_the_schedule_is_an_object_by_user(self, big: Desk) -> None:
        data = big.ask("get_users_schedule", users="iryna.savchuk@lad.example.com,309", dateend="11.06.2025")["data"]
        assert list(data) == ["309"]
        assert data["309"]["schedule"] == {"2025-06-11": "sick-leave"}

    def test_webhooks_are_comma_strings(self, big: Desk) -> None:
        assert big.ask("get_webhooks")["data"][0]["events"] == "post_task,post_comment"


class TestEvents:
    def test_writes_show_newest_first(self, desk: Desk) -> None:
        desk.ask("post_task", id_project=1, title="Нова")
        desk.ask("update_task", id_task=26, priority=3)
        events = desk.ask("get_events", period="5m")["data"]
        assert [(event["action"], event["object"]["type"]) for event in events] == [
            ("update", "task"),
            ("post", "task"),
        ]
        assert (events[0]["new"], events[0]["old"]) == ({"priority": "3"}, {"priority": "1"})
        assert events[0]["date_added"] == "2026-06-01 12:00"  # Kyiv

    @pytest.mark.parametrize("period", ["60d", "361m", "73h", "0d", "5", "d", "1.5h"])
    def test_a_period_outside_the_bounds_is_a_required_field(self, desk: Desk, period: str) -> None:
        assert desk.refused("get_events", period=period) == (10, "Field is required", "period")

    def test_the_period_and_the_project_limit_what_shows(self, big: Desk) -> None:
        big.now = big.now.replace(year=2025, month=7, day=20, hour=10)
        assert [event["action"] for event in big.ask("get_events", period="72h", id_project=102)["data"]] == [
            "delete",
            "update",
        ]
        assert "data" not in big.ask("get_events", period="72h", id_project=101)
        assert "data" not in big.ask("get_events", period="1m")


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("", ""),
        ("просто", "просто"),
        ("раз<br />два<br /><br />три", "раз\r\nдва\r\n\r\nтри"),
        ("<p>раз</p><p>два</p>", "раз\r\nдва"),
        ("до<p>раз</p>після<br />", "до\r\nраз\r\nпісля\r\n"),
        ('<a href="https://x.example.org">там</a> <img src="/download/1/">', "там "),
        ("<div><p>a&lt;b&nbsp;c</p></div>", "a<b\u00a0c"),
    ],
)
def test_plain_text_of_html(source: str, shown: str) -> None:
    assert plain(source) == shown
