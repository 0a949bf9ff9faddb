"""What decoding must know of the account that is not in the records."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from migrator.vendor import Account


@dataclass(frozen=True)
class Place:
    """The address of the account's pages, the zone its days are of, and what its user's options say.

    `marker`: the custom field with our own marks. `time_tag` / `money_tag`: data tags by name, "" = told by their fields.
    `plan_minutes` / `plan_money`: custom fields by name, "" = none.
    """

    site: str
    zone: ZoneInfo
    marker: str = "Migration ID"
    checklists: bool = True
    time_tag: str = ""
    money_tag: str = ""
    plan_minutes: str = ""
    plan_money: str = ""

    def page(self, kind: str, id: str) -> str:
        """The page of a task or project as an address to open."""
        return f"{self.site}/{kind}/{id}"


def place_of(account: Account) -> Place:
    """What the account and its options say."""
    options = account.options

    def word(option: str) -> str:
        return str(options.get(option) or "")

    return Place(
        site=word("site").rstrip("/") or account.url.rstrip("/").removesuffix("/rest"),
        zone=ZoneInfo(account.time_zone),
        marker=word("marker_field") or Place.marker,
        checklists=bool(options.get("checklists", True)),
        time_tag=word("time_tag"),
        money_tag=word("money_tag"),
        plan_minutes=word("plan_minutes"),
        plan_money=word("plan_money"),
    )
