"""`python -m explain.survey --data DIR --out OUT`: `explain.survey.command`, in a process of its own."""

import sys

from carmodel.apart import run_apart

if __name__ == "__main__":
    sys.exit(run_apart("explain.survey.command"))
