"""Build the one-folder bundle: dist/bmgui runs on Linux without Python. Started by: python3 dev.py bundle [DIR]

Beside the program lie bmgui.desktop and its icon; `packaging/linux/README.md` says where they go.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def build(target: Path) -> Path:
    """Make `target`/bmgui whole and return it; what was there before is replaced only when that worked."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=target) as scratch:
        made, work = Path(scratch) / "dist", Path(scratch) / "work"
        command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
        command += ["--distpath", str(made), "--workpath", str(work), str(ROOT / "packaging" / "bmgui.spec")]
        subprocess.run(command, check=True)
        bundle = made / "bmgui"
        shutil.copy(ROOT / "packaging" / "linux" / "bmgui.desktop", bundle)
        shutil.copy(ROOT / "resources" / "icons" / "bmgui.svg", bundle)
        shutil.rmtree(target / "bmgui", ignore_errors=True)
        bundle.rename(target / "bmgui")
    return target / "bmgui"


def main(arguments: list[str]) -> int:
    if not sys.platform.startswith("linux"):
        print("The bundle is made on Linux only, so far.", file=sys.stderr)
        return 1
    try:
        bundle = build(Path(arguments[0]) if arguments else ROOT / "dist")
    except subprocess.CalledProcessError:
        print("The bundle was not made: PyInstaller says why above.", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file() and not path.is_symlink())
    print(f"{bundle} ({size / 1e6:.0f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
