"""The Worksection sandbox at its door: signatures, tokens, bodies, pace, envelopes. `Desk` is what the other files ask with.

The numbers in names and comments are the gotchas of the vendor contract, section 8.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import orjson
import pytest

from migrator.sandbox.server import Call, Reply
from migrator.sandbox.worksection import Limits, Worksection

SAMPLE = Path(__file__).parents[2] / "samples" / "worksection-account.json"
KEY = "7776461cd931e7b1c8e9632ff8e979ce"  # of the vendor's worked example
NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:8080"


def small_account() -> dict[str, Any]:
    """A project with two tag sets in it and one outside, three users, a contact, and a task "26"."""
    return {
        "account": {"name": "small", "api_key": KEY, "time_zone": "Europe/Kyiv", "default_tag_groups": ["1"]},
        "user_groups": [{"id": "1", "title": "Бюро", "client": 0}],
        "project_groups": [{"id": "1", "title": "Бюро", "type": "company", "client": 0}, {"id": "2", "title": "Дім", "type": "folder"}],
        "contact_groups": [{"id": "2", "title": "DEFAULT", "type": "preset"}, {"id": "9", "title": "Склад", "type": "folder"}],
        "users": [
            {"id": "10", "name": "Олена Т", "email": "olena@example.com", "role": "owner", "group": "Бюро", "rate": 600},
            {"id": "11", "name": "Марко Г", "email": "marko@example.com", "role": "user", "group": "Бюро", "rate": 100.5},
            {"id": "12", "name": "Гість", "email": "guest@example.com", "role": "guest", "group": "Бюро"},
        ],
        "former_users": [{"id": "13", "name": "Богдан", "email": "gone@example.com"}],
        "contacts": [{"id": "20", "name": "Склад", "email": "contact@example.com", "group": "Склад"}],
        "task_tag_groups": [
            {"id": "1", "title": "Стан", "type": "status", "access": "public"},
            {"id": "2", "title": "Розділ", "type": "label", "access": "private"},
            {"id": "3", "title": "Чужий", "type": "label", "access": "public"},
        ],
        "task_tags": [
            {"id": "26", "title": "В роботі", "group": "1"},
            {"id": "27", "title": "АР", "group": "2"},
            {"id": "28", "title": "Поза проєктом", "group": "3"},
            {"id": "29", "title": "Двічі", "group": "1"},
            {"id": "30", "title": "Двічі", "group": "2"},
        ],
        "project_tag_groups": [{"id": "5", "title": "Стадія", "type": "status", "access": "public"}],
        "project_tags": [{"id": "51", "title": "Ескіз", "group": "5"}, {"id": "52", "title": "Нагляд", "group": "5"}],
        "projects": [
            {"id": "1", "name": "Дім", "status": "active", "company": "Дім", "user_from": "10", "user_to": "11",
             "date_added": "2026-01-05 10:00", "users": ["10", "11"], "tag_groups": ["1", "2"], "text": "<p>Опис</p>"},
        ],
        "tasks": [
            {"id": "26", "project": "1", "name": "Дах", "status": "active", "priority": "1", "user_from": "10", "user_to": "11",
             "date_added": "2026-01-06 11:00", "text": ""},
        ],
    }  # fmt: skip


class Desk:
    """Asks a sandbox without a socket: `ask` gives the envelope of a success, `refused` that of a refusal."""

    def __init__(self, sandbox: Worksection | None = None) -> None:
        self.sandbox = sandbox or Worksection(small_account())
        self.now = NOW
        self.at = 0.0

    def call(
        self, query: str = "", *, path: str = "/api/admin/v2/", method: str = "GET", body: bytes = b"", **headers: str
    ) -> Reply:
        """One raw call."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.sandbox.handle(Call(method, path, query, _Headers(sent), body, self.at, self.now, BASE))

    def signed(self, query: str, **more: Any) -> Reply:
        """A call with the md5 of its wire string."""
        return self.call(self.sign(query), **more)

    def sign(self, query: str) -> str:
        """The query with its md5 at the end."""
        return f"{query}&hash={hashlib.md5((query + KEY).encode()).hexdigest()}"

    def json(self, action: str, parameters: dict[str, Any], **headers: str) -> Reply:
        """A JSON POST with the Admin header."""
        stamp = str(int(self.now.timestamp()))
        sign = hmac.new(KEY.encode(), f"{action}:{stamp}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "Authorization": f"Admin {stamp}_{sign}",
            "Content_Type": "application/json; charset=utf-8",
        } | headers
        return self.call(
            f"action={action}", path="/api/admin/v2", method="POST", body=orjson.dumps(parameters), **headers
        )

    def bearing(self, token: str, action: str, parameters: dict[str, Any] | None = None) -> Reply:
        """A JSON POST with an access token."""
        headers = {"Authorization": f"Bearer {token}", "Content_Type": "application/json"}
        return self.call(
            f"action={action}", path="/api/oauth2", method="POST", body=orjson.dumps(parameters or {}), **headers
        )

    def upload(self, query: str, files: list[tuple[str, str, bytes]], **more: Any) -> Reply:
        """A multipart POST of (field, file name, content), its parameters signed in the URL."""
        parts = b"".join(
            f'--edge\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'.encode()
            + b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n"
            for field, name, content in files
        )  # fmt: skip
        more = {"Content_Type": "multipart/form-data; boundary=edge"} | more
        return self.signed(query, method="POST", body=parts + b"--edge--\r\n", **more)

    def ask(self, action: str, **parameters: Any) -> dict[str, Any]:
        """The envelope of a call that succeeds."""
        envelope = read(self.json(action, parameters))
        assert envelope["status"] == "ok", envelope
        return envelope

    def refused(self, action: str, **parameters: Any) -> tuple[int, str, str]:
        """Code, message and details of a call that is refused with HTTP 200 and changes nothing."""
        reply = self.json(action, parameters)
        envelope = read(reply)
        assert (reply.status, envelope["status"], reply.wrote) == (200, "error", False)
        assert "data" not in envelope
        return envelope["status_code"], envelope["message"], envelope.get("message_details", "")


