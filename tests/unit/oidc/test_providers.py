"""The providers that the settings name, and the settings that are refused."""

from pathlib import Path
from typing import Any

import pytest

from application.ports.startup import BadSetting
from infrastructure.config.settings import Settings
from infrastructure.oidc.providers import Provider, providers_of

WORK = {
    "ANNALS_OIDC_ISSUERS": "work=https://id.example.org/",
    "ANNALS_OIDC_CLIENT_IDS": "work=annals",
}


def found(environment: dict[str, str]) -> dict[str, Provider]:
    return dict(providers_of(Settings.from_environment(environment).oidc))


def test_a_provider_has_what_the_settings_say_and_defaults() -> None:
    [work] = found(WORK).values()
    assert work.issuer == "https://id.example.org/"  # letter by letter
    assert (work.label, work.client_secret) == ("work", None)
    assert work.scopes == "openid email profile"
    named = WORK | {
        "ANNALS_OIDC_LABELS": "work=Example Ltd.",
        "ANNALS_OIDC_SCOPES": "work=openid email",
        "ANNALS_OIDC_CLIENT_SECRETS": "work=s=e=c",
    }
    [work] = found(named).values()
    assert (work.label, work.client_secret) == ("Example Ltd.", "s=e=c")
    assert work.scopes == "openid email"
    assert "s=e=c" not in repr(work) + repr(Settings.from_environment(named))


def test_a_secret_can_be_in_a_file(tmp_path: Path) -> None:
    folder = WORK | {"ANNALS_OIDC_SECRETS_DIR": str(tmp_path)}
    assert found(folder)["work"].client_secret is None
    (tmp_path / "work").write_text("with, a comma\n")
    assert found(folder)["work"].client_secret == "with, a comma"


@pytest.mark.parametrize(
    "changed",
    [
        {"ANNALS_OIDC_CLIENT_IDS": ""},
        {"ANNALS_OIDC_CLIENT_IDS": "other=annals"},
        {"ANNALS_OIDC_LABELS": "other=x"},
        {"ANNALS_OIDC_SCOPES": "work=email"},
        {"ANNALS_OIDC_ISSUERS": "work=https://a.example,work=https://b.example"},
        {"ANNALS_OIDC_ISSUERS": "work=https://a.example,home=https://a.example"},
        {"ANNALS_OIDC_ISSUERS": "work=http://id.example.org"},
        {"ANNALS_OIDC_ISSUERS": "work=https://id.example.org?x=1"},
        {"ANNALS_OIDC_ISSUERS": "work=https://"},
        {"ANNALS_OIDC_ISSUERS": "../work=https://id.example.org"},
        {"ANNALS_OIDC_ISSUERS": "https://id.example.org"},
    ],
    ids=str,
)
def test_a_setting_with_a_fault_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(BadSetting):
        found(WORK | changed)


def test_a_provider_on_this_machine_needs_no_tls() -> None:
    for host in ("127.0.0.1:4000", "localhost:4000", "[::1]:4000"):
        assert found(WORK | {"ANNALS_OIDC_ISSUERS": f"work=http://{host}"})
