"""Whether a network can start from a file: `python -m bmgui.learning.training.checking NETWORK FILE`; its SHA-256."""

import sys

from bmgui.base.commands import report
from bmgui.base.errors import KnownError
from bmgui.learning.plans.plan import Start
from bmgui.learning.training.starts import start_network
from bmgui.scoring.card import ARCHITECTURES


def main() -> int:
    name, file = sys.argv[1:]
    network = next(known for known in ARCHITECTURES if known == name)
    try:
        started = start_network(network, Start(file=file), "checking")
    except KnownError as error:
        return report(error)
    print(started.sha256)  # noqa: T201 - this is how it is told
    return 0


if __name__ == "__main__":
    sys.exit(main())
