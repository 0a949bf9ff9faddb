"""Files of the HubEx sandbox: uploads, lists, redirects to a storage that forgets.

The number in a comment is the gotcha of the vendor contract, section 9A.
"""

from __future__ import annotations

import base64
import hashlib
import io
import uuid
import zipfile
from datetime import timedelta
from typing import Any

import pytest

from tests.vendors.test_hubex_sandbox import Answer, Caller

CONTENT = "Дефектная ведомость\n".encode()
DIGEST = hashlib.md5(CONTENT).hexdigest().upper()


@pytest.fixture
def call() -> Caller:
    return Caller.of_sample()


@pytest.fixture
def task(call: Caller) -> int:
    return call.task(notes="Файлы")


def form(
    call: Caller, path: str, *, part: str = "File", name: str = "ведомость.txt", content: bytes = CONTENT, **fields: str
) -> Answer:
    """A multipart upload; names of fields with __ stand for a dot."""
    lines = [f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()]
    head = (
        f'--b\r\nContent-Disposition: form-data; name="{part}"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\n'
    )
    raw = "".join(lines).encode() + head.encode() + content + b"\r\n--b--\r\n"
    return call("POST", path, raw=raw, Content_Type="multipart/form-data; boundary=b")


def upload(call: Caller, task: int, **fields: Any) -> Answer:
    return form(call, "/WORK/TaskAttachments/upload/fromForm", taskID=str(task), **fields)


def test_an_upload_tells_the_md5_in_upper_hex_and_the_list_never_does(call: Caller, task: int) -> None:
    answer = upload(call, task, Description="mark", Uid=str(uuid.uuid4()))
    file = answer["attachmentID"]
    assert (answer.status, answer.body) == (
        201,
        {"taskID": task, "attachmentID": file, "md5Hash": DIGEST, "fileName": "ведомость.txt", "isProtected": False},
    )
    row = call.get(f"/WORK/Tasks/{task}/attachments?thumbnailSize=128").body[str(file)]
    assert row["description"] == "mark"
    assert set(row) == {"fileName", "description", "size", "created", "isUploaded", "isProtected"}


def test_fields_of_an_upload_may_stand_in_the_query_too(call: Caller, task: int) -> None:
    answer = form(call, f"/WORK/TaskAttachments/upload/fromForm?TaskID={task}&IsPublic=true")
    row = call.get(f"/WORK/Tasks/{task}/attachments").body[str(answer["attachmentID"])]
    assert call.follow(row["publicUrl"]).reply.body == CONTENT


def test_the_same_file_twice_is_409_unless_told_to_ignore_it(call: Caller, task: int) -> None:
    assert upload(call, task).status == 201
    assert upload(call, task).code == (409, "AlreadyDone")
    assert upload(call, task, isIgnorePossibleDuplication="true").status == 201
    assert len(call.get(f"/WORK/Tasks/{task}/attachments").body) == 2


def test_a_wrong_hash_no_file_no_task_and_too_many_bytes_are_refused(task: int) -> None:
    call = Caller.of_sample(file_bytes=len(CONTENT))
    target = call.task()
    assert upload(call, target, Md5Hash="0" * 32).code == (409, "InvalidData")
    assert upload(call, target, part="attachment").code == (409, "ParameterNull")
    assert upload(call, 9999).code == (404, "TaskNotFound")
    assert upload(call, target, content=CONTENT + b"x").code == (409, "InvalidOperation")
    assert upload(call, target, Md5Hash=DIGEST.lower()).status == 201


def test_two_steps_upload_first_and_link_after(call: Caller, task: int) -> None:
    answer = form(call, "/COMMON/Attachments/upload/fromForm")
    file = answer["attachmentID"]
    assert answer["checkSum"] == DIGEST
    assert call.get(f"/WORK/Tasks/{task}/attachments").status == 204
    linked = call.post("/WORK/TaskAttachments", [{"taskID": task, "data": [file]}])
    assert (linked.status, linked.body) == (201, [{"taskID": task, "attachmentID": file}])
    assert call.get(f"/WORK/Tasks/{task}/attachments").keys == [file]
    assert call.post("/WORK/TaskAttachments", [{"taskID": task, "data": [99999]}]).code == (409, "InvalidData")


def test_a_comment_carries_files_that_were_uploaded_before(call: Caller, task: int) -> None:
    file = form(call, "/COMMON/Attachments/upload/fromForm")["attachmentID"]
    call.post(f"/WORK/Tasks/{task}/conversation", {"message": "", "isExternal": False, "attachments": [file]})
    (row,) = call.get(f"/WORK/Tasks/{task}/conversations").body
    assert row["attachment"] == [{"id": file, "fileName": "ведомость.txt"}]
    assert call.get(f"/WORK/Tasks/{task}/attachments").status == 204
    answer = call.get(f"/WORK/Tasks/{task}/conversations/{row['id']}/attachments/{file}")
    assert answer.status == 303