class _Headers(dict[str, str]):
    """Headers whose names have no case."""

    def __init__(self, sent: dict[str, str]) -> None:
        super().__init__({name.lower(): value for name, value in sent.items()})

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


def read(reply: Reply) -> Any:
    """The JSON of a reply."""
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    return orjson.loads(reply.body)


@pytest.fixture
def desk() -> Desk:
    """A desk at the small account."""
    return Desk()


@pytest.fixture
def big() -> Desk:
    """A desk at the sample account."""
    return Desk(Worksection(orjson.loads(SAMPLE.read_bytes())))


class TestMd5:
    def test_the_vendors_worked_example_is_accepted(self, desk: Desk) -> None:  # 1
        reply = desk.call("action=get_tasks&id_project=26&hash=ec3ab2c28f21b4a07424f8ed688d6644")
        assert read(reply)["message"] == "Project is invalid"  # signed well: refused for the project

    def test_another_order_of_parameters_needs_another_signature(self, desk: Desk) -> None:  # 1
        reply = read(desk.call("id_project=26&action=get_tasks&hash=ec3ab2c28f21b4a07424f8ed688d6644"))
        assert reply == {"status": "error", "status_code": 2, "message": "Action hash is missed or invalid"}

    @pytest.mark.parametrize("query", ["action=get_projects", "hash=1&action=get_projects", ""])
    def test_no_signature_is_code_2(self, desk: Desk, query: str) -> None:
        assert read(desk.call(query))["status_code"] == 2

    def test_a_path_without_the_slash_is_the_same_endpoint(self, desk: Desk) -> None:
        assert read(desk.signed("action=get_projects", path="/api/admin/v2"))["status"] == "ok"

    @pytest.mark.parametrize(
        ("title", "sign"),
        [
            (quote_plus("Новая задача"), "334768f4596c449cf89299cbe07cdd8a"),
            (quote("Новая задача"), "36dd3c87d0355554d4350d9fce7049dc"),
            (quote_plus("Новая задача"), "b3ecce1936da1e73b5e6423e66b7812a"),
            (quote("Новая задача"), "b3ecce1936da1e73b5e6423e66b7812a"),
        ],
    )
    def test_wire_form_and_decoded_form_may_be_signed(self, desk: Desk, title: str, sign: str) -> None:
        reply = read(desk.call(f"action=post_task&id_project=26&title={title}&hash={sign}"))
        assert reply["message"] == "Project is invalid"

    def test_a_json_body_beside_the_signature_is_not_read(self, desk: Desk) -> None:
        reply = desk.signed("action=get_task", method="POST", body=b'{"id_task": 26}', Content_Type="application/json")
        assert read(reply)["message_details"] == "id_task"

    def test_post_takes_its_parameters_from_the_url(self, desk: Desk) -> None:
        assert read(desk.signed("action=get_task&id_task=26", method="POST"))["data"]["name"] == "Дах"


