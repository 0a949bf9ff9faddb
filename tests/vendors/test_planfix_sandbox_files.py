"""Files and data tag entries of the Planfix sandbox, a real socket, and bodies of any shape."""

from __future__ import annotations

import copy
import re
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.sandbox.planfix.routes import ROUTES
from migrator.sandbox.server import Sandbox, serve
from tests.vendors.planfix_caller import TOKEN, Caller


@pytest.fixture
def call() -> Caller:
    return Caller.of_sample()


def test_an_upload_is_200_and_belongs_to_nothing(call: Caller) -> None:
    file = call.upload("Вузол №3 🧱.pdf", b"%PDF" * 300)
    assert call.get(f"/file/{file}?fields=id,name,size")["file"] == {"id": file, "size": 2, "name": "Вузол №3 🧱.pdf"}
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    assert call("POST", "/file/", raw=b"--b\r\n\r\nx\r\n--b--\r\n", **kind).code == (400, 7001)


def test_size_is_in_kilobytes_rounded_up(call: Caller) -> None:  # 20
    sizes = {0: 0, 1: 1, 1024: 1, 1025: 2}
    for length, shown in sizes.items():
        assert call.get(f"/file/{call.upload('a.bin', b'x' * length)}?fields=size")["file"]["size"] == shown


def test_a_file_over_the_limit_is_code_7002() -> None:
    call = Caller.of_sample(file_bytes=10)
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + b"x" * 11 + b"\r\n--b--\r\n"
    assert call("POST", "/file/", raw=part, **kind).code == (400, 7002)


def test_a_url_of_the_vendor_is_unsafe(call: Caller) -> None:
    refused = call.post("/file/from-url/", {"name": "a", "url": "https://lad.planfix.ru/a"})
    assert (refused.code, refused.body["error"]) == ((400, 41), "Unsafe url for downloading file")


def test_a_download_leads_to_a_link_that_expires_and_takes_no_token(call: Caller) -> None:  # 21
    reply = call.get("/file/3/download").reply
    assert reply.status == 302
    link = reply.headers["Location"]
    assert call.follow(link).reply.body.decode() == "Договір оренди майстерні, проєкт від 10.01.2024\n"
    assert call.follow(link, Authorization=f"Bearer {TOKEN}").status == 400
    assert call.follow(link.replace("signature=", "signature=0")).status == 403
    call.now += timedelta(hours=1)
    late = call.follow(link).reply
    assert late.status == 403
    assert b"expired" in late.body


def test_a_download_may_give_the_bytes_at_once() -> None:  # 21
    reply = Caller.of_sample(download="bytes").get("/file/4/download").reply
    assert (reply.status, reply.body.decode()) == (200, "скан підпису\n")


def test_the_link_comes_only_from_one_file_and_when_asked(call: Caller) -> None:
    assert set(call.get("/file/3")["file"]) == {"id", "size", "name"}
    link = call.get("/file/3?fields=downloadUrl")["file"]["downloadUrl"]
    assert call.follow(link).status == 200
    assert "downloadUrl" not in call.get("/task/101/files")["files"][0]


def test_an_inline_image_is_in_no_list_but_can_be_read(call: Caller) -> None:  # 22
    assert call.get("/task/110/files")["files"] == []
    assert call.get("/file/5?fields=name")["file"]["name"] == "тераса.png"


def test_a_tasks_own_files_are_those_of_its_description(call: Caller) -> None:
    assert [row["id"] for row in call.get("/task/101/files")["files"]] == [3, 4]
    assert [row["id"] for row in call.get("/task/101/files?onlyFromDescription=true")["files"]] == [3]


def test_one_file_sits_on_several_comments_and_files_replace(call: Caller) -> None:
    for _ in range(2):
        call.post("/task/104/comments/?silent=true", {"description": "x", "files": [{"id": 3}]})
    call.post("/task/101?silent=true", {"files": [{"id": 4}]})
    assert call.get("/task/101?fields=files")["task"]["files"][0]["id"] == 4
    assert call.get("/file/3").status == 200


