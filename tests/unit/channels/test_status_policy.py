"""A status says whether to try again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from application.channels import DeliveryFailed
from infrastructure.channels.http_exchange import HttpResponse
from infrastructure.channels.status_policy import MAX_WAIT_SECONDS, require_success, retry_after


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_two_hundred_is_taken(status: int) -> None:
    require_success(HttpResponse(status=status, headers={}), who="It")


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 403, 404, 410, 413, 422])
def test_what_fails_again_is_permanent(status: int) -> None:
    assert refused(status).permanent


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_temporary(status: int) -> None:
    assert not refused(status).permanent


def test_an_address_that_is_gone_is_named_so() -> None:
    assert refused(410).gone
    assert not refused(404).gone


def test_the_reason_names_the_status() -> None:
    assert refused(503).reason == "It answered 503 Service Unavailable."
    assert refused(599).reason == "It answered 599."


def test_the_wait_asked_for_is_passed_on() -> None:
    assert refused(429, {"retry-after": "17"}).retry_after == 17


def test_a_wait_may_be_a_date() -> None:
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(minutes=1), usegmt=True)
    assert retry_after({"retry-after": in_a_minute}) == pytest.approx(60, abs=2)


def test_a_date_gone_by_is_no_wait() -> None:
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0


@pytest.mark.parametrize("text", ["soon", "-5", "1.5", "", "²"])
def test_a_wait_that_cannot_be_read_is_none(text: str) -> None:
    assert retry_after({"retry-after": text}) is None


def test_nobody_makes_us_wait_for_ever() -> None:
    assert retry_after({"retry-after": "9" * 400}) == MAX_WAIT_SECONDS


def refused(status: int, headers: dict[str, str] | None = None) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as refusal:
        require_success(HttpResponse(status=status, headers=headers or {}), who="It")
    return refusal.value
