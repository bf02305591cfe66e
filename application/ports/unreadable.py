"""The refusal of a stream with an event that this release cannot read."""

from uuid import UUID


class UnreadableEvent(Exception):
    """The stream cannot be folded beyond this event: another release recorded it, or it is broken.

    A retry does not help. Other streams are not concerned.
    """

    def __init__(self, stream_id: UUID, version: int, topic: str, position: int) -> None:
        super().__init__(
            f"This release cannot read the event {topic} at position {position}, which is"
            f" version {version} of the stream {stream_id}. Run the release that recorded it, or a"
            f" later one; `annals events show {stream_id}` shows the event and the error."
        )
        self.stream_id = stream_id
        self.version = version
        self.position = position
