"""What decoding must know of the account that is not in the records."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Place:
    """The account's address, the zone of its naive moments, and what its user wants read at a request for each object."""

    url: str
    zone: ZoneInfo
    comment_files: bool = True
    custom_fields: bool = True

    def absolute(self, page: str) -> str:
        """A page of the account as an address to open."""
        return urljoin(self.url, page) if page else ""
