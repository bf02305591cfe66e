"""The garbage collector of a process that lives long and leaves few cycles."""

import gc


def tune_gc() -> None:
    """Called after the start: what stands then stays for good and is never looked at again, and
    the rest is looked at a hundredth as often. A look at everything takes a tenth of a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
