"""Asking for files: the system's own dialogs, in one place so that tests and shots can stand in for them."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from bmgui.wording import tr


def ask_files(parent: QWidget, folder: str) -> list[Path]:
    """Scans to open; empty where she thought better of it. DICOM files often have no suffix: all files come first."""
    kinds = ";;".join(
        (tr("All files (*)"), tr("DICOM (*.dcm *.dicom *.ima)"), tr("Pictures (*.png *.jpg *.jpeg *.tif *.tiff *.bmp)"))
    )
    names, _ = QFileDialog.getOpenFileNames(parent, tr("Open scans"), folder, kinds)
    return [Path(name) for name in names]


def ask_folder(parent: QWidget, folder: str) -> list[Path]:
    """A folder of scans; empty where she thought better of it."""
    name = QFileDialog.getExistingDirectory(parent, tr("Open a folder of scans"), folder)
    return [Path(name)] if name else []


def ask_target(parent: QWidget, suggested: Path) -> Path | None:
    """Where to save a PNG; None where she thought better of it."""
    name, _ = QFileDialog.getSaveFileName(parent, tr("Save the opinion"), str(suggested), tr("PNG picture (*.png)"))
    if not name:
        return None
    path = Path(name)
    return path if path.suffix.lower() == ".png" else path.with_name(path.name + ".png")


def ask_list(parent: QWidget, folder: str) -> Path | None:
    """A list of scans (CSV); None where she thought better of it."""
    kinds = ";;".join((tr("Lists (*.csv *.tsv *.txt)"), tr("All files (*)")))
    name, _ = QFileDialog.getOpenFileName(parent, tr("Open a list"), folder, kinds)
    return Path(name) if name else None


def ask_csv(parent: QWidget, suggested: str) -> Path | None:
    """Where to save a table; None where she thought better of it."""
    name, _ = QFileDialog.getSaveFileName(parent, tr("Save the table"), f"{suggested}.csv", tr("Table (*.csv)"))
    if not name:
        return None
    path = Path(name)
    return path if path.suffix.lower() == ".csv" else path.with_name(path.name + ".csv")


def ask_save(parent: QWidget, title: str, suggested: Path, kind: str) -> Path | None:
    """Where to save a file of `suggested`'s ending, which is added where it is missing. kind: "PDF (*.pdf)", in words;
    None where she thought better of it."""
    name, _ = QFileDialog.getSaveFileName(parent, title, str(suggested), kind)
    if not name:
        return None
    path = Path(name)
    return path if path.suffix.lower() == suggested.suffix else path.with_name(path.name + suggested.suffix)


def ask_any_folder(parent: QWidget, title: str, folder: str) -> Path | None:
    """A folder; None where she thought better of it."""
    name = QFileDialog.getExistingDirectory(parent, title, folder)
    return Path(name) if name else None


def ask_model(parent: QWidget, folder: str) -> Path | None:
    """A model as one file; None where she thought better of it."""
    kinds = ";;".join((tr("Models (*.bmmodel)"), tr("All files (*)")))
    name, _ = QFileDialog.getOpenFileName(parent, tr("Import a model"), folder, kinds)
    return Path(name) if name else None


def ask_model_target(parent: QWidget, suggested: Path) -> Path | None:
    """Where to write a model; None where she thought better of it."""
    name, _ = QFileDialog.getSaveFileName(parent, tr("Export the model"), str(suggested), tr("Models (*.bmmodel)"))
    if not name:
        return None
    path = Path(name)
    return path if path.suffix.lower() == ".bmmodel" else path.with_name(path.name + ".bmmodel")


def ask_weights(parent: QWidget, folder: str) -> Path | None:
    """Weights for a training to start from; None where she thought better of it."""
    kinds = ";;".join((tr("Weights (*.safetensors *.pth *.pt)"), tr("All files (*)")))
    name, _ = QFileDialog.getOpenFileName(parent, tr("Weights to start from"), folder, kinds)
    return Path(name) if name else None
