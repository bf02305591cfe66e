"""What a computation costs, counted in lines of Python: the same on every machine."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def lines_run(compute: Callable[[], object]) -> int:
    """Run it to its end; return how many lines of Python that took."""
    count = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        compute()
    finally:
        sys.settrace(before)
    return count
