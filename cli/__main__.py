"""`python -m autoviz_render.cli`: the command without its console script."""

import sys

from autoviz_render.cli import main

if __name__ == "__main__":
    sys.exit(main())