def test_an_empty_files_list_destroys_what_is_used_nowhere_else(call: Caller) -> None:  # 26
    call.post("/task/101?silent=true", {"name": "інша"})
    assert call.get("/file/3").status == 200
    call.post("/task/101?silent=true", {"files": []})
    assert call.get("/file/3").code == (400, 7000)


@pytest.mark.parametrize(("kind", "number"), [("task", 104), ("project", 2), ("contact", 3)])
def test_a_file_is_attached_by_the_number_in_the_query(call: Caller, kind: str, number: int) -> None:
    file = call.upload("a.txt", b"a")
    assert call.post(f"/file/{file}/attach/{kind}?id={number}").body == {"result": "success"}
    assert [row["id"] for row in call.get(f"/{kind}/{number}/files")["files"]] == [file]
    assert call.post(f"/file/{file}/attach/{kind}?id=9999").code == (400, 6)


def test_a_deleted_file_is_gone_everywhere(call: Caller) -> None:
    assert call("DELETE", "/file/4").body == {"result": "success"}
    assert call.get("/comment/7?fields=files")["comment"]["files"] == []
    assert call("DELETE", "/file/4").code == (400, 7000)
    assert call.post("/file/3", {"name": "б.txt"}).body == {"result": "success"}
    assert call.get("/file/3")["file"]["name"] == "б.txt"


def hours(start: str, end: str) -> dict[str, Any]:
    return {"field": {"id": 502}, "value": {"from": {"time": start}, "to": {"time": end}}}


def entries(call: Caller, *items: list[dict[str, Any]], under: str = "") -> Any:
    body = {"dataTag": {"id": 1}, "items": [{"customFieldData": item} for item in items]}
    return call.post(f"/task/105/datatags/{under}", body)


def test_an_entry_also_makes_a_comment_of_the_tokens_user_now(call: Caller) -> None:  # 30
    made = entries(call, [hours("09:00", "10:00")])
    assert made.status == 201
    shown = call.get(f"/comment/{made['commentId']}?fields=owner,dateTime,description,task,dataTags")["comment"]
    assert (shown["owner"]["id"], shown["dateTime"]["datetime"]) == ("user:1", "2025-05-14T09:30Z")
    assert shown["dataTags"] == [{"dataTag": {"id": 1, "name": "Учёт времени"}, "key": made["keys"][0]}]


def test_an_entry_under_a_comment_keeps_its_author_and_makes_no_other(call: Caller) -> None:
    body = {"description": "x", "owner": {"id": "user:13"}, "dateTime": {"datetime": "2023-01-02T10:00Z"}}
    comment = call.post("/task/105/comments/?silent=true", body)["id"]
    before = len(call.sandbox.comments)
    made = entries(call, [hours("09:00", "10:00")], under=str(comment))
    assert set(made.body) == {"result", "keys"}
    assert len(call.sandbox.comments) == before
    assert call.get(f"/datatag/entry/{made['keys'][0]}?fields=commentId")["entry"]["commentId"] == comment
    assert entries(call, [hours("09:00", "10:00")], under="6").code == (400, 5000)


def test_many_items_give_keys_in_their_order(call: Caller) -> None:  # 31
    keys = entries(call, *([{"field": {"id": 504}, "value": f"рядок {n}"}] for n in range(5)))["keys"]
    texts = [call.get(f"/datatag/entry/{key}?fields=504")["entry"]["customFieldData"][0]["value"] for key in keys]
    assert texts == [f"рядок {n}" for n in range(5)]


def test_a_period_with_only_a_duration_stores_nothing(call: Caller) -> None:  # 32
    made = entries(call, [{"field": {"id": 502}, "value": {"durationSec": 5400}}])
    assert made.status == 201
    row = call.get(f"/datatag/entry/{made['keys'][0]}?fields=502")["entry"]["customFieldData"][0]
    assert row["value"] is None


