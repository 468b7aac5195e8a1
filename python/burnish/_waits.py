"""How long threads of the OpenMP team spin while they wait for one another: set before libgomp, which reads it once, is loaded.

By default they spin for milliseconds, and burn the time of those they wait for wherever other processes use the same cores.
"""

import os

if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # about 50 microseconds
