"""`python -m lakedrill` is `lakedrill`."""

import sys

from lakedrill.cli.main import main

sys.exit(main())
