"""`python -m explain PHOTO --out DIR`: the command line of `explain.command`, in a process of its own."""

import sys

from carmodel.apart import run_apart

if __name__ == "__main__":
    sys.exit(run_apart("explain.command"))
