"""The saved picture: its numbers are the opinion's, nothing of the patient is in it unchosen, nothing goes without."""

import datetime
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QFont, QImage
from PySide6.QtWidgets import QApplication

from bmgui.base.errors import KnownError
from bmgui.imaging.scan import Patient, Scan
from bmgui.imaging.square import Square
from bmgui.reading.opinion import Evidence, Subject, make_opinion
from bmgui.ui import file_dialogs, saving
from bmgui.ui.actions import Action
from bmgui.ui.save_dialog import SavePage
from bmgui.wording import use_language
from tests.ui.reading_values import CARD
from tests.ui.window_stand import open_window, page, picture, wait

DAY = datetime.date(2026, 3, 1)
SECRETS = ("Chen^Li", "PID-4711", "1970-05-06", "2026-02-28", "chen-left")
SQUARE = Square(20, 30, 100)


def made(**changed: object) -> saving.Saved:
    frame = np.random.default_rng(0).integers(0, 255, (200, 240)).astype(np.uint8)
    patient = Patient(SECRETS[0], SECRETS[1], SECRETS[2])
    scan = Scan(Path(f"/exams/{SECRETS[4]}.dcm"), "ab12", "dicom", 240, 200, 3, "MG", patient, "1.2", SECRETS[3])
    subject = Subject("ab12", 2, SQUARE, CARD.id, CARD.calibration.prior, CARD.sha256)
    opinion = make_opinion(CARD, subject, 1.5, nudged=(1.0, 2.0), doubts=("not-ultrasound",), engine="OpenVINO")
    evidence = Evidence(subject, np.full((4, 4), 1.25, np.float32), 0.25)
    saved = saving.Saved(scan, frame, opinion, CARD, evidence, 0.6, "nothing", None, DAY)
    return replace(saved, **changed)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def english(qapp: QApplication) -> None:
    use_language("en")


def told(saved: saving.Saved) -> str:
    return "\n".join(text for _, text in saving.lines(saved))


def test_the_numbers_are_the_opinions(tmp_path: Path) -> None:
    saved, target = made(), tmp_path / "陈.png"
    saving.write(saved, QFont(), target)
    with Image.open(target) as image:
        image.load()
        numbers = json.loads(image.text["bmgui"])
        description = str(image.text["Description"])
    assert numbers["probability"] == saved.opinion.probability
    assert (numbers["low"], numbers["high"], numbers["margin"]) == (saved.opinion.low, saved.opinion.high, 1.5)
    assert numbers["square"] == {"left": 20, "top": 30, "side": 100}
    assert (numbers["frame"], numbers["doubts"], numbers["weights_sha256"]) == (2, ["not-ultrasound"], CARD.sha256)
    assert "Not a medical device" in description


def test_no_number_goes_without_its_model_its_limits_and_the_disclaimer() -> None:
    text = told(made())
    wanted = ("63 %", "score band 4", "57–69 % if nudged", CARD.title, CARD.sha256[:12], "Adults only", "2026-03-01")
    for words in (*wanted, "Not a medical device", "32 % of the masses", "not ultrasound (MG)", "100 px"):
        assert words in text, words


