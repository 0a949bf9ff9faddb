"""Moments of HubEx: kept and shown as naive text that means UTC; taken as ISO-8601.

Vendor contract, section 3 and gotcha 38. A text without a zone is read as UTC; fractions of a second are dropped.
"""

from __future__ import annotations

from datetime import UTC, datetime

_FIRST_YEAR = 1753  # SQL Server's datetime, which the vendor's own error names (SqlDateTime overflow)


def keep(moment: datetime) -> str:
    """An aware moment as it is kept."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()


def take(text: str) -> str:
    """A written moment as it is kept. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.year < _FIRST_YEAR:
        raise ValueError(text)
    return keep(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def read(kept: str) -> datetime:
    """A kept moment, aware."""
    return datetime.fromisoformat(kept).replace(tzinfo=UTC)
