"""`python -m desistance.cli`, where the command itself is not on the path."""

import sys

from desistance.cli import main

sys.exit(main())
