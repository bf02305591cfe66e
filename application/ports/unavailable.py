"""The refusal of every port whose service cannot be reached."""


class Unavailable(Exception):
    """A service we depend on cannot be reached. Nothing was acknowledged: a retry is safe."""

    def __init__(self, what: str, *, retry_after: int = 1) -> None:
        super().__init__(f"{what} is not available at the moment.")
        self.retry_after = retry_after
