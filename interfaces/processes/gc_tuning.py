"""Tunes the garbage collector for long-running processes with few reference cycles."""

import gc


def tune_gc() -> None:
    """Exclude all present objects from collection, and collect the rest a hundredth as often.

    Call it after the start. A full collection takes a tenth of a second without it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
