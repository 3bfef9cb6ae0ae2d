"""Where the frozen program starts: the command line, or one of the program's own processes.

A frozen program has no `python -m`: `bmgui --run-module MODULE ARGUMENTS` does the same (see bmgui/base/processes.py).
"""

import runpy
import sys

RUN_MODULE = "--run-module"

if len(sys.argv) > 2 and sys.argv[1] == RUN_MODULE:
    module = sys.argv[2]
    del sys.argv[1:3]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
else:
    from bmgui.cli import main

    sys.exit(main())
