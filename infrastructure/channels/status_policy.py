"""What an HTTP status means for a delivery: taken, try again, or never again."""

from collections.abc import Container, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from application.channels import DeliveryFailed
from infrastructure.channels.http_post import HttpAnswer

MAX_WAIT_SECONDS = 24 * 3600.0  # seconds we wait at a receiver's word

# Refused now, but perhaps not later: too slow, too early, too many.
_TEMPORARY = {408, 425, 429}


def refuse_unless_taken(
    answer: HttpAnswer, *, who: str, gone: Container[int] = (HTTPStatus.GONE,)
) -> None:
    """Return when the status is 2xx. `gone` are those with which an address ends for good.

    Raises:
        DeliveryFailed: it is another. Permanent with 3xx and 4xx, but for 408, 425 and 429.
    """
    status = answer.status
    if 200 <= status < 300:
        return
    raise DeliveryFailed(
        f"{who} answered {_said(status)}.",
        permanent=300 <= status < 500 and status not in _TEMPORARY,
        retry_after=retry_after(answer.headers),
        gone=status in gone,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait at the receiver's word, at most a day; None when it gave no such word."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text)
    else:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), MAX_WAIT_SECONDS)


def _said(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