class TestAdminHeader:
    def test_the_known_vector_is_accepted_within_the_clock(self, desk: Desk) -> None:
        head = "Admin 1700000000_8798baadd443f8e660b7decc9d6311655226208b8025e01d22a4b11bc0840849"
        send = {"path": "/api/admin/v2", "method": "POST", "body": b'{"id_project": 1}', "Authorization": head}
        desk.now = datetime.fromtimestamp(1_700_000_030, UTC)
        assert read(desk.call("action=get_tasks", **send))["status"] == "ok"
        desk.now += timedelta(minutes=10)
        assert desk.call("action=get_tasks", **send).status == 401

    def test_a_header_for_another_action_is_401(self, desk: Desk) -> None:
        stamp = int(NOW.timestamp())
        sign = hmac.new(KEY.encode(), f"get_tasks:{stamp}".encode(), hashlib.sha256).hexdigest()
        reply = desk.call("action=get_users", method="POST", Authorization=f"Admin {stamp}_{sign}")
        assert (reply.status, read(reply)["message"]) == (401, "Invalid token")

    def test_no_body_means_no_parameters(self, desk: Desk) -> None:
        stamp = int(NOW.timestamp())
        sign = hmac.new(KEY.encode(), f"get_users:{stamp}".encode(), hashlib.sha256).hexdigest()
        assert (
            read(desk.call("action=get_users", method="POST", Authorization=f"Admin {stamp}_{sign}"))["status"] == "ok"
        )


class TestOauth:
    def exchange(self, desk: Desk, kind: str, by: str = "GET", **parameters: str) -> dict[str, Any]:
        sent = urlencode({"client_id": "lad-client", "client_secret": "lad-secret", **parameters})
        if by == "GET":
            return dict(read(desk.call(sent, path=f"/oauth2/{kind}")))
        return dict(read(desk.call(path=f"/oauth2/{kind}", method="POST", body=sent.encode())))

    @pytest.mark.parametrize("by", ["GET", "POST"])
    def test_a_code_becomes_a_pair_once(self, big: Desk, by: str) -> None:
        wanted = {
            "grant_type": "authorization_code",
            "code": "lad-code",
            "redirect_uri": "https://lad.example.com/oauth",
        }
        pair = self.exchange(big, "token", by, **wanted)
        assert (pair["token_type"], pair["expires_in"], pair["account_url"]) == ("Bearer", 86400, BASE)
        assert read(big.bearing(pair["access_token"], "me"))["data"][0]["id"] == "301"
        assert self.exchange(big, "token", by, **wanted)["error"] == "not_authorized"

    def test_a_refresh_voids_the_old_pair(self, big: Desk) -> None:  # 30
        pair = self.exchange(big, "refresh", grant_type="refresh_token", refresh_token="lad-refresh")
        old = big.bearing("lad-access", "get_users")
        assert (old.status, read(old)) == (401, {"status": "error", "status_code": 0, "message": "Invalid token"})
        assert read(big.bearing(pair["access_token"], "get_users"))["status"] == "ok"
        again = self.exchange(big, "refresh", grant_type="refresh_token", refresh_token="lad-refresh")
        assert set(again) == {"error", "errorDescription"}

    def test_a_token_runs_out_after_a_day_and_can_be_refreshed(self, big: Desk) -> None:
        assert big.bearing("lad-access", "get_users").status == 200
        big.now += timedelta(hours=24)
        late = big.bearing("lad-access", "get_users")
        assert late.status == 401
        assert "token is expired" in read(late)["message"]
        pair = self.exchange(big, "refresh", grant_type="refresh_token", refresh_token="lad-refresh")
        assert big.bearing(pair["access_token"], "get_users").status == 200

    def test_a_token_can_be_expired_on_order(self, big: Desk) -> None:
        big.sandbox.oauth.expire("lad-access", big.now)
        assert big.bearing("lad-access", "get_users").status == 401

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"client_secret": "x"}, "invalid_client"),
            ({"code": ""}, "invalid_request"),
            ({"code": "x"}, "not_authorized"),
        ],
    )
    def test_errors_of_the_oauth_server_are_http_200_in_camel_case(
        self, big: Desk, change: dict[str, str], error: str
    ) -> None:
        wanted = {
            "grant_type": "authorization_code",
            "code": "lad-code",
            "redirect_uri": "https://lad.example.com/oauth",
        }
        reply = self.exchange(big, "token", **(wanted | change))
        assert reply["error"] == error
        assert reply["errorDescription"]

    def test_the_resource_tells_whose_token_it_is(self, big: Desk) -> None:
        reply = read(big.call("access_token=lad-access", path="/oauth2/resource"))
        assert (reply["id"], reply["account_url"]) == ("301", BASE)

    def test_the_token_may_stand_in_the_url(self, big: Desk) -> None:
        assert read(big.call("action=get_users&access_token=lad-access", path="/api/oauth2"))["status"] == "ok"

    def test_the_author_is_the_tokens_user_whoever_is_named(self, big: Desk) -> None:
        sent = {"id_project": 105, "title": "Чай", "email_user_from": "marko.hnatiuk@lad.example.com"}
        assert read(big.bearing("lad-access", "post_task", sent))["data"]["user_from"]["id"] == "301"

    def test_a_guest_sees_only_what_is_theirs(self, big: Desk) -> None:
        projects = read(big.bearing("guest-access", "get_projects"))["data"]
        assert [project["id"] for project in projects] == ["101"]
        tasks = read(big.bearing("guest-access", "get_all_tasks"))["data"]
        assert {task["project"]["id"] for task in tasks} == {"101"}
        assert read(big.bearing("guest-access", "get_tasks", {"id_project": "102"}))["message"] == "Project is invalid"

    def test_a_scope_that_was_not_granted_is_401(self, big: Desk) -> None:
        assert read(big.bearing("reading-access", "get_projects"))["status"] == "ok"
        assert big.bearing("reading-access", "get_costs").status == 401

    def test_date_added_of_people_is_for_the_admin_key_only(self, big: Desk) -> None:
        assert "date_added" in big.ask("get_users")["data"][0]
        assert "date_added" not in read(big.bearing("lad-access", "get_users"))["data"][0]

    def test_actions_of_the_other_kind_of_key_do_not_exist(self, big: Desk) -> None:
        assert big.refused("me") == (0, "Action is invalid", "")
        assert read(big.bearing("lad-access", "get_timers"))["message"] == "Action is invalid"


