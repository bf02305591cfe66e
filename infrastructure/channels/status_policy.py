"""Whether an HTTP status means delivered, failed for now, or failed permanently."""

from collections.abc import Container, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from application.channels import DeliveryFailed
from infrastructure.channels.http_exchange import HttpResponse

MAX_WAIT_SECONDS = 24 * 3600.0  # seconds, the longest Retry-After that is followed

# Request Timeout, Too Early, Too Many Requests.
_TEMPORARY = {408, 425, 429}


def require_success(
    response: HttpResponse, *, who: str, gone: Container[int] = (HTTPStatus.GONE,)
) -> None:
    """Return if the status is 2xx. The statuses `gone` mean that the address no longer exists.

    Raises:
        DeliveryFailed: the status is another; permanent for 3xx and 4xx except 408, 425, 429.
    """
    status = response.status
    if 200 <= status < 300:
        return
    raise DeliveryFailed(
        f"{who} answered {_describe(status)}.",
        permanent=300 <= status < 500 and status not in _TEMPORARY,
        retry_after=retry_after(response.headers),
        gone=status in gone,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of Retry-After, at most a day; None without a valid header."""
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


def _describe(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
