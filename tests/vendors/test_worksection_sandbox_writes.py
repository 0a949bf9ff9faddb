"""What the Worksection sandbox takes, refuses, ignores and cuts. Numbers are the gotchas of the vendor contract, section 8."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from yarl import URL

from migrator.sandbox.faults import Faults
from migrator.sandbox.server import serve
from migrator.sandbox.worksection import Worksection
from tests.vendors.test_worksection_sandbox import Desk, big, desk, read, small_account

__all__ = ["big", "desk"]

INVALID_TAG = "Tag is invalid"


def required(field: str) -> tuple[int, str, str]:
    return 10, "Field is required", field


def new_task(desk: Desk, title: str = "Нова", **parameters: Any) -> str:
    """The id of a task just posted."""
    return str(desk.ask("post_task", id_project=1, title=title, **parameters)["data"]["id"])


class TestPostProject:
    def test_it_is_active_and_its_reply_has_no_text(self, desk: Desk) -> None:
        data = desk.ask(
            "post_project", title="Сад", text="Опис", email_user_from="marko@example.com", email_manager="olena@example.com",
            members="guest@example.com", company="Дім", datestart="01.02.2026", dateend="28.02.2026", max_time="12,5", max_money=100,
            tags="Ескіз,52", extra="options,text", **{"options.allow_close": 1, "options.timer_only": 1},
        )["data"]  # fmt: skip
        assert (data["status"], data["company"], data["user_from"]["id"], data["user_to"]["id"]) == (
            "active",
            "Дім",
            "11",
            "10",
        )
        assert (data["date_start"], data["date_end"], data["max_time"], data["max_money"]) == (
            "2026-02-01",
            "2026-02-28",
            12.5,
            100,
        )
        assert (data["tags"], data["date_added"]) == ({"51": "Ескіз", "52": "Нагляд"}, "2026-06-01 12:00")
        assert (data["options"]["allow_close"], data["options"]["timer_only"], data["options"]["time_today"]) == (
            1,
            1,
            0,
        )
        assert "text" not in data
        full = desk.ask("get_project", id_project=data["id"], extra="text,users")["data"]
        assert full["text"] == "Опис"
        assert {user["id"] for user in full["users"]} == {"10", "11", "12"}

    @pytest.mark.parametrize(
        ("sent", "refusal"),
        [
            ({"email_manager": "contact@example.com"}, (11, "Invalid email", "contact@example.com")),
            ({"members": "olena@example.com,nobody@example.com"}, (11, "Invalid email", "nobody@example.com")),
            ({"tags": "Ескіз,Немає"}, (16, INVALID_TAG, "Немає")),
            ({"company": "Немає"}, required("company")),
            ({"datestart": "2026-02-01"}, required("datestart")),
            ({"dateend": "31.02.2026"}, required("dateend")),
            ({"options.allow_close": 2}, required("options.allow_close")),
        ],
    )
    def test_what_is_wrong_makes_no_project(
        self, desk: Desk, sent: dict[str, Any], refusal: tuple[int, str, str]
    ) -> None:
        assert desk.refused("post_project", title="Сад", **sent) == refusal
        assert list(desk.sandbox.projects) == ["1"]

    def test_of_the_three_time_options_only_one_may_be_1(self, desk: Desk) -> None:  # 29
        three = {"options.time_require": 1, "options.time_today": 1, "options.timer_only": 1}
        code, message, _ = desk.refused("post_project", title="Сад", **three)
        names = "options.time_require or options.time_today or options.timer_only"
        assert (code, message) == (11, f"Only one parameter ({names}) can be set as 1.")
        desk.ask("update_project", id_project=1, **{"options.time_today": 1})
        assert desk.refused("update_project", id_project=1, **{"options.timer_only": 1})[0] == 11
        desk.ask("update_project", id_project=1, **{"options.timer_only": 1, "options.time_today": 0})

    def test_an_api_project_has_only_the_default_tag_sets(self, desk: Desk) -> None:
        project = desk.ask("post_project", title="Сад")["data"]["id"]
        assert desk.ask("post_task", id_project=project, title="X", tags="26")["status"] == "ok"
        assert desk.refused("post_task", id_project=project, title="X", tags="АР") == (16, INVALID_TAG, "АР")


class TestUpdateProject:
    def test_tags_replace_and_members_add(self, desk: Desk) -> None:  # 18
        desk.ask("update_project", id_project=1, tags="Ескіз", members="guest@example.com")
        data = desk.ask("update_project", id_project=1, tags="Нагляд", title="Дім 2")["data"]
        assert (data["tags"], data["name"]) == ({"52": "Нагляд"}, "Дім 2")
        assert desk.sandbox.projects["1"]["users"] == ["10", "11", "12"]
        desk.ask("update_project_tags", id_project=1, plus="51", minus="Нагляд")
        assert desk.ask("get_project", id_project=1)["data"]["tags"] == {"51": "Ескіз"}

    @pytest.mark.parametrize("field", ["email_user_from", "text", "company"])
    def test_what_is_for_creation_only_is_refused(self, desk: Desk, field: str) -> None:
        assert desk.refused("update_project", id_project=1, **{field: "olena@example.com"}) == required(field)

    def test_closing_and_opening_twice_is_12(self, desk: Desk) -> None:
        assert desk.ask("close_project", id_project=1) == {"status": "ok"}
        assert desk.refused("close_project", id_project=1) == (12, "Project is already closed", "")
        assert desk.refused("post_task", id_project=1, title="X")[0] == 4
        desk.ask("activate_project", id_project=1)
        assert desk.refused("activate_project", id_project=1) == (12, "Project is already active", "")
        assert desk.ask("get_project", id_project=1)["data"]["date_closed"] == "2026-06-01 12:00"

    def test_members_must_be_users(self, desk: Desk) -> None:  # 32
        assert desk.refused("add_project_members", id_project=1, members="contact@example.com") == (
            11,
            "Invalid email",
            "contact@example.com",
        )
        assert desk.refused("add_project_members", id_project=1, members="gone@example.com")[0] == 11
        for _ in range(2):
            desk.ask("add_project_members", id_project=1, members=["guest@example.com", "marko@example.com"])
        assert desk.sandbox.projects["1"]["users"] == ["10", "11", "12"]
        desk.ask("delete_project_members", id_project=1, members="guest@example.com")
        assert desk.sandbox.projects["1"]["users"] == ["10", "11"]


class TestPostTask:
    def test_the_reply_has_no_tags_and_no_text(self, desk: Desk) -> None:  # 21
        data = desk.ask(
            "post_task", id_project="1", title="Вікна", text="Опис", tags="В роботі,27", priority=10, max_time=3
        )["data"]
        assert (data["id"], data["priority"], data["max_time"], data["status"]) == ("27", "10", 3, "active")
        assert not {"tags", "text"} & set(data)
        assert data["user_to"]["email"] == "NOONE"
        assert desk.ask("get_task", id_task=data["id"])["data"]["tags"] == {"26": "В роботі", "27": "АР"}

    def test_todo_is_appended_as_lines_and_mentions_come_last(self, desk: Desk) -> None:  # 21
        sent = {"text": "Опис", "todo": ["раз", "два"], "mention": "marko@example.com", "extra": "text"}
        assert (
            desk.ask("post_task", id_project=1, title="X", **sent)["data"]["text"]
            == "Опис\r\n• раз\r\n• два\r\n@Марко Г"
        )
        query = f"action=post_task&id_project=1&title=X&extra=text&todo%5B%5D=a&todo%5B%5D={quote('б')}"
        assert read(desk.signed(query))["data"]["text"] == "\r\n• a\r\n• б"

    def test_a_subtask_names_its_parent(self, desk: Desk) -> None:
        second = desk.ask("post_task", id_project=1, title="II", id_parent=26)["data"]
        third = desk.ask("post_task", id_project=1, title="III", id_parent=second["id"])["data"]
        assert third["parent"]["parent"]["id"] == "26"
        assert third["page"] == f"/project/1/26/{third['id']}/"
        assert desk.refused("post_task", id_project=1, title="IV", id_parent=third["id"])[0] == 5

    def test_under_a_closed_parent_is_8(self, desk: Desk) -> None:  # 17
        desk.ask("complete_task", id_task=26)
        assert desk.refused("post_task", id_project=1, title="X", id_parent=26) == (8, "Task is closed", "")

    def test_repeating_makes_a_twin(self, desk: Desk) -> None:  # 27
        assert new_task(desk) != new_task(desk)

    @pytest.mark.parametrize(
        ("sent", "refusal"),
        [
            ({"tags": "В роботі,Поза проєктом"}, (16, INVALID_TAG, "Поза проєктом")),  # 19
            ({"tags": "Двічі"}, (16, INVALID_TAG, "Двічі")),
            ({"priority": 11}, required("priority")),
            ({"email_user_to": "guest@example.com"}, (11, "Invalid email", "guest@example.com")),
            ({"email_user_from": "gone@example.com"}, (11, "Invalid email", "gone@example.com")),
            ({"subscribe": "contact@example.com"}, (11, "Invalid email", "contact@example.com")),
            ({"id_parent": 999}, (5, "Task is invalid", "")),
            ({"datestart": "1.2.2026"}, required("datestart")),
            ({"max_time": "багато"}, required("max_time")),
        ],
    )
    def test_what_is_wrong_makes_no_task(self, desk: Desk, sent: dict[str, Any], refusal: tuple[int, str, str]) -> None:
        assert desk.refused("post_task", id_project=1, title="X", **sent) == refusal
        assert list(desk.sandbox.tasks) == ["26"]

    def test_an_ambiguous_or_comma_tag_goes_by_id(self, big: Desk) -> None:
        task = big.ask("post_task", id_project=102, title="X", tags="36,34")["data"]["id"]
        assert big.ask("get_task", id_task=task)["data"]["tags"] == {"36": "Терміново 🔥", "34": "Опалення, вентиляція"}
        assert big.refused("post_task", id_project=102, title="X", tags="Терміново 🔥")[0] == 16
        assert big.refused("post_task", id_project=102, title="X", tags="Опалення, вентиляція")[2] == "Опалення"

    def test_what_the_project_requires_binds_the_admin_key(self, big: Desk) -> None:
        assert big.refused("post_task", id_project=103, title="X") == required("dateend")
        big.ask("post_task", id_project=103, title="X", dateend="01.07.2026")

    def test_files_of_multipart_and_of_upload_files_hang_on_it(self, desk: Desk) -> None:
        stamp = read(desk.json("get_users", {}))["status"]
        rows = read(desk.upload("action=upload_files", [("files[]", "План.PDF", b"%PDF")]))["data"]
        assert stamp == "ok"
        assert (rows[0]["ext"], rows[0]["name"], rows[0]["error"]) == ("pdf", "План.PDF", None)
        task = new_task(desk, files=rows)
        assert desk.ask("get_task", id_task=task, extra="files")["data"]["files"][0]["name"] == "План.PDF"
        assert desk.refused("post_task", id_project=1, title="X", files=rows) == (4, "File not found", "")

    def test_hidden_tasks_are_hidden_from_others(self, big: Desk) -> None:
        sent = {"id_project": 101, "title": "Таємно", "hidden": "marko.hnatiuk@lad.example.com"}
        task = big.ask("post_task", **sent)["data"]["id"]
        assert read(big.bearing("guest-access", "get_task", {"id_task": task}))["message"] == "Task is invalid"
        assert big.ask("get_task", id_task=task)["data"]["name"] == "Таємно"


class TestText:
    def test_65537_characters_are_stored_as_65536_and_replied_ok(self, desk: Desk) -> None:  # 5
        data = desk.ask("post_task", id_project=1, title="X", text="x" * 65_537, extra="text")["data"]
        assert data["text"] == "x" * 65_536

    def test_the_limit_is_of_utf8_bytes(self, desk: Desk) -> None:
        comment = desk.ask("post_comment", id_task=26, text="x" + "ж" * 40_000)["data"]
        assert comment["text"] == "x" + "ж" * 32_767

    def test_mentions_and_todo_are_what_is_cut(self, desk: Desk) -> None:
        text = desk.ask("post_comment", id_task=26, text="x" * 65_536, mention="marko@example.com")["data"]["text"]
        assert text == "x" * 65_536

    def test_markup_is_shown_not_obeyed(self, desk: Desk) -> None:
        task = new_task(desk, text="<b>x</b> & y\nдалі")
        assert (
            desk.ask("get_task", id_task=task, extra="html")["data"]["text"] == "&lt;b&gt;x&lt;/b&gt; &amp; y<br />далі"
        )
        assert desk.ask("get_task", id_task=task, extra="text")["data"]["text"] == "<b>x</b> & y\r\nдалі"

    def test_a_long_title_is_cut_without_a_word(self, desk: Desk) -> None:
        assert len(desk.ask("post_task", id_project=1, title="щ" * 501)["data"]["name"]) == 500


class TestUpdateTask:
    def test_omitted_keeps_empty_means_nobody_and_dates_come_back_iso(self, desk: Desk) -> None:  # 15
        data = desk.ask("update_task", id_task=26, title="Дах 2", datestart="05.06.2026", max_money="10.5")["data"]
        assert (data["name"], data["date_start"], data["max_money"], data["user_to"]["id"]) == (
            "Дах 2",
            "2026-06-05",
            10.5,
            "11",
        )
        assert desk.ask("update_task", id_task=26, email_user_to="")["data"]["user_to"]["email"] == "NOONE"
        assert desk.ask("update_task", id_task=26, email_user_to="ANY")["data"]["user_to"]["email"] == "ANY"

    def test_tags_replace_and_update_task_tags_changes(self, desk: Desk) -> None:  # 18
        desk.ask("update_task", id_task=26, tags="В роботі")
        assert desk.ask("update_task", id_task=26, tags="АР")["data"]["tags"] == {"27": "АР"}
        assert desk.ask("update_task_tags", id_task=26, plus="26", minus="АР") == {"status": "ok"}
        assert desk.ask("get_task", id_task=26)["data"]["tags"] == {"26": "В роботі"}
        assert desk.refused("update_task_tags", id_task=26, plus="28", minus="26") == (16, INVALID_TAG, "28")  # 19
        assert desk.ask("get_task", id_task=26)["data"]["tags"] == {"26": "В роботі"}

    @pytest.mark.parametrize(
        "field", ["text", "todo", "subscribe", "hidden", "mention", "id_parent", "email_user_from", "files"]
    )
    def test_what_is_for_creation_only_is_refused(self, desk: Desk, field: str) -> None:  # 20
        assert desk.refused("update_task", id_task=26, **{field: "x"}) == required(field)

    def test_dateclosed_needs_a_closed_task_and_loses_the_hour(self, desk: Desk) -> None:
        assert desk.refused("update_task", id_task=26, dateclosed="01.03.2026") == required("dateclosed")
        desk.ask("complete_task", id_task=26)
        assert desk.ask("update_task", id_task=26, dateclosed="01.03.2026")["data"]["date_closed"] == "2026-03-01 00:00"


class TestClosing:
    def test_children_first_then_once(self, desk: Desk) -> None:  # 17
        child = new_task(desk, id_parent=26)
        assert desk.refused("complete_task", id_task=26) == (13, "Task has children", "")
        desk.ask("complete_task", id_task=child)
        assert (
            desk.ask("complete_task", id_task=26)["data"]["status"] == "active"
        )  # the reply is a snapshot from before
        assert desk.ask("get_task", id_task=26)["data"]["date_closed"] == "2026-06-01 12:00"
        assert desk.refused("complete_task", id_task=26) == (12, "Task is already closed", "")
        assert desk.refused("reopen_task", id_task=child) == (14, "Parent task is done", "")

    def test_reopening_is_from_the_top_and_once(self, desk: Desk) -> None:
        desk.ask("complete_task", id_task=26)
        assert desk.ask("reopen_task", id_task=26) == {"status": "ok"}
        assert desk.refused("reopen_task", id_task=26) == (12, "Task is already active", "")
        assert "date_closed" not in desk.ask("get_task", id_task=26)["data"]

    def test_time_require_wants_a_cost_first(self, big: Desk) -> None:
        task = big.ask("post_task", id_project=102, title="X")["data"]["id"]
        assert big.refused("complete_task", id_task=task) == required("time")
        big.ask("add_costs", id_task=task, time=1, email_user_from="dmytro.boiko@lad.example.com")
        big.ask("complete_task", id_task=task)

    def test_subscribing_takes_one_address(self, desk: Desk) -> None:
        task = new_task(desk, subscribe="guest@example.com")
        subscribers = desk.ask("get_task", id_task=task, extra="subscribers")["data"]["subscribers"]
        assert [user["id"] for user in subscribers] == ["10", "12"]
        assert desk.ask("unsubscribe", id_task=task, email_user="guest@example.com") == {"status": "ok"}
        desk.ask("subscribe", id_task=task, email_user="marko@example.com")
        assert desk.sandbox.tasks[task]["subscribers"] == ["10", "11"]
        assert desk.refused("subscribe", id_task=task, email_user="marko@example.com,guest@example.com")[0] == 11


class TestComments:
    def test_text_or_todo_is_needed_even_with_files(self, desk: Desk) -> None:
        assert desk.refused("post_comment", id_task=26)[:2] == (10, "At least one of fields required")
        reply = read(desk.upload("action=post_comment&id_task=26", [("attach[0]", "a.txt", b"a")]))
        assert (reply["status"], desk.sandbox.files) == ("error", {})
        assert desk.ask("post_comment", id_task=26, todo=["раз"])["data"]["text"] == "\r\n• раз"

    def test_files_travel_with_it(self, desk: Desk) -> None:
        files = [("attach[0]", "план.pdf", b"1"), ("attach[1]", "план.pdf", b"22")]
        comment = read(desk.upload("action=post_comment&id_task=26&text=x&email_user_from=marko%40example.com", files))[
            "data"
        ]
        assert comment["user_from"] == {"id": "11", "email": "marko@example.com", "name": "Марко Г"}
        assert comment["page"] == f"/project/1/26/#com{comment['id']}"
        held = desk.ask("get_comments", id_task=26, extra="files")["data"][0]["files"]
        assert [(file["name"], file["size"]) for file in held] == [("план.pdf", "1"), ("план.pdf", "2")]
        assert "files" not in desk.ask("get_task", id_task=26, extra="files")["data"]

    def test_files_of_a_hidden_comment_are_hidden_with_it(self, big: Desk) -> None:
        task = next(
            task["id"] for task in big.sandbox.tasks.values() if task["project"] == "101" and task["status"] == "active"
        )
        query = f"action=post_comment&id_task={task}&text=x&hidden=marko.hnatiuk%40lad.example.com"
        big.upload(query, [("attach[0]", "таємне.txt", b"1")])
        file = big.ask("get_files", id_task=task)["data"][-1]
        seen = read(big.bearing("guest-access", "get_files", {"id_task": task})).get("data", [])
        assert file["id"] not in {row["id"] for row in seen}
        assert read(big.bearing("guest-access", "download", {"id_file": file["id"]}))["message"] == "File not found"

    def test_closed_tasks_take_none(self, desk: Desk) -> None:
        desk.ask("complete_task", id_task=26)
        assert desk.refused("post_comment", id_task=26, text="x") == (8, "Task is closed", "")

    def test_nobody_named_means_the_owner(self, desk: Desk) -> None:
        assert desk.ask("post_comment", id_task=26, text="x")["data"]["user_from"]["id"] == "10"


class TestCosts:
    def add(self, desk: Desk, **sent: Any) -> Any:
        return desk.ask("add_costs", id_task=26, email_user_from="marko@example.com", **sent)["id"]

    @pytest.mark.parametrize(
        ("sent", "read_back"),
        [("0.15", "0:09"), ("0,15", "0:09"), ("0:09", "0:09"), ("1,5", "1:30"), ("103:39", "103:39"), (2, "2:00")],
    )
    def test_time_comes_back_as_hours_and_minutes(self, desk: Desk, sent: Any, read_back: str) -> None:  # 15
        self.add(desk, time=sent)
        assert desk.ask("get_costs")["data"][0]["time"] == read_back

    def test_the_id_in_the_reply_is_a_number(self, desk: Desk) -> None:  # 14
        identity = self.add(desk, money="10,5", comment="Цегла", date="02.03.2026")
        assert identity == 1
        row = desk.ask("get_costs")["data"][0]
        assert (row["id"], row["money"], row["date"], row["comment"], row["is_timer"]) == (
            "1",
            "10.50",
            "2026-03-02",
            "Цегла",
            False,
        )

    def test_is_rate_ignores_money(self, desk: Desk) -> None:  # 16
        self.add(desk, time="2:00", money=9999, is_rate=1)
        assert desk.ask("get_costs")["data"][0]["money"] == "201.00"

    @pytest.mark.parametrize(
        ("sent", "refusal"),
        [
            ({"time": 1}, required("email_user_from")),  # 16
            ({"email_user_from": "marko@example.com"}, (10, "At least one of fields required", "time, money")),
            ({"time": "1h", "email_user_from": "marko@example.com"}, required("time")),
            ({"time": "1:75", "email_user_from": "marko@example.com"}, required("time")),
            ({"money": "NaN", "email_user_from": "marko@example.com"}, required("money")),
            ({"time": 1, "email_user_from": "contact@example.com"}, (11, "Invalid email", "contact@example.com")),
        ],
    )
    def test_what_is_wrong_makes_no_row(self, desk: Desk, sent: dict[str, Any], refusal: tuple[int, str, str]) -> None:
        assert desk.refused("add_costs", id_task=26, **sent) == refusal
        assert not desk.sandbox.costs

    def test_update_and_delete_need_id_costs(self, desk: Desk) -> None:  # 22
        identity = self.add(desk, time=1, comment="Було")
        assert desk.refused("update_costs", id=identity, time=2) == required("id_costs")
        assert desk.refused("delete_costs", id=identity) == required("id_costs")
        assert desk.ask("update_costs", id_costs=identity, time=2, comment="", date="01.01.2026") == {"status": "ok"}
        row = desk.ask("get_costs")["data"][0]
        assert (row["time"], row["comment"], row["date"]) == ("2:00", "", "2026-01-01")
        desk.ask("delete_costs", id_costs=identity)
        assert desk.refused("delete_costs", id_costs=identity) == required("id_costs")
        assert self.add(desk, time=1) == identity + 1  # ids do not come back

    def test_closed_tasks_and_strict_projects_take_none(self, desk: Desk) -> None:
        desk.sandbox.projects["1"]["options"] = {"time_today": 1}
        sent = {"id_task": 26, "time": 1, "email_user_from": "marko@example.com"}
        assert desk.refused("add_costs", **sent, date="01.01.2026") == required("date")
        desk.ask("add_costs", **sent)
        desk.sandbox.projects["1"]["options"] = {"timer_only": 1}
        assert desk.refused("add_costs", **sent) == required("time")
        desk.sandbox.projects["1"]["options"] = {}
        desk.ask("complete_task", id_task=26)
        assert desk.refused("add_costs", **sent) == (8, "Task is closed", "")


class TestDirectories:
    @pytest.mark.parametrize("action", ["add_user_group", "add_contact_group", "add_project_group"])
    def test_a_group_is_made_once(self, desk: Desk, action: str) -> None:  # 27
        first = desk.ask(action, title="Нова")
        assert desk.ask(action, title="Нова") == first

    def test_tags_and_their_sets_are_made_once(self, desk: Desk) -> None:  # 27
        sent = {"title": "Ризики,Стан", "type": "label", "access": "private"}
        groups = desk.ask("add_task_tag_groups", **sent)["data"]
        assert groups[1] == {"title": "Стан", "id": 1, "type": "status", "access": "public"}
        assert desk.ask("add_task_tag_groups", **sent)["data"] == groups
        tags = desk.ask("add_task_tags", group="Ризики", title="Дощ,Мороз")["data"]
        assert desk.ask("add_task_tags", group=groups[0]["id"], title="Дощ,Мороз")["data"] == tags
        assert [type(tag["id"]) for tag in tags] == [int, int]
        assert desk.refused("add_task_tags", group="Немає", title="x") == required("group")

    def test_project_sets_are_answered_without_a_type(self, desk: Desk) -> None:
        assert desk.ask("add_project_tag_groups", title="Місто", access="public")["data"] == [
            {"title": "Місто", "id": 6, "type": "", "access": "public"}
        ]
        assert desk.ask("add_project_tags", group="Місто", title="Київ")["data"] == [{"title": "Київ", "id": 53}]
        assert desk.refused("add_task_tag_groups", title="x", access="public") == required("type")

    def test_adding_a_user_sends_a_real_mail(self, desk: Desk) -> None:
        user = desk.ask("add_user", email="new@example.com", first_name="Нова", last_name="Людина", role="guest")[
            "data"
        ]
        assert (user["name"], user["group"], user["role"]) == ("Нова Людина", "Бюро", "guest")
        assert desk.sandbox.account.invitations == ["new@example.com"]
        assert desk.refused("add_user", email="NEW@example.com") == (11, "Invalid email", "NEW@example.com")
        assert desk.refused("add_user", email="x@example.com", role="owner") == required("role")

    def test_adding_a_contact_sends_none(self, desk: Desk) -> None:
        contact = desk.ask("add_contact", email="new@example.com", name="Іван Сірко", group="Склад", phone="+380")[
            "data"
        ]
        assert (contact["first_name"], contact["last_name"], contact["phone"], contact["group"]) == (
            "Іван",
            "Сірко",
            "+380",
            "Склад",
        )
        assert desk.sandbox.account.invitations == []
        assert contact["id"] not in desk.sandbox.users

    def test_schedules_are_written_by_json_in_either_date_format(self, desk: Desk) -> None:
        sent = {
            "marko@example.com": {"07.06.2026": "vacation", "2026-06-08": "vacation"},
            "10": {"2026-06-09": "unset"},
        }
        assert desk.ask("update_users_schedule", data=sent) == {
            "status": "ok",
            "data": [],
            "message": "Days added: 2, days updated: 0",
        }
        assert desk.ask("get_users_schedule")["data"]["11"]["schedule"] == {
            "2026-06-07": "vacation",
            "2026-06-08": "vacation",
        }
        assert desk.refused("update_users_schedule", data='{"11": {"2026-06-07": "party"}}') == required("data")


class TestTimers:
    def test_a_timer_runs_once_and_becomes_a_cost(self, big: Desk) -> None:
        task = next(iter(big.sandbox.tasks))
        assert read(big.bearing("lad-access", "get_my_timer"))["data"] == []
        assert read(big.bearing("lad-access", "stop_my_timer"))["message"] == "Timer is not started"
        assert read(big.bearing("lad-access", "start_my_timer", {"id_task": task})) == {"status": "ok"}
        assert read(big.bearing("lad-access", "start_my_timer", {"id_task": task}))["status_code"] == 6
        big.now += timedelta(minutes=95, seconds=7)
        timer = big.ask("get_timers")["data"][0]
        assert (timer["time"], timer["task"]["id"], timer["user_from"]["id"]) == ("01:35:07", task, "301")
        assert big.ask("stop_timer", timer=timer["id"]) == {"status": "ok"}
        assert big.refused("stop_timer", timer=timer["id"]) == (7, "Timer not found", "")
        assert big.ask("get_costs", id_task=task, is_timer=1)["data"][-1]["time"] == "1:35"


class TestDeletion:
    def test_only_costs_and_webhooks_can_be_deleted(self, desk: Desk) -> None:
        for what in ("project", "task", "comment", "user", "contact", "file", "task_tag"):
            assert desk.refused(f"delete_{what}", id=1) == (0, "Action is invalid", "")

    def test_a_webhook_is_checked_before_it_is_kept(self, big: Desk) -> None:
        assert big.refused("add_webhook", url="https://example.com", events="post_task")[:2] == (
            11,
            "webhook URL check failed",
        )
        big.ask("delete_webhook", id=14)
        assert big.refused("delete_webhook", id=14) == (10, "WebHook not found", "")


async def test_a_reply_lost_after_the_write_leaves_one_marked_task() -> None:  # 31
    sandbox = Worksection(small_account())
    asker = Desk(sandbox)
    async with serve(sandbox, faults=Faults(lost=1.0)) as running, aiohttp.ClientSession() as session:
        query = asker.sign("action=post_task&id_project=1&title=X&text=mig%3AWS-00000001")
        with pytest.raises(aiohttp.ClientError):
            # encoded: the URL must leave exactly as it was signed
            await session.post(URL(f"{running.url}/api/admin/v2/?{query}", encoded=True))
        assert len(running.writes) == 1
    found = asker.ask("get_tasks", id_project=1, extra="text")["data"]
    assert [task["text"] for task in found] == ["", "mig:WS-00000001"]
