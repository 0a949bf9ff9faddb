"""migration.toml, read whole: all problems are reported at once, each with its line and the fix."""

from __future__ import annotations

import difflib
import math
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from migrator.errors import InputWrong
from migrator.model import Kind
from migrator.secrets import Secrets
from migrator.vendor import Account, Limits, Option, Vendor

_TOP = ("name", "run_dir", "mapping", "source", "target", "scope", "options")
_SIDE = ("vendor", "url", "path", "secret", "time_zone", "rate", "per_day", "parallel", "quarantine", "options")
_SCOPE = ("kinds", "projects", "archived", "closed", "since")
_RATE = re.compile(r"(?P<requests>\d+)\s*/\s*(?P<period>\d+(?:\.\d+)?)?\s*s")
_KEY = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_KEYS = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_PARALLEL_MOST = 16
_HERE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Scope:
    """What the user wants moved; the default is everything."""

    kinds: frozenset[Kind] = frozenset(Kind)
    projects: tuple[str, ...] = ()  # ids or name globs
    archived: bool = True
    closed: bool = True
    since: date | None = None


@dataclass(frozen=True)
class Migration:
    """One migration.toml. `secrets`: of both sides. `exposed`: the files that hold one and that other users can read."""

    path: Path
    name: str
    run_dir: Path
    mapping: Path | None
    source: Account
    target: Account
    scope: Scope
    secrets: Secrets = field(default_factory=Secrets, repr=False, compare=False)
    exposed: tuple[Path, ...] = ()


def load(path: Path, vendors: Mapping[str, Vendor], environ: Mapping[str, str], *, talking: bool = True) -> Migration:
    """Read the file, and the secrets it points to. Raises InputWrong with all problems.

    `talking`: False for who asks no vendor: a secret that is not there is then "", and no problem.
    """
    source, table = _parse(path)
    reader = _Reader(path, source, vendors, environ, talking)
    migration = reader.migration(table)
    if reader.problems:
        raise InputWrong([text for _, text in sorted(reader.problems, key=lambda problem: problem[0])])
    return migration


