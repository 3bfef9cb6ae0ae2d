"""Everything that the window can be told to do, as data: its menu, words, key and icon. No Qt in here.

`doings.py` holds what each one does, `menus.py` makes menus and keys of this table, the keys page is written from it.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from bmgui.ui.marks import mark


class Action(Enum):
    OPEN = auto()
    OPEN_FOLDER = auto()
    OPEN_SAMPLE = auto()
    OPEN_LAST = auto()
    CLEAR_RECENT = auto()
    SAVE = auto()
    ADD_TO_COLLECTION = auto()
    CLOSE = auto()
    QUIT = auto()

    NEXT_SCAN = auto()
    PREVIOUS_SCAN = auto()
    NEXT_FRAME = auto()
    PREVIOUS_FRAME = auto()
    PLAY = auto()
    ZOOM_IN = auto()
    ZOOM_OUT = auto()
    FIT = auto()
    INVERT = auto()
    RESET_DISPLAY = auto()
    SHOW_IDENTITY = auto()
    FULL_SCREEN = auto()

    ACCEPT = auto()
    PROPOSAL_1 = auto()
    PROPOSAL_2 = auto()
    PROPOSAL_3 = auto()
    DRAW = auto()
    NUDGE_LEFT = auto()
    NUDGE_RIGHT = auto()
    NUDGE_UP = auto()
    NUDGE_DOWN = auto()
    GROW = auto()
    SHRINK = auto()
    NEXT_MASS = auto()
    REMOVE = auto()
    UNDO = auto()
    REDO = auto()
    LEAVE = auto()

    SHOW_EVIDENCE = auto()
    BARE = auto()
    AS_COLOUR = auto()
    AS_CONTOURS = auto()
    CANCEL_METHOD = auto()

    MODEL_CARD = auto()
    RETRAIN = auto()
    SETTINGS = auto()

    HELP = auto()
    KEYS = auto()
    ABOUT = auto()


Menu = Literal["file", "view", "square", "evidence", "tools", "help"]
Scope = Literal["window", "picture", "canvas"]

MENUS: dict[Menu, str] = {
    "file": mark("&File"),
    "view": mark("&View"),
    "square": mark("&Square"),
    "evidence": mark("&Evidence"),
    "tools": mark("&Tools"),
    "help": mark("&Help"),
}


@dataclass(frozen=True)
class Spec:
    """One action. keys: Qt's portable names, the first is shown.

    scope: "window": its keys work everywhere in the window; "picture": only while the picture has the focus, so that
    buttons and lists keep their own keys; "canvas": likewise, and the picture itself handles the key, because its
    meaning depends on what the hand is doing (`keys` are for the menu and the keys page).
    checked: it is on or off; choice: one of its menu's neighbours with the same word is on.
    apart: a separator stands before it. submenu: the words of the submenu that it lies in.
    """

    action: Action
    menu: Menu
    text: str
    tip: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    scope: Scope = "window"
    checked: bool = False
    choice: str = ""
    apart: bool = False
    submenu: str = ""


A = Action
ACTIONS: tuple[Spec, ...] = (
    # file
    Spec(A.OPEN, "file", mark("&Open…"), mark("Open scans: DICOM, PNG, JPEG, TIFF or BMP files."), ("Ctrl+O",), "open"),
    Spec(
        A.OPEN_FOLDER,
        "file",
        mark("Open &folder…"),
        mark("Open all scans of a folder as exams."),
        ("Ctrl+Shift+O",),
        "folder",
    ),
    Spec(
        A.OPEN_SAMPLE,
        "file",
        mark("Open the sample &exam"),
        mark("Open real scans that came with the program."),
        ("Ctrl+E",),
        "sample",
    ),
    Spec(
        A.OPEN_LAST,
        "file",
        mark("Open the &last exam again"),
        mark("Open the most recent exam."),
        ("Ctrl+R",),
        "recent",
    ),
    Spec(
        A.CLEAR_RECENT,
        "file",
        mark("&Clear this list"),
        mark("Forget which exams were open; the files and your squares stay."),
        submenu=mark("&Recent exams"),
        apart=True,
    ),
    Spec(
        A.SAVE,
        "file",
        mark("&Save the opinion…"),
        mark("Save the picture with its square, evidence and numbers as a PNG."),
        ("Ctrl+S",),
        "save",
        apart=True,
    ),
    Spec(
        A.ADD_TO_COLLECTION,
        "file",
        mark("&Add this mass to a collection…"),
        mark("Keep this mass with its proven pathology to learn from, without anything that names the patient."),
        ("Ctrl+Shift+A",),
        "add",
    ),
    Spec(
        A.CLOSE,
        "file",
        mark("&Close the exams"),
        mark("Close all scans; squares and opinions are kept."),
        ("Ctrl+W",),
        "close",
        apart=True,
    ),
    Spec(A.QUIT, "file", mark("&Quit"), mark("Close the window; it comes back as it was."), ("Ctrl+Q",)),
    # view
    Spec(A.NEXT_SCAN, "view", mark("&Next scan"), mark("Show the next scan of the exam."), ("PgDown",), "down"),
    Spec(A.PREVIOUS_SCAN, "view", mark("&Previous scan"), mark("Show the scan before this one."), ("PgUp",), "up"),
    Spec(
        A.NEXT_FRAME,
        "view",
        mark("Nex&t frame"),
        mark("Show the next frame (the key works while no square is selected)."),
        ("Right",),
        "next",
        "canvas",
        apart=True,
    ),
    Spec(
        A.PREVIOUS_FRAME,
        "view",
        mark("Previous fra&me"),
        mark("Show the frame before this one (the key works while no square is selected)."),
        ("Left",),
        "previous",
        "canvas",
    ),
    Spec(
        A.PLAY,
        "view",
        mark("P&lay"),
        mark("Play the frames over and over."),
        ("Space",),
        "play",
        "canvas",
        checked=True,
    ),
    Spec(
        A.ZOOM_IN,
        "view",
        mark("Zoom &in"),
        mark("Show the picture larger."),
        ("Ctrl++", "Ctrl+="),
        "zoom-in",
        apart=True,
    ),
    Spec(A.ZOOM_OUT, "view", mark("Zoom &out"), mark("Show the picture smaller."), ("Ctrl+-",), "zoom-out"),
    Spec(A.FIT, "view", mark("&Fit"), mark("Show the whole picture."), ("F",), "fit", "picture"),
    Spec(
        A.INVERT,
        "view",
        mark("In&vert"),
        mark("Swap black and white on the screen; the score stays."),
        ("I",),
        "invert",
        "picture",
        apart=True,
    ),
    Spec(
        A.RESET_DISPLAY,
        "view",
        mark("&Reset brightness and contrast"),
        mark("Show the picture as it was decoded (drag with the right button to change it)."),
        ("R",),
        "reset",
        "picture",
    ),
    Spec(
        A.SHOW_IDENTITY,
        "view",
        mark("Show &whose scan it is"),
        mark("Show or hide name, ID, birth date and study date."),
        ("Ctrl+I",),
        "identity",
        checked=True,
        apart=True,
    ),
    Spec(A.FULL_SCREEN, "view", mark("Full &screen"), mark("Fill the screen, or leave it."), ("F11",), checked=True),
    # square
    Spec(
        A.ACCEPT,
        "square",
        mark("&Accept the square"),
        mark("Confirm the proposed square: it is scored and kept."),
        ("Return", "Enter"),
        "accept",
        "picture",
    ),
    Spec(
        A.PROPOSAL_1,
        "square",
        mark("Proposal &1"),
        mark("Use the likeliest proposal."),
        ("1",),
        "",
        "picture",
        apart=True,
    ),
    Spec(A.PROPOSAL_2, "square", mark("Proposal &2"), mark("Use the second proposal."), ("2",), "", "picture"),
    Spec(A.PROPOSAL_3, "square", mark("Proposal &3"), mark("Use the third proposal."), ("3",), "", "picture"),
    Spec(
        A.DRAW,
        "square",
        mark("&Draw a new square"),
        mark("The next drag on the picture draws a square (or drag with Ctrl held)."),
        ("N",),
        "draw",
        "picture",
        apart=True,
    ),
    *(
        Spec(
            action,
            "square",
            text,
            mark("Move the selected square by a pixel (Shift: by ten)."),
            (key,),
            "",
            "canvas",
            submenu=mark("Mo&ve"),
        )
        for action, text, key in (
            (A.NUDGE_LEFT, mark("To the &left"), "Left"),
            (A.NUDGE_RIGHT, mark("To the &right"), "Right"),
            (A.NUDGE_UP, mark("&Up"), "Up"),
            (A.NUDGE_DOWN, mark("&Down"), "Down"),
        )
    ),
    Spec(A.GROW, "square", mark("&Larger"), mark("Make the square 5 % larger."), ("+", "="), "grow", "picture"),
    Spec(A.SHRINK, "square", mark("&Smaller"), mark("Make the square 5 % smaller."), ("-",), "shrink", "picture"),
    Spec(
        A.NEXT_MASS,
        "square",
        mark("Next &mass"),
        mark("Select the next mass of this frame."),
        ("M",),
        "",
        "picture",
        apart=True,
    ),
    Spec(A.REMOVE, "square", mark("&Remove"), mark("Remove the selected square."), ("Del",), "remove", "picture"),
    Spec(
        A.LEAVE,
        "square",
        mark("L&et go of the square"),
        mark("Stop drawing, or let go of the selected square: arrows step through frames again."),
        ("Esc",),
        "",
        "canvas",
    ),
    Spec(
        A.UNDO, "square", mark("&Undo"), mark("Take back the last change to a square."), ("Ctrl+Z",), "undo", apart=True
    ),
    Spec(A.REDO, "square", mark("Red&o"), mark("Do it again."), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"),
    # evidence
    Spec(
        A.SHOW_EVIDENCE,
        "evidence",
        mark("&Show the evidence map"),
        mark("Show where the score comes from (not the lesion's outline)."),
        ("H",),
        "evidence",
        "picture",
        checked=True,
    ),
    Spec(
        A.BARE,
        "evidence",
        mark("&Bare picture (hold)"),
        mark("Show the picture with nothing on it while the key is held."),
        ("B",),
        "",
        "canvas",
        checked=True,
    ),
    Spec(
        A.AS_COLOUR,
        "evidence",
        mark("As &colour"),
        mark("Warm where it speaks for malignancy, cool where it speaks against."),
        (),
        "colour",
        choice="style",
        apart=True,
    ),
    Spec(
        A.AS_CONTOURS,
        "evidence",
        mark("As con&tours"),
        mark("Lines of equal evidence; dashed where it speaks against malignancy."),
        ("C",),
        "contours",
        "picture",
        choice="style",
    ),
    Spec(
        A.CANCEL_METHOD,
        "evidence",
        mark("Stop com&puting"),
        mark("Stop computing the further method."),
        ("Ctrl+.",),
        "close",
    ),
    # tools
    Spec(
        A.MODEL_CARD,
        "tools",
        mark("The model's c&ard…"),
        mark("What the model in use was made from, and where it was measured."),
        ("Ctrl+D",),
        "card",
    ),
    Spec(
        A.RETRAIN,
        "tools",
        mark("&Retrain models…"),
        mark("Learn from the department's own proven scans, judge what comes of it, and promote it or go back."),
        ("Ctrl+T",),
        "retrain",
        apart=True,
    ),
    Spec(
        A.SETTINGS,
        "tools",
        mark("&Settings…"),
        mark("Language, theme, device, share of malignant masses, identity on saved pictures."),
        ("Ctrl+,",),
        "settings",
        apart=True,
    ),
    # help
    Spec(A.HELP, "help", mark("&Help"), mark("What the program shows, and how to use it."), ("F1",), "help"),
    Spec(A.KEYS, "help", mark("&Keys"), mark("All keys on one page."), ("?",), "keys"),
    Spec(A.ABOUT, "help", mark("&About…"), mark("Versions, licences and the model."), (), "about", apart=True),
)

SPECS: dict[Action, Spec] = {spec.action: spec for spec in ACTIONS}
