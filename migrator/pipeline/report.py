"""The report: what a run came to, from its folder alone: counts, issues by code, what did not arrive, the last verification."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from migrator.ledger import Ledger, State
from migrator.model import Comment, Issue, Kind, Project, Reach, Ref, Task
from migrator.pipeline.naming import title_of
from migrator.pipeline.status import Status, status

EXAMPLES = 5  # shown of each code; the sheet of issues has all
STOPPED_MOST = 500  # shown of what did not arrive; the sheet of issues has all
_WORDS = {State.HELD: "held", State.REFUSED: "refused", State.DOUBTFUL: "in doubt", State.INTENDED: "in doubt"}
_UNANSWERED = "it was sent and no answer came; the next run looks it up"
_WORST_FIRST = list(reversed(Reach))


@dataclass
class Group:
    """The issues of one code: how bad the worst is, how many, and the first of them with the titles of what they are about."""

    code: str
    reach: Reach
    count: int = 0
    examples: list[tuple[str, Issue]] = field(default_factory=list)


@dataclass(frozen=True)
class Stopped:
    """One thing that did not arrive, or of which a part did not. `state`: held, refused or in doubt."""

    ref: Ref
    title: str
    state: str
    why: str
    url: str


@dataclass(frozen=True)
class Report:
    """`began`, `ended`: when the first and the last create was sent. `days`: requests by UTC day and side."""

    status: Status
    groups: list[Group]
    stopped: list[Stopped]
    stopped_in_all: int
    began: datetime | None
    ended: datetime | None
    days: dict[str, dict[str, int]]


def report(ledger: Ledger) -> Report:
    """Count and gather."""
    sent = [outcome.sent_at for _, _, outcome in ledger.outcomes() if outcome.sent_at]
    stopped = _stopped(ledger)
    return Report(
        status=status(ledger),
        groups=_groups(ledger),
        stopped=[_described(ledger, *one) for one in stopped[:STOPPED_MOST]],
        stopped_in_all=len(stopped),
        began=_moment(min(sent, default=0.0)),
        ended=_moment(max(sent, default=0.0)),
        days=ledger.request_days(),
    )


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _groups(ledger: Ledger) -> list[Group]:
    """What does not arrive at all comes first, then what is frequent."""
    groups: dict[str, Group] = {}
    for issue in ledger.issues():
        group = groups.setdefault(issue.code, Group(issue.code, issue.reach))
        group.count += 1
        group.reach = min(group.reach, issue.reach, key=_WORST_FIRST.index)
        if len(group.examples) < EXAMPLES:
            group.examples.append((title(ledger, issue.ref), issue))
    return sorted(groups.values(), key=lambda group: (_WORST_FIRST.index(group.reach), -group.count, group.code))


def _stopped(ledger: Ledger) -> list[tuple[Ref, str, str]]:
    """Ref, state and reason, in the order of kinds; a thing once, however many of its parts were stopped."""
    found: dict[Ref, tuple[str, str]] = {}
    for ref, _, outcome in ledger.outcomes():
        if word := _WORDS.get(outcome.state):
            found.setdefault(ref, (word, outcome.note or _UNANSWERED))
    kinds = list(Kind)
    return [(ref, *found[ref]) for ref in sorted(found, key=lambda ref: (kinds.index(ref.kind), ref.id))]


def _described(ledger: Ledger, ref: Ref, state: str, why: str) -> Stopped:
    entity = ledger.entity(ref)
    return Stopped(ref, title_of(entity) if entity else "", state, why, getattr(entity, "url", ""))


def title(ledger: Ledger, ref: Ref) -> str:
    """What people know the thing by; "" for what is no entity."""
    entity = ledger.entity(ref)
    return title_of(entity) if entity else ""


def addresses(ledger: Ledger, link: Callable[[Kind, str], str | None]) -> Iterator[tuple[str, str, str, str]]:
    """Kind, title, old and new address of all that has a page on both sides. `link`: the target's."""
    for kind in (Kind.PROJECT, Kind.TASK, Kind.COMMENT):
        for entity in ledger.entities(kind):
            assert isinstance(entity, Project | Task | Comment)
            made = ledger.target(entity.ref)
            if made and entity.url and (new := link(kind, made)):
                yield kind.value, title_of(entity), entity.url, new
