"""`python -m bmgui`, and the entry point of the frozen program."""

import runpy
import sys

from bmgui.base.processes import RUN_MODULE


def main() -> int:
    """Run one of our own modules where this program was started as its worker; else the command line."""
    if len(sys.argv) > 2 and sys.argv[1] == RUN_MODULE and sys.argv[2].startswith("bmgui."):
        module = sys.argv[2]
        del sys.argv[1:3]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return 0
    from bmgui.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
