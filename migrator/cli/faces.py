"""Faces of progress: bars on a terminal, lines in a log, JSON lines for a program; all on stderr."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias

import orjson
from tqdm import tqdm

from migrator.cli.call import Call
from migrator.cli.shown import duration
from migrator.model import Kind
from migrator.pipeline.progress import Progress

EVERY = 30.0  # seconds between two lines of a log
Row: TypeAlias = tuple[Kind, int, int]  # kind, settled, extracted


class Face(Progress, Protocol):
    """Progress that can start in the middle, and ends."""

    def begin(self, settled: Mapping[Kind, int]) -> None:
        """What earlier sessions have settled."""
        ...

    def left(self, seconds: float) -> None:
        """How long the rest will take, by the requests still needed."""
        ...

    def close(self) -> None:
        """Tell what has not been told."""
        ...


class Form(Protocol):
    """How one line is written."""

    def counted(self, rows: list[Row], left: float | None) -> str:
        """The line that tells counts, and the seconds left where they are known."""
        ...

    def said(self, text: str) -> str:
        """The line that tells a message."""
        ...


@contextmanager
def open_face(call: Call) -> Iterator[Face]:
    """The face that suits whoever reads stderr."""
    tqdm.monitor_interval = 0  # no thread beside the loop
    face: Face = (
        Bars(call) if sys.stderr.isatty() and not call.json else Lines(Events() if call.json else Plain(), call.say)
    )
    try:
        yield face
    finally:
        face.close()


class Bars:
    """A bar for each kind, with its rate and the time it will take."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._bars: dict[Kind, tqdm[Any]] = {}
        self._left: tqdm[Any] | None = None
        self._before: Mapping[Kind, int] = {}

    def begin(self, settled: Mapping[Kind, int]) -> None:
        """Bars start where the last session ended."""
        self._before = settled

    def extracted(self, kind: Kind, count: int) -> None:
        """A kind without entities has no bar."""
        if kind in self._bars:
            self._bars[kind].total = count
            self._bars[kind].refresh()
        elif count:
            self._bars[kind] = tqdm(
                desc=f"{kind:<9}",
                total=count,
                initial=self._before.get(kind, 0),
                position=len(self._bars),
                file=sys.stderr,
                dynamic_ncols=True,
                smoothing=0.1,
            )

    def settled(self, kind: Kind) -> None:
        """What was added to a kind (a text carried on in comments) counts beyond its total."""
        if bar := self._bars.get(kind):
            bar.update()

    def say(self, text: str) -> None:
        """Above the bars."""
        tqdm.write(self._call.shown(text), file=sys.stderr)

    def left(self, seconds: float) -> None:
        """Below the bars."""
        if self._left is None:
            self._left = tqdm(bar_format="{desc}", position=len(Kind), file=sys.stderr, leave=False)
        self._left.set_description_str(f"about {duration(seconds)} left, by the requests still needed")

    def close(self) -> None:
        """Leave the bars as they stand."""
        for bar in (*self._bars.values(), *filter(None, [self._left])):
            bar.close()


class Lines:
    """The counts of the kinds that changed, every EVERY seconds and at the end, in one form or another."""

    def __init__(self, form: Form, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._form = form
        self._say = say
        self._clock = clock
        self._told_at = clock()
        self._extracted: dict[Kind, int] = {}
        self._settled: Counter[Kind] = Counter()
        self._changed: set[Kind] = set()
        self._left: float | None = None

    def begin(self, settled: Mapping[Kind, int]) -> None:
        """Counts start where the last session ended."""
        self._settled.update(settled)

    def extracted(self, kind: Kind, count: int) -> None:
        """The count of a kind."""
        if count != self._extracted.get(kind, 0):
            self._extracted[kind] = count
            self._note(kind)

    def settled(self, kind: Kind) -> None:
        """One more of a kind."""
        self._settled[kind] += 1
        self._note(kind)

    def say(self, text: str) -> None:
        """At once."""
        self._say(self._form.said(text))

    def left(self, seconds: float) -> None:
        """Told with the next counts."""
        self._left = seconds

    def close(self) -> None:
        """The last counts."""
        if self._changed:
            rows = [(kind, self._settled[kind], self._extracted.get(kind, 0)) for kind in Kind if kind in self._changed]
            self._say(self._form.counted(rows, self._left))
            self._changed.clear()

    def _note(self, kind: Kind) -> None:
        self._changed.add(kind)
        if self._clock() - self._told_at >= EVERY:
            self._told_at = self._clock()
            self.close()


class Plain:
    """For a log that people read."""

    def counted(self, rows: list[Row], left: float | None) -> str:
        """One line for all kinds that changed."""
        told = [
            f"{kind} {settled} of {extracted}" if settled else f"{kind} {extracted} read"
            for kind, settled, extracted in rows
        ]
        return " · ".join(told + ([f"about {duration(left)} left"] if left else []))

    def said(self, text: str) -> str:
        """As it is."""
        return text


class Events:
    """For a program: each line is a JSON object."""

    def counted(self, rows: list[Row], left: float | None) -> str:
        """One object with the counts."""
        kinds = {kind: {"settled": settled, "extracted": extracted} for kind, settled, extracted in rows}
        return orjson.dumps(
            {"event": "progress", "kinds": kinds, "eta_seconds": left}, option=orjson.OPT_NON_STR_KEYS
        ).decode()

    def said(self, text: str) -> str:
        """One object with the text."""
        return orjson.dumps({"event": "message", "text": text}).decode()
