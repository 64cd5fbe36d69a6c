"""`python -m carmodel.train`."""

import sys

from carmodel.train.command import main

sys.exit(main())