def _parse(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        source = path.read_text("utf-8-sig")
        return source, tomllib.loads(source)
    except OSError as error:
        raise InputWrong([f"{path}: cannot be read: {error.strerror}. Make one with: migrator init"]) from error
    except UnicodeDecodeError as error:
        raise InputWrong([f"{path}: is not UTF-8 text: save it as UTF-8"]) from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        line = int(place[1]) if place else source.count("\n") + 1
        raise InputWrong([f"{path}:{line}: is not TOML: {error}"]) from error


def line_of(source: str, at: tuple[str, ...]) -> int:
    """The line, from 1, where a TOML text gives the value at these keys; else where its table begins; else 1."""
    table: tuple[str, ...] = ()
    best, found = 0, 1
    for number, line in enumerate(source.splitlines(), 1):
        if header := re.match(rf"\s*\[\s*({_KEYS})\s*\]", line):
            given = table = _keys(header[1])
        elif key := re.match(rf"\s*({_KEYS})\s*=", line):
            given = table + _keys(key[1])
        else:
            continue
        if len(given) > best and at[: len(given)] == given:
            best, found = len(given), number
    return found


def _tenant(side: Account, known: Iterable[Option]) -> str:
    return " ".join(str(side.options[one.name]) for one in known if one.identifies and side.options.get(one.name))


def _keys(written: str) -> tuple[str, ...]:
    return tuple(key.strip("\"'") for key in re.findall(_KEY, written))


@dataclass
class _Reader:
    """Reads tables and collects what is wrong with them. A value is shown only where it can be no secret."""

    path: Path
    text: str
    vendors: Mapping[str, Vendor]
    environ: Mapping[str, str]
    talking: bool
    problems: list[tuple[int, str]] = field(default_factory=list)  # line, text
    exposed: list[Path] = field(default_factory=list)

    def wrong(self, table: str, key: str, what: str) -> None:
        """Note a problem at a key."""
        place = f"[{table}] {key}" if table else key
        line = line_of(self.text, (*filter(None, table.split(".")), key))
        self.problems.append((line, f"{self.path}:{line}: {place}: {what}"))

    def known(self, table: str, given: Iterable[str], names: Iterable[str]) -> None:
        """Every key must be one of the names."""
        names = tuple(names)
        for key in given:
            if key not in names:
                self.wrong(table, key, f"unknown key; {_nearest(key, names)}")

    def get(self, table: str, values: Mapping[str, Any], key: str, kind: Any, default: Any) -> Any:
        """A value of the right type; the default where it is absent or wrong."""
        value = values.get(key, default)
        if value is default:
            return default
        if type(value) not in (kind if isinstance(kind, tuple) else (kind,)):  # a bool is an int to isinstance
            self.wrong(table, key, f"must be {_TYPES[kind]}")
            return default
        return value

    def table(self, values: Mapping[str, Any], key: str, inside: str = "") -> dict[str, Any]:
        """A table; empty where it is absent or wrong."""
        found: dict[str, Any] = self.get(inside, values, key, dict, {})
        return found

    def migration(self, top: Mapping[str, Any]) -> Migration:
        """The whole file."""
        self.known("", top, _TOP)
        name = self.get("", top, "name", str, self.path.parent.name or "migration")
        if not _NAME.fullmatch(name):
            self.wrong(
                "",
                "name",
                f"{name!r} must be a plain file name of letters, digits, '.', '_' and '-', and not begin with a dot",
            )
        for side in ("source", "target"):
            if not top.get(side, {}):
                self.wrong("", side, f"missing: add a [{side}] table with vendor, url and secret")
        source = self.account("source", self.table(top, "source"), "UTC")
        target = self.account("target", self.table(top, "target"), source.time_zone)
        source, target = self.shared_options(top, source, target)
        if (source.url or source.path) and source.identity == target.identity:
            key = "path" if target.path else "url"
            self.wrong("target", key, "source and target are the same account; change one of them")
        folder = self.path.parent
        run_dir = self.get("", top, "run_dir", str, None)
        mapping = self.get("", top, "mapping", str, None)
        return Migration(
            path=self.path,
            name=name,
            run_dir=folder / run_dir if run_dir else folder / "runs" / name,
            mapping=folder / mapping if mapping else None,
            source=source,
            target=target,
            scope=self.scope(self.table(top, "scope")),
            secrets=Secrets((source.secret, target.secret)),
            exposed=tuple(self.exposed),
        )

    def account(self, side: str, values: Mapping[str, Any], zone: str) -> Account:
        """One side, in the zone if it names none. What is wrong is left at its default."""
        self.known(side, values, _SIDE)
        vendor = self.vendor(side, values)
        account = Account(
            vendor=vendor.name if vendor else "",
            time_zone=self.time_zone(side, values, zone),
            limits=self.limits(side, values, vendor.limits) if vendor else None,
            options=self.options(f"{side}.options", self.table(values, "options", side), vendor),
        )
        if vendor is None:
            return account
        for key in ("url", "secret") if vendor.on_disk else ("path",):
            if key in values:
                self.wrong(side, key, f"not for {vendor.title}, which is {_PLACES[vendor.on_disk]}; remove it")
        if vendor.on_disk:
            return replace(account, path=self.folder(side, values))
        return replace(account, url=self.url(side, values), secret=self.secret(side, values))

    def vendor(self, side: str, values: Mapping[str, Any]) -> Vendor | None:
        """The adapter, if it can do the side; a whole side that is missing has been noted."""
        name = self.required(side, values, "vendor", 'vendor = "..."') if values else ""
        vendor = self.vendors.get(name)
        if name and vendor is None:
            self.wrong(side, "vendor", f"{name!r} is no vendor; {_nearest(name, self.vendors)}")
        elif vendor and not (vendor.open_source if side == "source" else vendor.open_target):
            self.wrong(side, "vendor", f"{vendor.title} cannot be a {side}; choose another vendor")
        return vendor

    def required(self, side: str, values: Mapping[str, Any], key: str, example: str) -> str:
        """A string that must be there; "" where it is absent or wrong."""
        found = str(self.get(side, values, key, str, ""))
        if values.get(key, "") == "":
            self.wrong(side, key, f"missing: write {example}")
        return found

    def time_zone(self, side: str, values: Mapping[str, Any], default: str) -> str:
        """The zone of the account's naive moments."""
        zone = str(self.get(side, values, "time_zone", str, default))
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            near = difflib.get_close_matches(zone, available_timezones(), 3) or ["Europe/Kyiv"]
            self.wrong(side, "time_zone", f"{zone!r} is no time zone; write one like {', '.join(near)}")
            return "UTC"
        return zone

    def folder(self, side: str, values: Mapping[str, Any]) -> Path | None:
        """The folder of an archive, whole, so that one folder has one name."""
        path = self.required(side, values, "path", 'path = "folder"')
        return (self.path.parent / path).resolve() if path else None

    def url(self, side: str, values: Mapping[str, Any]) -> str:
        """An https address; http only for this machine. Host in lower case, no slash at the end."""
        url = self.required(side, values, "url", 'url = "https://..."')
        try:
            parts = urlsplit(url.strip())
            host, _ = parts.hostname, parts.port
        except ValueError:
            self.wrong(side, "url", "is no address; write https://, the host, and the path if there is one")
            return ""
        if not url:
            return ""
        if "@" in parts.netloc or parts.query or parts.fragment:
            self.wrong(side, "url", "must have no user, password, ? or # in it: what is secret goes to secret")
        elif parts.scheme not in ("https", "http") or not host:
            self.wrong(side, "url", "must begin with https:// and a host")
        elif parts.scheme == "http" and host not in _HERE:
            self.wrong(side, "url", "must begin with https://: a secret must not travel in the open")
        else:
            return parts._replace(netloc=parts.netloc.lower(), path=parts.path.rstrip("/")).geturl()
        return ""

    def secret(self, side: str, values: Mapping[str, Any]) -> str:
        """What env:NAME or file:PATH holds. A secret in the file itself is refused, and not repeated."""
        given = self.required(side, values, "secret", '"env:NAME" or "file:PATH"')
        way, _, where = given.partition(":")
        if not given:
            return ""
        if way not in ("env", "file") or not where:
            self.wrong(side, "secret", 'a secret must not stand in this file: write "env:NAME" or "file:PATH"')
            return ""
        secret, trouble = self._from_environ(where) if way == "env" else self._from_file(where)
        if trouble and self.talking:
            self.wrong(side, "secret", trouble)
        return secret

    def _from_environ(self, name: str) -> tuple[str, str]:
        """The secret, and what is wrong with it."""
        secret = self.environ.get(name, "").strip()
        return secret, "" if secret else f"the environment variable {name} is not set: export {name}=... first"

    def _from_file(self, name: str) -> tuple[str, str]:
        """The secret, and what is wrong with it. A file that others can read is noted."""
        file = self.path.parent / name
        try:
            secret = file.read_text("utf-8-sig").strip()
            if os.name == "posix" and file.stat().st_mode & 0o077 and file not in self.exposed:
                self.exposed.append(file)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            return "", f"the file {name} cannot be read: {reason}"
        return secret, "" if secret else f"the file {name} is empty: put the secret in it"

    def limits(self, side: str, values: Mapping[str, Any], own: Limits) -> Limits | None:
        """The user's pace over the vendor's; None = the vendor's."""
        changes: dict[str, Any] = {}
        if rate := self.get(side, values, "rate", str, None):
            changes |= self.rate(side, rate)
        if values.get("per_day") == "off":
            changes["per_day"] = None
        elif (per_day := self.get(side, values, "per_day", int, None)) is not None:
            changes["per_day"] = per_day
            if per_day < 1:
                self.wrong(side, "per_day", 'must be 1 or more, or "off"')
        if (parallel := self.get(side, values, "parallel", int, None)) is not None:
            changes["parallel"] = parallel
            if not 1 <= parallel <= _PARALLEL_MOST:
                self.wrong(side, "parallel", f"must be 1 to {_PARALLEL_MOST}")
        if (quarantine := self.get(side, values, "quarantine", (int, float), None)) is not None:
            changes["quarantine"] = float(quarantine)
            if not 0 <= quarantine < math.inf:
                self.wrong(side, "quarantine", "must be 0 or more")
        return replace(own, **changes) if changes else None

    def rate(self, side: str, text: str) -> dict[str, Any]:
        """ "1/1s": so many requests in so many seconds; "off": no limit."""
        if text == "off":
            return {"requests": 0}
        match = _RATE.fullmatch(text)
        if not match or not int(match["requests"]) or not float(match["period"] or 1):
            self.wrong(side, "rate", f'{text!r} is no rate; write "1/1s", "60/60s" or "off"')
            return {}
        return {"requests": int(match["requests"]), "period": float(match["period"] or 1)}

    def options(self, table: str, values: Mapping[str, Any], vendor: Vendor | None) -> dict[str, Any]:
        """Settings of the vendor, by its own list."""
        return self.settings(table, values, vendor.options) if vendor else {}

    def settings(self, table: str, values: Mapping[str, Any], options: Iterable[Option]) -> dict[str, Any]:
        """The values that an option of the list takes."""
        defaults = {option.name: option.default for option in options}
        self.known(table, values, defaults)
        good: dict[str, Any] = {}
        for name in values.keys() & defaults.keys():
            kind = _SETTING if defaults[name] is None else type(defaults[name])
            if (value := self.get(table, values, name, kind, None)) is not None:
                good[name] = value
        return good

    def shared_options(self, top: Mapping[str, Any], source: Account, target: Account) -> tuple[Account, Account]:
        """[options] at the top go to whichever side's vendor knows them; what stands at the side itself comes first."""
        shared = self.table(top, "options")
        if not (source.vendor and target.vendor):
            return source, target  # what a vendor that is not known would know, nobody can say
        lists = [self.vendors[side.vendor].options for side in (source, target)]
        good = self.settings("options", shared, [*lists[0], *lists[1]])
        sides = (
            replace(side, options={one.name: good[one.name] for one in known if one.name in good} | {**side.options})
            for side, known in zip((source, target), lists, strict=True)
        )
        source, target = (replace(side, tenant=_tenant(side, known)) for side, known in zip(sides, lists, strict=True))
        return source, target

    def scope(self, values: Mapping[str, Any]) -> Scope:
        """[scope]."""
        self.known("scope", values, _SCOPE)
        kinds = self.words(values, "kinds")
        if values.get("kinds") == []:
            self.wrong("scope", "kinds", "is empty, so nothing would move: name some kinds, or remove it")
        for kind in kinds:
            if kind not in set(Kind):
                self.wrong("scope", "kinds", f"{kind!r} is no kind; {_nearest(kind, Kind)}")
        since = values.get("since")
        if since is not None and type(since) is not date:
            self.wrong("scope", "since", "must be a day without quotes, like 2024-01-01")
            since = None
        return Scope(
            kinds=frozenset(Kind(kind) for kind in kinds if kind in set(Kind)) or frozenset(Kind),
            projects=self.words(values, "projects"),
            archived=self.get("scope", values, "archived", bool, True),
            closed=self.get("scope", values, "closed", bool, True),
            since=since,
        )

    def words(self, values: Mapping[str, Any], key: str) -> tuple[str, ...]:
        """A list of strings."""
        found = self.get("scope", values, key, list, [])
        if any(not isinstance(word, str) for word in found):
            self.wrong("scope", key, "must be a list of strings")
            return ()
        return tuple(found)


_SETTING = (str, int, bool)
_TYPES: Mapping[object, str] = {
    str: "a string",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
    (int, float): "a number of seconds",
    _SETTING: "a string, a whole number, true or false",
}
_PLACES = {True: "a folder", False: "reached by its url"}


def _nearest(name: str, names: Iterable[str]) -> str:
    names = [str(one) for one in names]
    near = difflib.get_close_matches(name, names, 3, 0.5)
    return f"did you mean {', '.join(near)}?" if near else f"known: {', '.join(sorted(names)) or 'none'}"
