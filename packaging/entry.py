"""Where the frozen program starts: the command line, the window, or one of the program's own processes."""

import sys

from bmgui.__main__ import main

sys.exit(main())
