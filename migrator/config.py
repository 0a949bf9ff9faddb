"""migration.toml, read whole: all problems are reported at once, each with its line and the fix."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from migrator.errors import InputWrong
from migrator.model import Kind
from migrator.vendor import Account, Limits, Vendor

_TOP = ("name", "run_dir", "mapping", "source", "target", "scope", "options")
_SIDE = ("vendor", "url", "path", "secret", "time_zone", "rate", "per_day", "parallel", "quarantine", "options")
_SCOPE = ("kinds", "projects", "archived", "closed", "since")
_RATE = re.compile(r"(?P<requests>\d+)\s*/\s*(?P<period>\d+(?:\.\d+)?)?\s*s")
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
    """One migration.toml."""

    path: Path
    name: str
    run_dir: Path
    mapping: Path | None
    source: Account
    target: Account
    scope: Scope


def load(path: Path, vendors: Mapping[str, Vendor], environ: Mapping[str, str]) -> Migration:
    """Read the file, and the secrets it points to. Raises InputWrong with all problems."""
    try:
        source = path.read_text("utf-8")
        table = tomllib.loads(source)
    except OSError as error:
        raise InputWrong([f"{path}: cannot be read: {error.strerror}. Make one with: migrator init"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputWrong([f"{path}: is not TOML: {error}"]) from error
    reader = _Reader(path, source, vendors, environ)
    migration = reader.migration(table)
    if reader.problems:
        raise InputWrong(reader.problems)
    return migration


@dataclass
class _Reader:
    """Reads tables and collects what is wrong with them."""

    path: Path
    text: str
    vendors: Mapping[str, Vendor]
    environ: Mapping[str, str]
    problems: list[str] = field(default_factory=list)

    def wrong(self, table: str, key: str, what: str) -> None:
        """Note a problem at a key."""
        place = f"[{table}] {key}" if table else key
        self.problems.append(f"{self.path}:{self._line(table, key)}: {place}: {what}")

    def _line(self, table: str, key: str) -> int:
        """The line of a key, else of its table, else 1."""
        here, found = "", 1
        for number, line in enumerate(self.text.splitlines(), 1):
            if head := re.match(r"\s*\[+\s*([\w.\s]+?)\s*\]+", line):
                here = head[1]
                if here in (table, f"{table}.{key}".lstrip(".")):
                    found = number
            elif here == table and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
                return number
        return found

    def known(self, table: str, given: Iterable[str], names: Iterable[str]) -> None:
        """Every key must be one of the names."""
        for key in given:
            if key not in (names := tuple(names)):
                self.wrong(table, key, f"unknown key; {_nearest(key, names)}")

    def get(self, table: str, values: Mapping[str, Any], key: str, kind: Any, default: Any) -> Any:
        """A value of the right type; the default where it is absent or wrong."""
        value = values.get(key, default)
        if value is default:
            return default
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.wrong(table, key, f"must be {_TYPES[kind]}, not {value!r}")
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
            self.wrong("", "name", f"{name!r} must be a plain file name of letters, digits, '.', '_' and '-'")
        for side in ("source", "target"):
            if side not in top:
                self.wrong("", side, f"missing: add a [{side}] table with vendor, url and secret")
        source, target = (self.account(side, self.table(top, side)) for side in ("source", "target"))
        source, target = self.shared_options(top, source, target)
        if source.vendor and source.identity == target.identity:
            self.wrong("target", "url", "source and target are the same account")
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
        )

    def account(self, side: str, values: Mapping[str, Any]) -> Account:
        """One side. What is wrong is left at its default."""
        self.known(side, values, _SIDE)
        vendor = self.vendors.get(name := self.get(side, values, "vendor", str, ""))
        if values and vendor is None:
            self.wrong(side, "vendor", f"{name!r} is no vendor; {_nearest(name, self.vendors)}")
        is_folder = vendor is not None and vendor.on_disk
        path = self.get(side, values, "path", str, None)
        if is_folder and path is None:
            self.wrong(side, "path", f'missing: {name} is a folder; write path = "..."')
        remote = vendor is not None and not is_folder
        zone = self.get(side, values, "time_zone", str, "UTC")
        if not _is_zone(zone):
            self.wrong(side, "time_zone", f'{zone!r} is no time zone; write one like "Europe/Kyiv"')
        return Account(
            vendor=name if vendor else "",
            url=self.url(side, values) if remote else "",
            path=self.path.parent / path if path is not None else None,
            secret=self.secret(side, values) if remote else "",
            time_zone=zone,
            limits=self.limits(side, values, vendor.limits) if vendor else None,
            options=self.options(f"{side}.options", self.table(values, "options", side), vendor),
        )

    def url(self, side: str, values: Mapping[str, Any]) -> str:
        """An https address; http only for this machine."""
        url = str(self.get(side, values, "url", str, "")).rstrip("/")
        parts = urlsplit(url)
        if not url:
            self.wrong(side, "url", 'missing: write url = "https://..."')
        elif parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
            self.wrong(side, "url", f"{url!r} must begin with https://: a secret must not travel in the open")
        elif not parts.hostname:
            self.wrong(side, "url", f"{url!r} names no host")
        return url

    def secret(self, side: str, values: Mapping[str, Any]) -> str:
        """What env:NAME or file:PATH holds. A secret in the file itself is refused, and not repeated."""
        given = str(self.get(side, values, "secret", str, ""))
        way, _, where = given.partition(":")
        if way == "env" and where:
            secret = self.environ.get(where, "")
            if not secret:
                self.wrong(side, "secret", f"the environment variable {where} is not set: export {where}=... first")
            return secret.strip()
        if way == "file" and where:
            try:
                secret = (self.path.parent / where).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                self.wrong(side, "secret", f"the file {where} cannot be read: {error}")
                return ""
            if not secret:
                self.wrong(side, "secret", f"the file {where} is empty")
            return secret
        what = "missing" if not given else "a secret must not stand in this file"
        self.wrong(side, "secret", f'{what}: write "env:NAME" or "file:PATH"')
        return ""

    def limits(self, side: str, values: Mapping[str, Any], own: Limits) -> Limits | None:
        """The user's pace over the vendor's; None = the vendor's."""
        changes: dict[str, Any] = {}
        if "rate" in values:
            changes |= self.rate(side, self.get(side, values, "rate", str, ""))
        per_day = values.get("per_day")
        if per_day == "off":
            changes["per_day"] = None
        elif per_day is not None:
            changes["per_day"] = self.get(side, values, "per_day", int, own.per_day)
        if "parallel" in values:
            parallel = self.get(side, values, "parallel", int, own.parallel)
            if not 1 <= parallel <= _PARALLEL_MOST:
                self.wrong(side, "parallel", f"must be 1 to {_PARALLEL_MOST}")
            changes["parallel"] = parallel
        if "quarantine" in values:
            changes["quarantine"] = float(self.get(side, values, "quarantine", (int, float), own.quarantine))
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
        options = {option.name: option for option in vendor.options} if vendor else {}
        self.known(table, values, options)
        for name, value in values.items():
            default = options[name].default if name in options else None
            if default is not None and type(value) is not type(default):
                self.wrong(table, name, f"must be {_TYPES[type(default)]}, not {value!r}")
        return dict(values)

    def shared_options(self, top: Mapping[str, Any], source: Account, target: Account) -> tuple[Account, Account]:
        """[options] at the top go to whichever side's vendor knows them."""
        shared = self.table(top, "options")
        sides = [source, target]
        names = [{option.name for option in self.vendors[one.vendor].options} if one.vendor else set() for one in sides]
        self.known("options", shared, names[0] | names[1])
        return (
            replace(source, options={**{k: v for k, v in shared.items() if k in names[0]}, **source.options}),
            replace(target, options={**{k: v for k, v in shared.items() if k in names[1]}, **target.options}),
        )

    def scope(self, values: Mapping[str, Any]) -> Scope:
        """[scope]."""
        self.known("scope", values, _SCOPE)
        kinds = self.words(values, "kinds")
        for kind in kinds:
            if kind not in set(Kind):
                self.wrong("scope", "kinds", f"{kind!r} is no kind; {_nearest(kind, Kind)}")
        since = values.get("since")
        if since is not None and type(since) is not date:
            self.wrong("scope", "since", f"must be a day like 2024-01-01, not {since!r}")
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
            self.wrong("scope", key, f"must be a list of strings, not {found!r}")
            return ()
        return tuple(found)


_TYPES: Mapping[object, str] = {
    str: "a string",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
    (int, float): "a number of seconds",
}


def _nearest(name: str, names: Iterable[str]) -> str:
    names = [str(one) for one in names]
    near = difflib.get_close_matches(name, names, 3, 0.5)
    return f"did you mean {', '.join(near)}?" if near else f"known: {', '.join(sorted(names)) or 'none'}"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
