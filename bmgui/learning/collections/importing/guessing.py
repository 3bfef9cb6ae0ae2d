"""Which of the known layouts a folder or a list has, by the names in it alone: a suggestion, never a decision."""

from pathlib import Path

from bmgui.learning.collections.importing.cbis_ddsm import TABLES

_MOST_NAMES = 2000  # of one folder: more say nothing new


def guess_kind(source: Path) -> str:
    """A key of `run.LAYOUTS`, or "" where nothing points to one. Never raises: what cannot be listed is not known."""
    if source.is_file():
        return "csv" if source.suffix.casefold() in (".csv", ".tsv", ".txt") else ""
    try:
        names = {path.name.casefold() for _, path in zip(range(_MOST_NAMES), source.iterdir(), strict=False)}
    except OSError:
        return ""
    if "bus_data.csv" in names:
        return "bus-bra"
    if {"info.csv", "images", "masks"} <= names:
        return "bus-uclm"
    if names & set(TABLES.values()):
        return "cbis-ddsm"
    if {"benign", "malignant"} <= names:
        return "busi" if any((source / "benign").glob("benign (*)_mask.png")) else "folder"
    if any(name.endswith(".xlsx") for name in names):
        return "breast"
    return ""
