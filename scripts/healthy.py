"""Says by its exit code whether the process in this container lives; needs no library.

`annals serve` answers on its API port, every other process on its metrics port.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException


def lives(port: str) -> bool:
    connection = HTTPConnection("127.0.0.1", int(port), timeout=2)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    ports = (
        os.environ.get("ANNALS_PORT") or "8000",
        os.environ.get("ANNALS_METRICS_PORT") or "9100",
    )
    sys.exit(not any(lives(port) for port in ports))