def test_a_comment_with_its_file_in_one_form(call: Caller, task: int) -> None:
    path = f"/WORK/Tasks/{task}/conversation/upload/fromForm"
    fields = {"IsExternal": "true", "Message": "С файлом", "Attachments.Index": "0"}
    (row,) = form(call, path, part="Attachments[0].File", **fields).body
    assert (row["taskConversationID"], row["md5Hash"]) == (1, DIGEST)
    shown = call.get(f"/WORK/Tasks/{task}/conversations").body[0]
    assert (shown["message"], shown["isExternal"], len(shown["attachment"])) == ("С файлом", True, 1)


def test_a_file_of_a_body_is_base64(call: Caller, task: int) -> None:
    body = {
        "taskID": task,
        "fileName": "a.txt",
        "contentType": "text/plain",
        "file": base64.b64encode(CONTENT).decode(),
    }
    assert call.post("/WORK/TaskAttachments/upload/fromBody", body)["md5Hash"] == DIGEST
    assert call.post("/WORK/TaskAttachments/upload/fromBody", {**body, "file": "@@"}).code == (409, "InvalidData")


def test_an_asset_takes_files_and_answers_with_a_check_sum(call: Caller) -> None:
    answer = form(call, "/ES/AssetAttachments/upload/fromForm", assetID="2")
    assert answer["checkSum"] == DIGEST
    assert answer["attachmentID"] in call.get("/ES/Assets/2/attachments").keys


def test_bytes_are_303_for_tasks_and_307_for_common_and_assets(call: Caller, task: int) -> None:
    file = upload(call, task)["attachmentID"]
    assert call.get(f"/WORK/Tasks/{task}/attachments/{file}").status == 303
    assert call.get(f"/COMMON/Attachments/{file}").status == 307
    assert call.get("/ES/Assets/1/attachments/1").status == 307
    assert call.get(f"/WORK/Tasks/101/attachments/{file}").status == 404


def test_the_storage_refuses_an_authorization_header(call: Caller, task: int) -> None:
    file = upload(call, task)["attachmentID"]
    link = call.get(f"/COMMON/Attachments/{file}").reply.headers["Location"]
    assert call.follow(link, Authorization=f"Bearer {call.token}").status == 401
    assert call.follow(link).reply.body == CONTENT


def test_links_without_redirect_expire(call: Caller, task: int) -> None:  # 33
    file = upload(call, task)["attachmentID"]
    shown = call.get(f"/COMMON/Attachments/{file}?noRedirect=true").body
    assert {"fileName", "url", "size", "created"} == set(shown)
    assert "temp_url_sig=" in shown["url"]
    assert "temp_url_expires=" in shown["url"]
    assert call.follow(shown["url"]).reply.body == CONTENT
    call.now += timedelta(seconds=call.sandbox.state.options.link_seconds + 1)
    assert call.follow(shown["url"]).status == 401
    assert call.follow(shown["url"].replace("temp_url_sig=", "temp_url_sig=0")).status == 401


def test_the_list_of_many_tasks_does_not_say_whose_files_they_are(call: Caller, task: int) -> None:
    file = upload(call, task)["attachmentID"]
    rows = call.get(f"/COMMON/Attachments?taskID={task}&taskID=101").body
    assert str(file) in rows
    assert not any("taskID" in row for row in rows.values())
    assert call.get(f"/COMMON/Attachments?taskID={call.task()}").status == 204


def test_one_archive_holds_the_files_of_up_to_100_tasks(call: Caller, task: int) -> None:
    upload(call, task)
    shown = call.get(f"/COMMON/Attachments/downloadLink?taskID={task}&taskID=9999").body
    assert shown["failures"] == ["9999"]
    with zipfile.ZipFile(io.BytesIO(call.follow(shown["downloadUrl"]).reply.body)) as archive:
        assert [archive.read(name) for name in archive.namelist()] == [CONTENT]
    many = "&".join(f"taskID={key}" for key in range(101))
    assert call.get(f"/COMMON/Attachments/downloadLink?{many}").code == (409, "InvalidOperation")


def test_unlinking_keeps_the_file_and_deleting_takes_it_from_everywhere(call: Caller, task: int) -> None:
    first, second = upload(call, task)["attachmentID"], upload(call, task, name="b.txt")["attachmentID"]
    assert call("DELETE", "/WORK/TaskAttachments", [{"taskID": task, "data": [first]}]).status == 202
    assert call.get(f"/WORK/Tasks/{task}/attachments").keys == [second]
    assert call.get(f"/COMMON/Attachments/{first}").status == 307
    assert call("DELETE", "/COMMON/Attachments", [second]).status == 202
    assert call.get(f"/WORK/Tasks/{task}/attachments").status == 204
    assert call.get(f"/COMMON/Attachments/{second}").status == 404
    assert "deleted" in call.sandbox.attachments[str(second)]


def test_works_take_files_and_list_them_as_an_array(call: Caller, task: int) -> None:
    file = form(call, "/COMMON/Attachments/upload/fromForm")["attachmentID"]
    call.post("/WORK/CompletedWorks", [{"taskID": task, "data": [{"workTypeID": 1}]}])
    link = [{"taskID": task, "data": [{"completedWorkID": 1, "attachmentID": file}]}]
    assert call.post("/WORK/CompletedWorkAttachments", link).status == 201
    rows = call.get(f"/WORK/Tasks/{task}/completedWorks/attachments").body
    assert [(row["completedWorkID"], row["attachmentID"]) for row in rows] == [(1, file)]
