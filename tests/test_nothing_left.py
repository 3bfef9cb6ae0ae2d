"""The fixtures of conftest.py do fail a test that leaves something behind or reaches for the network, and no other."""

from pathlib import Path

import pytest

LEAVES = """
import os, socket, subprocess, sys, threading, time
import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QLabel, QWidget

kept = []

def test_leaves_a_thread():
    threading.Thread(target=time.sleep, args=(30,), daemon=True, name="sleeper").start()

def test_leaves_a_process():
    kept.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"]))

def test_leaves_a_timer(qapp):
    kept.append(QTimer()); kept[-1].setObjectName("ticker"); kept[-1].start(50)

def test_leaves_a_single_shot(qapp):
    QTimer.singleShot(20_000, lambda: None)

def test_leaves_a_window(qapp):
    kept.append(QWidget()); kept[-1].setWindowTitle("forgotten"); kept[-1].show()

def test_leaves_a_hidden_window(qapp):
    kept.append(QLabel("x"))

def test_reaches_for_another_machine():
    with socket.socket() as s:
        s.connect(("192.0.2.1", 80))

def test_looks_another_machine_up():
    socket.getaddrinfo("example.invalid", 80)
"""

CLEAN = """
import os, socket, subprocess, sys, threading, time
from pathlib import Path
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

def test_ends_soon():
    threading.Thread(target=time.sleep, args=(0.2,)).start()
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.3)"])
    threading.Thread(target=process.wait).start()

def test_clears_up(qtbot):
    widget = QWidget(); qtbot.addWidget(widget); widget.show()
    timer = QTimer(widget); timer.start(10)

def test_a_window_in_a_cycle(qapp):
    widget = QWidget(); widget.itself = widget; widget.show(); widget.hide()

def test_a_timer_that_fired(qtbot):
    fired = []
    QTimer.singleShot(1, lambda: fired.append(1))
    qtbot.waitUntil(lambda: fired == [1])

def test_a_method_of_a_deleted_object_is_not_called(qtbot):
    class Receiver(QObject):
        def call(self): raise AssertionError("called")
    receiver = Receiver()
    QTimer.singleShot(60_000, receiver.call)
    del receiver

def test_local_sockets_work():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass

def test_home_is_empty_and_its_own():
    home = Path(os.environ["BMGUI_HOME"])
    assert list(home.iterdir()) == []
    (home / "x").touch()

def test_home_is_empty_again():
    assert list(Path(os.environ["BMGUI_HOME"]).iterdir()) == []

def test_shared(shared):
    assert shared.is_dir()
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    (pytester.path / "checkout" / "tests").mkdir(parents=True)
    source = (Path(__file__).parent / "conftest.py").read_text("utf-8")
    (pytester.path / "checkout" / "tests" / "conftest.py").write_text(
        source.replace("GRACE_S = 3.0", "GRACE_S = 0.5"), "utf-8"
    )
    (pytester.path / "pytest.ini").write_text("[pytest]\nqt_api = pyside6\nfilterwarnings = error\n")
    return pytester


def run(project: pytest.Pytester, tests: str) -> pytest.RunResult:
    (project.path / "checkout" / "tests" / "test_it.py").write_text(tests, "utf-8")
    return project.runpytest_subprocess("-p", "no:cacheprovider", "checkout/tests")


def test_what_is_left_behind_fails_the_test_and_is_named(project: pytest.Pytester) -> None:
    result = run(project, LEAVES)
    result.assert_outcomes(passed=6, errors=6, failed=2)
    line = {name: LEAVES[: LEAVES.index(name)].count("\n") + 2 for name in LEAVES.split() if name.startswith("test_")}
    result.stdout.fnmatch_lines_random(
        [
            f"*thread 'sleeper', started at *test_it.py:{line['test_leaves_a_thread():']}",
            f"*process *time.sleep(30)*, started at *test_it.py:{line['test_leaves_a_process():']}",
            f"*timer 'ticker' every 50 ms, started at *test_it.py:{line['test_leaves_a_timer(qapp):']}",
            f"*single-shot timer, started at *test_it.py:{line['test_leaves_a_single_shot(qapp):']}",
            "*window QWidget 'forgotten'*",
            "*window QLabel ''*",
            "*NetworkUsedError: a test reached for ('192.0.2.1', 80)*",
            "*NetworkUsedError: a test reached for ('example.invalid', 0)*",
        ]
    )


def test_what_clears_up_after_itself_passes(project: pytest.Pytester) -> None:
    result = run(project, CLEAN)
    result.assert_outcomes(passed=8, skipped=1)


def test_real_scans_are_found_where_they_lie(project: pytest.Pytester) -> None:
    (project.path / "shared").mkdir()
    run(project, CLEAN).assert_outcomes(passed=9)
