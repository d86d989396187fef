"""Run the command line with the arguments given; say at the end, on a line of its own, the most memory it took."""

import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from desistance.cli import main

if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    except SystemExit as end:
        code = end.code
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"\nkibibytes {most}", file=sys.stderr)
    sys.exit(code)
