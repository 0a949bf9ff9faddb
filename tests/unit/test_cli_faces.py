"""Faces of progress: what a log and a program get to read."""

from __future__ import annotations

import io
import json

import pytest

from migrator.cli.call import Call
from migrator.cli.faces import EVERY, Bars, Events, Lines, Plain, open_face
from migrator.model import Kind


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_lines_come_every_half_minute_and_at_the_end() -> None:
    said: list[str] = []
    clock = Clock()
    face = Lines(Plain(), said.append, clock)
    face.begin({Kind.TASK: 10})
    face.extracted(Kind.TASK, 100)
    face.settled(Kind.TASK)
    assert said == []
    clock.now = EVERY
    face.settled(Kind.TASK)
    assert said == ["task 12 of 100"]
    face.settled(Kind.TASK)
    face.extracted(Kind.COMMENT, 7)
    face.close()
    assert said[1:] == ["task 13 of 100 · comment 7 read"]
    face.close()
    assert len(said) == 2


def test_the_time_left_is_told_with_the_counts() -> None:
    said: list[str] = []
    face = Lines(Plain(), said.append)
    face.settled(Kind.TASK)
    face.left(7900)
    face.close()
    assert said == ["task 1 of 0 · about 2 h 11 min left"]


def test_a_message_does_not_wait() -> None:
    said: list[str] = []
    Lines(Plain(), said.append).say("waiting until midnight")
    assert said == ["waiting until midnight"]


def test_events_are_json_lines() -> None:
    said: list[str] = []
    face = Lines(Events(), said.append)
    face.extracted(Kind.TASK, 2)
    face.settled(Kind.TASK)
    face.say("hello")
    face.close()
    assert [json.loads(line) for line in said] == [
        {"event": "message", "text": "hello"},
        {"event": "progress", "kinds": {"task": {"settled": 1, "extracted": 2}}, "eta_seconds": None},
    ]


def test_a_program_gets_events_and_a_pipe_gets_lines(capsys: pytest.CaptureFixture[str]) -> None:
    for call, expected in ((Call(json=True), "{"), (Call(), "task 1 read")):
        with open_face(call) as face:
            face.extracted(Kind.TASK, 1)
        captured = capsys.readouterr()
        assert captured.err.startswith(expected)
        assert captured.out == ""


def test_bars_start_where_the_last_session_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr("sys.stderr", screen)
    bars = Bars(Call())
    bars.begin({Kind.TASK: 40})
    bars.extracted(Kind.TASK, 100)
    bars.extracted(Kind.FILE, 0)
    bars.settled(Kind.FILE)
    bars.close()
    assert "40/100" in screen.getvalue()
    assert "file" not in screen.getvalue()
