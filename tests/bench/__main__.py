"""Speed, as ratios in one run, as a table:

python3 dev.py bench [--quick] [picture score warm drag bulk cuda train live reading browse]

Exit code 1 where a goal was missed.
"""

import argparse
import sys

from tests.bench.measuring import machine, table
from tests.bench.rows import every, measured


def main() -> int:
    parser = argparse.ArgumentParser("dev.py bench", description=__doc__)
    parser.add_argument("rows", nargs="*", help="which ones; all by default")
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    options = parser.parse_args()
    wanted = every(options.quick)
    unknown = set(options.rows) - set(wanted)
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(wanted)}")
    where = machine()
    rows = []
    for name, call in wanted.items():
        if not options.rows or name in options.rows:
            found, seconds = measured(call)
            rows += found
            print(f"{name}: {'; '.join(row.result for row in found)} [{seconds:.0f} s]", file=sys.stderr, flush=True)
    print(table(rows))
    print(f"\n{where}")
    return int(any(row.met is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
