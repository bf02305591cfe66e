"""The refusal of every port whose service cannot be reached."""

FULL_RETRY_SECONDS = 10  # a disk is not emptied in a second


class Unavailable(Exception):
    """A service we depend on cannot be reached. Nothing was acknowledged: a retry is safe."""

    def __init__(self, what: str, *, retry_after: int = 1) -> None:
        super().__init__(f"{what} is not available at the moment.")
        self.retry_after = retry_after


class StorageFull(Unavailable):
    """The disk of the database is full. Nothing was acknowledged: a retry is safe."""

    def __init__(self) -> None:
        super().__init__("The event store", retry_after=FULL_RETRY_SECONDS)

    def __str__(self) -> str:
        return "Nothing can be stored at the moment: the database's disk is full."
