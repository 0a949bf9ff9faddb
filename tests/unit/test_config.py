"""migration.toml: what it gives, and every refusal with its line and fix."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from migrator.config import Migration, Scope, line_of, load
from migrator.errors import InputWrong
from migrator.model import Kind
from migrator.vendor import Capabilities, Limits, Option, Vendor

SECRET = "5ecret-0f-the-account"


def _vendor(name: str, *options: Option, source: bool = True, on_disk: bool = False) -> Vendor:
    def opens(account: object, wire: object) -> None:
        raise AssertionError("reading a file opens no account")

    capabilities = Capabilities(reads=frozenset(), creates=frozenset(), matches=frozenset(), fields={})
    limits = Limits(requests=1, period=1.0, per_day=100, parallel=2, quarantine=7.0)
    open_source = opens if source else None
    return Vendor(name, name.title(), capabilities, limits, options, open_source, opens, on_disk=on_disk)


VENDORS = {
    vendor.name: vendor
    for vendor in (
        _vendor("worksection", Option("auth", "how", "hmac"), Option("files", "whether", True)),
        _vendor("planfix", Option("process", "which", None), Option("depth", "how deep", 3)),
        _vendor("deaf", source=False),
        _vendor("archive", on_disk=True),
    )
}
GOOD = """\
name = "acme"
[source]
vendor = "worksection"
url = "https://acme.worksection.com"
secret = "env:KEY"
[target]
vendor = "planfix"
url = "https://acme.planfix.ru/rest"
secret = "file:planfix.token"
"""


def read(folder: Path, text: str) -> Migration:
    (folder / "planfix.token").write_text(f"{SECRET}\r\n")
    (folder / "empty.token").write_text("\n")
    (folder / "binary.token").write_bytes(b"\xff")
    (folder / "acme.toml").write_text(text)
    return load(folder / "acme.toml", VENDORS, {"KEY": "key\n", "EMPTY": "", "SPACE": " "})


def problems(folder: Path, text: str) -> list[str]:
    """The problems of a file, their paths left out: "line: text"."""
    with pytest.raises(InputWrong) as stopped:
        read(folder, text)
    assert SECRET not in str(stopped.value)
    place = f"{folder / 'acme.toml'}:"
    assert all(problem.startswith(place) for problem in stopped.value.problems)
    return [problem.removeprefix(place) for problem in stopped.value.problems]


def test_a_short_file_gives_the_defaults(tmp_path: Path) -> None:
    migration = read(tmp_path, GOOD)
    assert migration.path == tmp_path / "acme.toml"
    assert (migration.name, migration.run_dir, migration.mapping) == ("acme", tmp_path / "runs" / "acme", None)
    assert migration.scope == Scope(kinds=frozenset(Kind), projects=(), archived=True, closed=True, since=None)
    source, target = migration.source, migration.target
    assert (source.vendor, source.url, source.secret) == ("worksection", "https://acme.worksection.com", "key")
    assert (source.time_zone, source.limits, source.options) == ("UTC", None, {})
    assert target.secret == SECRET
    assert SECRET not in repr(migration)


def test_a_full_file_gives_what_it_says(tmp_path: Path) -> None:
    migration = read(
        tmp_path,
        """
        name = "acme-2.b_c"
        run_dir = "elsewhere"
        mapping = "acme.mapping.toml"
        [source]
        vendor = "worksection"
        url = "https://ACME.worksection.com/"
        secret = "env:KEY"
        time_zone = "Europe/Kyiv"
        quarantine = 30
        rate = "60/60s"
        per_day = 20000
        parallel = 16
        [source.options]
        auth = "md5"
        [target]
        vendor = "archive"
        path = "out"
        [scope]
        kinds = ["project", "task", "comment", "file", "cost", "checkitem"]
        projects = ["12", "Site *"]
        archived = false
        closed = false
        since = 2024-01-01
        [options]
        auth = "oauth2"
        files = false
        """,
    )
    assert (migration.run_dir, migration.mapping) == (tmp_path / "elsewhere", tmp_path / "acme.mapping.toml")
    assert migration.source.url == "https://acme.worksection.com"
    assert migration.source.limits == Limits(requests=60, period=60.0, per_day=20000, parallel=16, quarantine=30.0)
    assert migration.source.options == {"auth": "md5", "files": False}
    assert migration.source.time_zone == "Europe/Kyiv"
    assert (migration.target.path, migration.target.secret, migration.target.options) == (tmp_path / "out", "", {})
    kinds = frozenset({Kind.PROJECT, Kind.TASK, Kind.COMMENT, Kind.FILE, Kind.COST, Kind.CHECKITEM})
    assert migration.scope == Scope(kinds, ("12", "Site *"), archived=False, closed=False, since=date(2024, 1, 1))


@pytest.mark.parametrize(
    ("lines", "limits"),
    [
        ('rate = "2/s"', Limits(2, 1.0, 100, 2, quarantine=7.0)),
        ('rate = "1/1.5s"', Limits(1, 1.5, 100, 2, quarantine=7.0)),
        ('rate = "off"', Limits(0, 1.0, 100, 2, quarantine=7.0)),
        ('per_day = "off"', Limits(1, 1.0, None, 2, quarantine=7.0)),
        ("parallel = 1", Limits(1, 1.0, 100, 1, quarantine=7.0)),
    ],
)
def test_a_limit_of_the_user_takes_the_place_of_the_vendors(tmp_path: Path, lines: str, limits: Limits) -> None:
    assert read(tmp_path, GOOD + lines).target.limits == limits


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:80/rest"])
def test_this_machine_needs_no_encryption(tmp_path: Path, url: str) -> None:
    assert read(tmp_path, GOOD.replace("https://acme.planfix.ru/rest", url)).target.url == url


_NO_NAME = "must be a plain file name of letters, digits, '.', '_' and '-', and not begin with a dot"
_NO_SECRET = 'a secret must not stand in this file: write "env:NAME" or "file:PATH"'
_NO_URL = "must have no user, password, ? or # in it: what is secret goes to secret"
_KNOWN = "did you mean"
PROBLEMS = [  # what is replaced in the good file, by what, and the problem
    ('"acme"', '"../acme"', f"1: name: '../acme' {_NO_NAME}"),
    ('"acme"', '".acme"', f"1: name: '.acme' {_NO_NAME}"),
    ('"acme"', "12", "1: name: must be a string"),
    ("[target]", "zzz = 1\n[target]", "6: [source] zzz: unknown key; known: "),
    ("[target]", "parralel = 1\n[target]", f"6: [source] parralel: unknown key; {_KNOWN} parallel"),
    ('"planfix"', '"planfx"', f"7: [target] vendor: 'planfx' is no vendor; {_KNOWN} planfix?"),
    ('vendor = "planfix"\n', "", '6: [target] vendor: missing: write vendor = "..."'),
    ('"worksection"', '"deaf"', "3: [source] vendor: Deaf cannot be a source; choose another vendor"),
    ('url = "https://acme.planfix.ru/rest"\n', "", '6: [target] url: missing: write url = "https://..."'),
    ("https://acme.planfix.ru/rest", "", '8: [target] url: missing: write url = "https://..."'),
    ('"https://acme.planfix.ru/rest"', "1", "8: [target] url: must be a string"),
    ("https://acme.planfix.ru", "acme.planfix.ru", "8: [target] url: must begin with https:// and a host"),
    ("https://acme.planfix.ru", "ftp://acme.planfix.ru", "8: [target] url: must begin with https:// and a host"),
    (
        "https://acme.pl",
        "http://acme.pl",
        "8: [target] url: must begin with https://: a secret must not travel in the open",
    ),
    ("https://acme.pl", f"https://me:{SECRET}@acme.pl", f"8: [target] url: {_NO_URL}"),
    ("ru/rest", f"ru/rest?token={SECRET}", f"8: [target] url: {_NO_URL}"),
    ("https://acme.pl", "https://[acme.pl", "8: [target] url: is no address; write https://, the host, and the path"),
    ('secret = "env:KEY"\n', "", '2: [source] secret: missing: write "env:NAME" or "file:PATH"'),
    ("env:KEY", SECRET, f"5: [source] secret: {_NO_SECRET}"),
    ("env:KEY", f"key:{SECRET}", f"5: [source] secret: {_NO_SECRET}"),
    ("env:KEY", "env:", f"5: [source] secret: {_NO_SECRET}"),
    ('"env:KEY"', f'["{SECRET}"]', "5: [source] secret: must be a string"),
    ("env:KEY", "env:NONE", "5: [source] secret: the environment variable NONE is not set: export NONE=... first"),
    ("env:KEY", "env:EMPTY", "5: [source] secret: the environment variable EMPTY is not set: export EMPTY=... first"),
    ("env:KEY", "env:SPACE", "5: [source] secret: the environment variable SPACE is not set: export SPACE=... first"),
    ("planfix.t", "no.t", "9: [target] secret: the file no.token cannot be read: No such file or directory"),
    ("planfix.t", "empty.t", "9: [target] secret: the file empty.token is empty: put the secret in it"),
    ("planfix.t", "binary.t", "9: [target] secret: the file binary.token cannot be read: it is not UTF-8 text"),
    (
        "[target]",
        "path = 'x'\n[target]",
        "6: [source] path: not for Worksection, which is reached by its url; remove it",
    ),
    (
        "[target]",
        "time_zone = 'Europe/Kyif'\n[target]",
        "6: [source] time_zone: 'Europe/Kyif' is no time zone; write one like ",
    ),
    ("[target]", "time_zone = '../etc'\n[target]", "6: [source] time_zone: '../etc' is no time zone; write one like "),
    (
        "[target]",
        "rate = '1 a second'\n[target]",
        '6: [source] rate: \'1 a second\' is no rate; write "1/1s", "60/60s" or "off"',
    ),
    ("[target]", "rate = '0/1s'\n[target]", "6: [source] rate: '0/1s' is no rate; "),
    ("[target]", "rate = '1/0s'\n[target]", "6: [source] rate: '1/0s' is no rate; "),
    ("[target]", "rate = 1\n[target]", "6: [source] rate: must be a string"),
    ("[target]", "per_day = 0\n[target]", '6: [source] per_day: must be 1 or more, or "off"'),
    ("[target]", "per_day = true\n[target]", "6: [source] per_day: must be a whole number"),
    ("[target]", "parallel = 0\n[target]", "6: [source] parallel: must be 1 to 16"),
    ("[target]", "parallel = 17\n[target]", "6: [source] parallel: must be 1 to 16"),
    ("[target]", "quarantine = -1\n[target]", "6: [source] quarantine: must be 0 or more"),
    ("[target]", "quarantine = inf\n[target]", "6: [source] quarantine: must be 0 or more"),
    ("[target]", "quarantine = '1s'\n[target]", "6: [source] quarantine: must be a number of seconds"),
    ("[target]", "options = 1\n[target]", "6: [source] options: must be a table"),
    ("[target]", "options.aut = 'x'\n[target]", f"6: [source.options] aut: unknown key; {_KNOWN} auth?"),
    ("[target]", "options.auth = true\n[target]", "6: [source.options] auth: must be a string"),
    ("[target]", "options.files = 1\n[target]", "6: [source.options] files: must be true or false"),
    ("[target]", "[target.options]\ndepth = true\n[target]", "7: [target.options] depth: must be a whole number"),
    (
        "[target]",
        "[target.options]\nprocess = 1.5\n[target]",
        "7: [target.options] process: must be a string, a whole number",
    ),
    ("[target]", "[options]\nproces = 'x'\n[target]", f"7: [options] proces: unknown key; {_KNOWN} process"),
    ("[target]", "[options]\nfiles = 'x'\n[target]", "7: [options] files: must be true or false"),
    ("[target]", "[scope]\nkinds = ['task', 'tsak']\n[target]", f"7: [scope] kinds: 'tsak' is no kind; {_KNOWN} task"),
    ("[target]", "[scope]\nkinds = []\n[target]", "7: [scope] kinds: is empty, so nothing would move: name some kinds"),
    ("[target]", "[scope]\nkinds = 'task'\n[target]", "7: [scope] kinds: must be a list"),
    ("[target]", "[scope]\nprojects = [12]\n[target]", "7: [scope] projects: must be a list of strings"),
    ("[target]", "[scope]\nclosed = 'no'\n[target]", "7: [scope] closed: must be true or false"),
    (
        "[target]",
        "[scope]\nsince = '2024-01-01'\n[target]",
        "7: [scope] since: must be a day without quotes, like 2024-01-01",
    ),
    ("[target]", "[scope]\nsince = 2024-01-01T00:00:00Z\n[target]", "7: [scope] since: must be a day without quotes"),
    ("name", "options = 1\nname", "1: options: must be a table"),
    ("name", "sorce = 1\nname", f"1: sorce: unknown key; {_KNOWN} source"),
]


@pytest.mark.parametrize(("old", "new", "problem"), PROBLEMS)
def test_a_refusal_names_line_and_fix(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in GOOD
    (found,) = problems(tmp_path, GOOD.replace(old, new, 1))
    assert found.startswith(problem)


def test_all_problems_are_reported_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = GOOD.replace("acme.worksection", "me:pw@acme.worksection").replace("planfix.token", "no.token")
    text = text.replace('"acme"', '"a/b"') + "prallel = 2\n[scope]\nsince = 1\nkind = []\n"
    assert [problem.split(" ")[0] for problem in problems(tmp_path, text)] == ["1:", "4:", "9:", "10:", "12:", "13:"]


def test_source_and_target_must_differ(tmp_path: Path) -> None:
    side = 'vendor = "planfix"\nurl = "https://{}"\nsecret = "env:KEY"\n'
    text = "[source]\n" + side.format("A.planfix.ru/rest/") + "[target]\n" + side.format("a.planfix.ru/rest")
    same = "source and target are the same account; change one of them"
    assert problems(tmp_path, 'name = "a"\n' + text) == [f"8: [target] url: {same}"]
    disk = 'name = "a"\n[source]\nvendor = "archive"\npath = "x"\n[target]\nvendor = "archive"\npath = "y/../x"\n'
    assert problems(tmp_path, disk) == [f"7: [target] path: {same}"]
    assert read(tmp_path, disk.replace("/..", "")).target.path == tmp_path / "y" / "x"


def test_an_archive_takes_a_path_alone(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD.replace('"planfix"', '"archive"')) == [
        '6: [target] path: missing: write path = "folder"',
        "8: [target] url: not for Archive, which is a folder; remove it",
        "9: [target] secret: not for Archive, which is a folder; remove it",
    ]


def test_a_file_without_sides_says_so(tmp_path: Path) -> None:
    assert problems(tmp_path, 'name = "a"\nsource = 1\n') == [
        "1: target: missing: add a [target] table with vendor, url and secret",
        "2: source: must be a table",
    ]


def test_settings_for_an_unknown_vendor_raise_no_second_problem(tmp_path: Path) -> None:
    assert (
        len(problems(tmp_path, GOOD.replace('"planfix"', '"planfx"') + "options.depth = 1\n[options]\nprocess = 1"))
        == 1
    )


def test_the_folder_gives_the_name_of_a_nameless_migration(tmp_path: Path) -> None:
    (tmp_path / "roof").mkdir()
    assert read(tmp_path / "roof", GOOD.replace('name = "acme"', "")).name == "roof"


@pytest.mark.parametrize(("text", "line"), [('name = "a"\nx = \n', 2), ("a = 1\na = 2\n", 2), ('name = "a', 1)])
def test_a_file_that_is_not_toml_is_refused_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    (found,) = problems(tmp_path, text)
    assert found.startswith(f"{line}: is not TOML: ")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InputWrong, match=r"none\.toml: cannot be read: No such file or directory. Make one with: migrator init"
    ):
        load(tmp_path / "none.toml", VENDORS, {})
    with pytest.raises(InputWrong, match="cannot be read: Is a directory"):
        load(tmp_path, VENDORS, {})
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    with pytest.raises(InputWrong, match="is not UTF-8 text"):
        load(tmp_path / "latin.toml", VENDORS, {})


@pytest.mark.parametrize(
    ("at", "line"),
    [
        (("name",), 1),
        (("source", "url"), 3),
        (("target", "url"), 6),
        (("target", "options", "a b"), 8),
        (("target", "options", "none"), 7),
        (("scope", "kinds"), 9),
        (("none",), 1),
    ],
)
def test_a_key_is_found_where_it_stands(at: tuple[str, ...], line: int) -> None:
    source = 'name = "url = 1"\n[source] # url = 2\n  "url"="x"\nname = 1\n[ target ]\nurl = 1\n[target.options]\n'
    assert line_of(source + "'a b' = 1\n[scope]\nscope.kinds = 1", at) == line
