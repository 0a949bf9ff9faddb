"""The vendor's own client, `worksection-api-client`, runs against the sandbox over a socket unchanged."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

import orjson
import pytest
import worksection

from migrator.sandbox.server import Running, serve
from migrator.sandbox.worksection import Limits, Worksection
from tests.vendors.test_worksection_sandbox import KEY, SAMPLE

Answer = TypeVar("Answer")


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    """The sample account behind a socket."""
    async with serve(Worksection(orjson.loads(SAMPLE.read_bytes()))) as served:
        yield served


async def ask(running: Running, question: Callable[[worksection.Client], Answer]) -> Answer:
    """What the vendor's client, with the admin key, says; it blocks, so it runs in a thread."""
    return await asyncio.to_thread(question, worksection.Client(running.url).set_api_key(KEY))


async def test_it_reads_people_projects_and_tags(running: Running) -> None:
    users = await ask(running, lambda client: client.members.list())
    assert users[0].is_owner()
    assert len(users) == 14
    projects = await ask(running, lambda client: client.projects.list({"extra": "users,options,text"}))
    assert [project.users[0].id for project in projects][:2] == ["301", "301"]
    assert (
        await ask(running, lambda client: client.projects.get(103))
    ).name == "Офіс на Подолі: реконструкція 1 240 м² & BIM"
    assert {tag.id for tag in await ask(running, lambda client: client.tasks.tags({"type": "status"}))} == {
        26,
        27,
        28,
        29,
        51,
        52,
    }
    assert len(await ask(running, lambda client: client.tasks.custom_fields())) == 5
    assert len(await ask(running, lambda client: client.contacts.list())) == 7


async def test_it_reads_tasks_comments_and_costs(running: Running) -> None:
    everything = await ask(running, lambda client: client.tasks.list(params={"extra": "archive,text"}))
    assert {task.project.id for task in everything} == {str(number) for number in range(101, 109)}
    task = await ask(running, lambda client: client.tasks.get(2022, {"extra": "custom_fields,subtasks"}))
    assert (task.id, task.user_from.name != "") == ("2022", True)
    found = await ask(running, lambda client: client.tasks.search({"filter": "name = 'Брив' or name has 'Бриф'"}))
    assert [task.name for task in found] == ["Бриф і бюджет"]
    comments = await ask(running, lambda client: client.comments.list(2005, {"extra": "files"}))
    assert len(comments) == 12
    costs = await ask(running, lambda client: client.costs.list({"id_project": 105}))
    assert {cost.is_timer for cost in costs} <= {True, False}
    assert (await ask(running, lambda client: client.costs.total({"id_project": 105}))).time != ""


async def test_it_writes_a_task_its_comment_and_its_costs(running: Running) -> None:
    def work(client: worksection.Client) -> tuple[Any, Any, int]:
        author = "olena.tkachenko@lad.example.com"
        task = client.tasks.create(
            105,
            "Купити чай ☕",
            {"text": "зелений", "email_user_from": author, "todo": ["сенча", "улун"], "extra": "text"},
        )
        comment = client.comments.create(task.id, "Куплено", {"email_user_from": author})
        cost = client.costs.create(task.id, {"time": "0:15", "money": 320, "email_user_from": author})
        client.costs.update(cost, {"comment": "з чеком"})
        client.tasks.complete(task.id)
        return task, comment, cost

    task, comment, cost = await ask(running, work)
    assert task.text == "зелений\r\n• сенча\r\n• улун"
    assert comment.user_from.name == "Олена Ткаченко"
    assert isinstance(cost, int)
    row = (await ask(running, lambda client: client.costs.list({"id_task": task.id})))[0]
    assert (row.time, row.money, row.comment) == ("0:15", "320.00", "з чеком")
    await ask(running, lambda client: client.costs.delete(cost))
    assert (await ask(running, lambda client: client.tasks.get(task.id))).status == "done"


async def test_it_writes_a_project_with_members_and_tags(running: Running) -> None:
    def work(client: worksection.Client) -> Any:
        project = client.projects.create(
            "Новий об'єкт", {"tags": "Ескіз", "extra": "options", "options.allow_close": 1}
        )
        client.projects.add_members(project.id, ["marko.hnatiuk@lad.example.com", "iryna.savchuk@lad.example.com"])
        client.projects.update_tags(project.id, [721], [711])
        client.projects.close(project.id)
        return client.projects.get(project.id, {"extra": "users"})

    project = await ask(running, work)
    assert (project.status, project.tags) == ("archive", {"721": "Житло"})
    assert [user.id for user in project.users] == ["301", "302", "303"]


async def test_it_downloads_and_uploads_files(running: Running, tmp_path: Path) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"%PDF" + bytes(range(256)))

    def work(client: worksection.Client) -> tuple[bytes, Any, Any]:
        uploaded = client.files.upload([str(tmp_path / "plan.pdf")])
        task = client.tasks.create(105, "З файлом", {"files": uploaded})
        file = client.files.list({"id_task": task.id})[0]
        sink = io.BytesIO()
        client.files.download(file.id, sink)
        return sink.getvalue(), file, client.files.download(16209)

    content, file, picture = await ask(running, work)
    assert (content, file.size, file.name) == ((tmp_path / "plan.pdf").read_bytes(), "260", "plan.pdf")
    assert picture.filename == "хол 🌿 вечір.png"
    with pytest.raises(worksection.ResponseException, match="File not found"):
        await ask(running, lambda client: client.files.download(1))


async def test_an_error_is_its_exception(running: Running) -> None:
    with pytest.raises(worksection.ResponseException, match="get_task: Task is invalid"):
        await ask(running, lambda client: client.tasks.get(999))
    with pytest.raises(worksection.ResponseException, match="Parent task is done"):
        await ask(running, lambda client: client.tasks.reopen(2002))


async def test_the_pace_is_refused_over_the_socket() -> None:
    async with serve(Worksection(orjson.loads(SAMPLE.read_bytes()), limits=Limits()), clock=lambda: 0.0) as running:
        await ask(running, lambda client: client.members.groups())
        with pytest.raises(worksection.ResponseException, match="Too many requests"):
            await ask(running, lambda client: client.members.groups())
        assert [len(running.refused), len(running.writes)] == [1, 0]


async def test_an_expired_token_is_refreshed_once(running: Running) -> None:
    sandbox = running.sandbox
    assert isinstance(sandbox, Worksection)
    config = {
        "client_id": "lad-client",
        "client_secret": "lad-secret",
        "redirect_uri": "https://lad.example.com/oauth",
        "token_url": f"{running.url}/oauth2/token",
        "refresh_url": f"{running.url}/oauth2/refresh",
    }

    def work(pair: dict[str, str]) -> tuple[str, dict[str, str]]:
        client = worksection.Client(running.url).set_client(config).set_access_token(pair)
        profile = client.user.profile()
        return profile.email, {"access_token": client.get_access_token(), "refresh_token": client.get_refresh_token()}

    pair = {"access_token": "lad-access", "refresh_token": "lad-refresh"}
    assert (await asyncio.to_thread(work, pair))[1] == pair
    sandbox.oauth.expire("lad-access", running.log[-1].call.now)
    email, fresh = await asyncio.to_thread(work, pair)
    assert email == "olena.tkachenko@lad.example.com"
    assert fresh["access_token"] != "lad-access"
    with pytest.raises(worksection.UnauthorizedException, match="Invalid token"):
        await asyncio.to_thread(work, pair)
