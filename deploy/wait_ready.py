"""Waits until a server says it is ready: `wait_ready.py ADDRESS SECONDS`. Ends with 1 when it does not in time.

Nothing but what Python brings along: it runs from units and containers, before anything else is known to work.
"""

import sys
import time
import urllib.error
import urllib.request


def main(address: str, seconds: float) -> int:
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return 0
        except (OSError, urllib.error.URLError):
            pass
        if time.monotonic() >= until:
            return 1
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