class TestBodies:
    def test_a_form_is_invalid_json(self, desk: Desk) -> None:  # 7
        head = {"Content_Type": "application/x-www-form-urlencoded"}
        assert read(desk.signed("action=get_users", method="POST", body=b"a=1", **head))["message"] == "invalid JSON"
        assert read(desk.json("get_users", {}, **head))["status"] == "ok"  # {} is JSON whatever it is called

    @pytest.mark.parametrize("body", [b"[1]", b"{", b"\xff", b"null"])
    def test_a_body_that_is_no_object_is_invalid_json(self, desk: Desk, body: bytes) -> None:
        assert read(desk.signed("action=get_users", method="POST", body=body))["message"] == "invalid JSON"

    def test_a_long_url_is_414_and_the_same_by_json_passes(self, desk: Desk) -> None:  # 6
        text = "Дах " * 1200
        reply = desk.signed(urlencode({"action": "post_comment", "id_task": 26, "text": text}))
        assert (reply.status, reply.headers["Content-Type"], reply.wrote) == (414, "text/html", False)
        with pytest.raises(ValueError):
            orjson.loads(reply.body)
        assert not desk.sandbox.comments
        assert desk.ask("post_comment", id_task=26, text=text)["data"]["text"] == text

    def test_a_url_of_8192_bytes_passes(self, desk: Desk) -> None:
        room = 8192 - len("/api/admin/v2/?action=get_task&id_task=26&x=&hash=") - 32
        assert read(desk.signed("action=get_task&id_task=26&x=" + "x" * room))["status"] == "ok"
        assert desk.signed("action=get_task&id_task=26&x=" + "x" * (room + 1)).status == 414

    def test_parameters_of_multipart_stay_in_the_url(self, desk: Desk) -> None:
        everything = bytes(range(256)) * 3 + b"\r\n\n\r"
        files = [("attach[0]", "a.bin", everything), ("attach[7]", "порожній.txt", b""), ("other", "no.txt", b"x")]
        task = read(desk.upload("action=post_task&id_project=1&title=X", files))["data"]
        rows = desk.ask("get_files", id_task=task["id"])["data"]
        assert [(row["name"], row["size"]) for row in rows] == [("a.bin", "772"), ("порожній.txt", "0")]
        assert desk.signed(f"action=download&id_file={rows[0]['id']}").body == everything

    def test_methods_other_than_get_and_post_are_405(self, desk: Desk) -> None:
        assert desk.signed("action=get_users", method="DELETE").status == 405


