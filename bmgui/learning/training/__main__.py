"""The trainer's process: python -m bmgui.learning.training RUN [--time-steps] [--spare-a-thread]"""

import argparse
import sys
from pathlib import Path

from bmgui.learning.runs.trainers import SPARE_A_THREAD, as_trainer
from bmgui.learning.training.machine import spare_a_thread
from bmgui.learning.training.timing import time_steps
from bmgui.learning.training.train import train


def main() -> int:
    parser = argparse.ArgumentParser("bmgui.learning.training", description=__doc__)
    parser.add_argument("run", type=Path, help="the folder of a run")
    parser.add_argument("--time-steps", action="store_true", help="only write timing.json")
    parser.add_argument(SPARE_A_THREAD, action="store_true", help="leave one of the processor to others")
    options = parser.parse_args()
    if options.spare_a_thread:
        spare_a_thread()
    return as_trainer(options.run, time_steps if options.time_steps else train)


if __name__ == "__main__":
    sys.exit(main())
