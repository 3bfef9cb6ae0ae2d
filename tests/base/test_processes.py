import subprocess
import sys
from pathlib import Path

import pytest

from bmgui.base import pipes, processes

_ECHO = """
import sys
from bmgui.base import pipes
while (message := pipes.receive(sys.stdin.buffer)) is not None:
    pipes.send(sys.stdout.buffer, {**message[0], "argument": sys.argv[1]})
"""


def test_a_module_answers_and_ends_when_its_input_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "echo_陈.py").write_text(_ECHO, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))  # the other process imports what this one can
    monkeypatch.chdir(tmp_path)
    process = processes.start_module("echo_陈", "左乳", stderr=subprocess.DEVNULL)
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        pipes.send(process.stdin, {"hello": 1})
        assert pipes.receive(process.stdout) == ({"hello": 1, "argument": "左乳"}, [])
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_frozen_program_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/bmgui/bmgui")
    assert processes.module_command("bmgui.scoring.worker", "x") == [
        "/opt/bmgui/bmgui",
        "--run-module",
        "bmgui.scoring.worker",
        "x",
    ]