class TestPace:
    def test_a_second_call_within_a_second_is_refused_and_nothing_is_written(self) -> None:  # 3
        desk = Desk(Worksection(small_account(), limits=Limits()))
        desk.ask("get_users")
        desk.at = 0.99
        reply = desk.json("post_comment", {"id_task": 26, "text": "Привіт"})
        assert (reply.status, reply.refused, reply.wrote) == (200, True, False)
        assert read(reply) == {"status": "error", "status_code": 0, "message": "Too many requests"}
        assert not desk.sandbox.comments
        desk.at = 2.0
        assert desk.ask("post_comment", id_task=26, text="Привіт")["data"]["text"] == "Привіт"

    def test_a_refused_call_starts_the_second_anew(self) -> None:
        desk = Desk(Worksection(small_account(), limits=Limits()))
        for desk.at, refused in ((0.0, False), (0.6, True), (1.2, True), (2.3, False)):
            assert desk.json("get_users", {}).refused is refused

    def test_a_full_second_is_enough(self) -> None:
        desk = Desk(Worksection(small_account(), limits=Limits()))
        assert not any(desk.json("get_users", {}).refused for desk.at in (0.0, 1.0, 2.0))

    def test_no_limits_means_no_pace(self, desk: Desk) -> None:
        assert not any(desk.json("get_users", {}).refused for _ in range(3))


class TestEnvelope:
    def test_errors_are_http_200(self, desk: Desk) -> None:  # 2
        assert desk.refused("get_task", id_task="999") == (5, "Task is invalid", "")
        assert desk.refused("get_tasks", id_project="999") == (4, "Project is invalid", "")

    def test_unknown_and_missing_actions(self, desk: Desk) -> None:
        assert desk.refused("delete_task", id_task=26) == (0, "Action is invalid", "")
        assert read(desk.signed("x=1"))["message"] == "Action is required"

    def test_a_missing_field_is_named(self, desk: Desk) -> None:
        assert desk.refused("get_tasks") == (10, "Field is required", "id_project")
        assert desk.refused("post_task", id_project=1, title="  ") == (10, "Field is required", "title")

    def test_data_may_be_missing_from_an_empty_list(self, desk: Desk) -> None:  # 13
        assert desk.ask("get_comments", id_task=26) == {"status": "ok"}
        assert desk.ask("get_files", id_task=26) == {"status": "ok"}
        assert desk.ask("get_costs") == {"status": "ok", "data": [], "total": {"time": "0:00", "money": "0.00"}}

    def test_an_empty_account_is_usable(self) -> None:
        desk = Desk(Worksection(None))
        project = desk.ask("post_project", title="Перший")["data"]
        assert desk.ask("post_task", id_project=project["id"], title="X")["data"]["id"] == "1"

    def test_only_writes_say_that_they_wrote(self, desk: Desk) -> None:
        assert not desk.json("get_projects", {}).wrote
        assert desk.json("post_comment", {"id_task": "26", "text": "x"}).wrote

    def test_handling_never_raises_on_rubbish(self, desk: Desk) -> None:
        for query in ("%ff%fe&hash=", "action=%00&&&=", "hash=" + "0" * 32):
            assert desk.call(query).status == 200
        for rubbish in ({"id_task": [1]}, {"id_task": {"a": 1}}, {"extra": 5, "id_task": True}):
            assert read(desk.json("get_task", rubbish))["status"] == "error"

    def test_the_page_of_a_file_leads_to_the_login_form(self, desk: Desk) -> None:
        reply = desk.call(path="/download/16201/")
        assert (reply.status, reply.headers["Location"]) == (302, "/login/")
        assert desk.call(path="/login/").headers["Content-Type"] == "text/html"
        assert desk.call(path="/nowhere").status == 404

    def test_the_account_it_was_given_stays_as_it_was(self) -> None:
        account = small_account()
        Desk(Worksection(account)).ask("post_comment", id_task=26, text="x")
        assert account == small_account()