def test_one_entry_holds_at_most_24_hours(call: Caller) -> None:
    made = entries(call, [hours("00:00", "24:00")])
    row = call.get(f"/datatag/entry/{made['keys'][0]}?fields=502")["entry"]["customFieldData"][0]
    assert row["value"]["durationSec"] == 86_400
    assert entries(call, [hours("00:00", "24:30")]).code == (400, 41)


def test_entries_are_found_by_the_marker_line_and_can_be_deleted(call: Caller) -> None:
    key = entries(call, [{"field": {"id": 505}, "value": "cost:7"}])["keys"][0]
    asked = {"filters": [{"type": 3108, "field": 505, "operator": "equal", "value": "cost:7"}]}
    assert [row["key"] for row in call.post("/datatag/1/entry/list", asked)["dataTagEntries"]] == [key]
    body = {"customFieldData": [{"field": {"id": 504}, "value": "правка"}]}
    assert call.post(f"/datatag/entry/{key}?silent=true", body).reply.body == b""
    assert call("DELETE", f"/datatag/entry/{key}").reply.body == b""
    assert call.post("/datatag/1/entry/list", asked)["dataTagEntries"] == []


def test_an_entry_without_tag_or_items_is_code_6001(call: Caller) -> None:
    assert call.post("/task/105/datatags/", {"dataTag": {"id": 9}, "items": [{}]}).code == (400, 6001)
    assert call.post("/task/105/datatags/", {"dataTag": {"id": 1}, "items": []}).code == (400, 6001)
    assert call.post("/task/9999/datatags/", {"dataTag": {"id": 1}, "items": [{}]}).code == (400, 1000)


async def test_it_works_over_a_real_socket(call: Caller) -> None:
    sandbox: Sandbox = call.sandbox
    head = {"Authorization": f"Bearer {TOKEN}"}
    async with serve(sandbox) as running, aiohttp.ClientSession(f"{running.url}/rest/", headers=head) as session:
        form = aiohttp.FormData()
        form.add_field("file", b"\x00\xff" * 700, filename="Схема 1.bin")
        async with session.post("file/", data=form) as reply:
            file = (await reply.json())["id"]
        async with session.post("task/", json={"name": "Через сокет", "files": [{"id": file}]}) as reply:
            assert reply.status == 201
        async with session.get(f"file/{file}/download", allow_redirects=False) as reply:
            link = reply.headers["Location"]
        async with aiohttp.ClientSession() as other, other.get(link) as reply:
            assert await reply.read() == b"\x00\xff" * 700
        async with session.delete(f"task/{file}") as reply:
            assert reply.status == 405
        assert [entry.call.path for entry in running.writes] == ["/rest/file/", "/rest/task/"]


_NAMES = (
    *("name", "description", "status", "assignees", "customFieldData", "files", "filters", "recipients", "dateTime"),
    *("owner", "template", "parent", "items", "dataTag", "offset", "pageSize", "fields", "resultOrder", "phones"),
    *("contacts", "birthDate", "type", "typeList", "isCompany", "roles", "users", "id", "value", "field", "operator"),
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 120) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.sampled_from([route for route in ROUTES if route.method == "POST"]),
    st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=6),
)
def test_a_body_of_any_shape_is_answered_and_a_refusal_changes_nothing(route: Any, body: dict[str, Any]) -> None:
    path = re.sub(r"\{\w+:(\w+)[^}]*\}", r"\1", route.path)
    numbers = {"commentId": "9", "itemId": "102", "key": "1", "contact": "3", "user": "2"}
    path = re.sub(r"\{(\w+)\}", lambda match: numbers.get(match[1], "101" if "task" in route.path else "1"), path)
    call = Caller.of_sample()
    before = copy.deepcopy(call.sandbox.state)
    answer = call("POST", path, {"name": "x", "template": {"id": 11}} | body)
    if not answer.reply.wrote:
        assert call.sandbox.state == before