def test_by_default_nothing_of_the_patient_is_in_the_file(tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    saving.write(made(), QFont(), target)
    data = target.read_bytes()
    with Image.open(target) as image:
        image.load()
        data += "".join(map(str, image.text.values())).encode()
    for secret in SECRETS:
        assert secret.encode() not in data
        assert secret not in told(made())


def test_what_is_chosen_of_the_patient_is_carried_and_no_more() -> None:
    by_id, whole = told(made(identity="id")), told(made(identity="all"))
    assert [secret in by_id for secret in SECRETS] == [False, True, False, True, False]
    assert [secret in whole for secret in SECRETS] == [True, True, True, True, False]


def test_the_departments_share_stands_beside_the_cards() -> None:
    saved = made()
    opinion = make_opinion(CARD, replace(saved.opinion.subject, prior=0.1), 1.5, engine="OpenVINO")
    text = told(replace(saved, opinion=opinion, evidence=None, prior=0.1))
    assert "10 % of the masses" in text
    assert "32 %" in text
    assert saving.numbers(replace(saved, opinion=opinion, evidence=None, prior=0.1))["prior"] == 0.1


def test_evidence_of_another_square_is_refused() -> None:
    saved = made()
    other = Evidence(replace(saved.opinion.subject, square=Square(0, 0, 64)), np.ones((2, 2), np.float32), 0.0)
    with pytest.raises(ValueError, match="another square"):
        replace(saved, evidence=other)
    with pytest.raises(ValueError, match="another model"):
        replace(saved, card=replace(CARD, id="other"))


def test_the_picture_shows_evidence_only_where_it_is_on() -> None:
    font = QFont()
    plain, coloured = saving.render(made(evidence=None), font), saving.render(made(), font)
    assert plain.size().width() == coloured.size().width()

    def spread(image: "object") -> float:
        x, y = saving.MARGIN_PX + saving.PICTURE_PX[0] // 3, image.height() // 2
        colour = image.pixelColor(x, y)
        return max(colour.red(), colour.green(), colour.blue()) - min(colour.red(), colour.green(), colour.blue())

    assert spread(plain) == 0
    assert spread(coloured) > 0


def test_a_long_text_makes_a_longer_picture_and_is_not_cut() -> None:
    long = replace(CARD, limits=("A limit of this model in many words. " * 40,))
    assert saving.render(made(card=long), QFont()).height() > saving.render(made(), QFont()).height()


def test_names_say_nothing_of_the_patient_and_are_not_taken(tmp_path: Path) -> None:
    assert saving.file_name(DAY, tmp_path) == "opinion-2026-03-01-1.png"
    (tmp_path / "opinion-2026-03-01-1.png").touch()
    assert saving.file_name(DAY, tmp_path) == "opinion-2026-03-01-2.png"
    assert saving.file_name(DAY, tmp_path / "none") == "opinion-2026-03-01-1.png"


def test_contour_lines_are_saved_as_lines_and_the_mass_is_named() -> None:
    colour = made()
    assert colour.evidence is not None
    ramp = np.tile(np.linspace(-40, 40, 4, dtype=np.float32), (4, 1))
    lines = made(as_contours=True, mass=2, masses=3, evidence=replace(colour.evidence, map=ramp))

    def picture_of(saved: saving.Saved) -> QImage:
        return saving.render(saved, QFont()).copy(0, 0, *saving.PICTURE_PX)

    bare, washed = made(evidence=None), replace(lines, as_contours=False)
    assert picture_of(lines) not in (picture_of(replace(bare, mass=2, masses=3)), picture_of(washed))
    assert "Whole lines speak for malignancy" in told(lines)
    assert "Mass 2 of 3." in told(lines)
    assert (saving.numbers(lines)["mass"], saving.numbers(lines)["masses"]) == (2, 3)
    assert "Mass" not in told(colour)


def test_a_scan_is_never_saved_over(tmp_path: Path) -> None:
    scan, other = tmp_path / "scan.png", tmp_path / "other.png"
    scan.write_bytes(b"pixels")
    other.write_bytes(b"more pixels")
    saved = made(scan=replace(made().scan, path=scan))
    for target in (scan, other):
        with pytest.raises(KnownError, match="output-is-input"):
            saving.write(saved, QFont(), target, [other])
    assert (scan.read_bytes(), other.read_bytes()) == (b"pixels", b"more pixels")


def test_a_disk_that_refuses_is_a_known_error(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as caught:
        saving.write(made(), QFont(), tmp_path / "none" / "a.png")
    assert caught.value.code == "file-not-written"


def test_chinese_pictures_speak_chinese() -> None:
    use_language("zh_CN")
    try:
        assert "恶性概率" in told(made())
        assert "非医疗器械" in told(made())
    finally:
        use_language("en")


def test_control_s_shows_what_is_saved_and_saves_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_window(picture(tmp_path / "patient-name.png")) as (window, _):
        window.do(Action.SAVE)  # nothing to save yet
        assert not window.findChildren(SavePage)
        window.do(Action.ACCEPT)
        wait(lambda: window.desk.opinion is not None and window.desk.opinion.low is not None)
        window.do(Action.SAVE)
        shown = page(window, SavePage)
        asked: list[Path] = []
        monkeypatch.setattr(
            file_dialogs, "ask_target", lambda _parent, path: asked.append(path) or tmp_path / "out.png"
        )
        opinion = window.desk.opinion
        window.desk.nudge(5, 5)  # the page keeps what it showed
        shown._save.click()
        assert asked[0].name.startswith("opinion-")
        with Image.open(tmp_path / "out.png") as image:
            image.load()
            numbers = json.loads(image.text["bmgui"])
            assert "patient-name" not in "".join(map(str, image.text.values()))
        assert opinion is not None
        assert numbers["probability"] == opinion.probability
        assert numbers["square"]["left"] == opinion.subject.square.left


def test_a_full_disk_is_said_in_the_window(tmp_path: Path) -> None:
    with open_window(picture(tmp_path / "a.png")) as (window, _):
        window.do(Action.ACCEPT)
        wait(lambda: window.desk.opinion is not None)
        window.do(Action.SAVE)
        shown = page(window, SavePage)
        shown.save_to(tmp_path / "none" / "a.png")
        assert shown.isVisible()
        assert "could not be written" in window.notice.text
