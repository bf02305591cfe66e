"""An installation has the channels it was given the means for."""

from ipaddress import ip_network
from typing import Any

import pytest

from application.channels import Channel, DeliveryFailed
from application.ports.startup import BadSetting
from infrastructure.channels.destination import Forbidden
from infrastructure.channels.factory import channels
from infrastructure.config.settings import Settings
from infrastructure.wiring.outbound import outbound

KEY = "A" * 42 + "E"  # 32 bytes in base64url


def channels_of(settings: Settings) -> dict[str, Channel]:
    return channels(settings, outbound(settings))


def test_webhooks_need_nothing() -> None:
    assert set(channels_of(Settings())) == {"webhook"}


def test_mail_and_web_push_are_there_when_they_are_set_up() -> None:
    there = channels_of(Settings.of(smtp_host="mail.example", vapid_private_key=KEY))
    assert set(there) == {"email", "web_push", "webhook"}
    assert all(name == channel.name for name, channel in there.items())


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        ({"smtp_host": "mail.example", "mail_from": "nobody"}, "ANNALS_MAIL_FROM"),
        ({"vapid_private_key": KEY, "mail_from": "nobody"}, "ANNALS_MAIL_FROM"),
        ({"vapid_private_key": "hush"}, "ANNALS_VAPID_PRIVATE_KEY"),
    ],
)
def test_what_cannot_be_understood_is_named_and_no_secret_told(
    given: dict[str, Any], variable: str
) -> None:
    with pytest.raises(BadSetting, match=f"^{variable} must be") as refusal:
        channels_of(Settings.of(**given))
    assert "hush" not in str(refusal.value)


def test_networks_are_allowed_by_a_setting() -> None:
    settings = Settings.from_environment(
        {"ANNALS_WEBHOOK_ALLOWED_NETWORKS": "10.0.0.0/8, fd00::/8"}
    )
    assert settings.webhooks.allowed_networks == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    outbound(settings).check("http://10.1.2.3/")
    with pytest.raises(Forbidden):
        outbound(settings).check("http://192.168.1.1/")
    with pytest.raises(Forbidden):
        outbound(Settings()).check("http://10.1.2.3/")


def test_a_network_that_is_none_is_named() -> None:
    with pytest.raises(BadSetting, match="must be networks such as"):
        Settings.from_environment({"ANNALS_WEBHOOK_ALLOWED_NETWORKS": "10.0.0.1/8"})


def test_a_refusal_by_the_guard_is_a_failure_for_good() -> None:
    with pytest.raises(DeliveryFailed) as refusal:
        outbound(Settings()).check("https://127.0.0.1/")
    assert refusal.value.permanent
