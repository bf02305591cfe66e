"""The OpenID Connect providers that the settings name."""

from collections.abc import Mapping

from msgspec import field

from application.ports.startup import BadSetting
from domain.record import Record
from infrastructure.config.oidc import OidcSettings

SCOPES = "openid email profile"


class Provider(Record):
    """A provider, and the client that Annals is there. `issuer` is compared letter by letter."""

    name: str
    label: str
    issuer: str
    client_id: str
    client_secret: str | None = field(default=None)
    scopes: str = SCOPES

    def __repr__(self) -> str:
        return f"Provider({self.name})"  # the secret must not reach a log


def providers_of(settings: OidcSettings) -> Mapping[str, Provider]:
    """Return the providers by name.

    Raises:
        BadSetting: a provider has no client id, two have one name or one issuer, a secret cannot be
            read, or a setting names a provider that has no issuer.
    """
    issuers = dict(settings.issuers)
    if len(issuers) < len(settings.issuers) or len(set(issuers.values())) < len(issuers):
        raise BadSetting("ANNALS_OIDC_ISSUERS names a provider or an issuer twice.")
    for variable, pairs in (
        ("ANNALS_OIDC_CLIENT_IDS", settings.client_ids),
        ("ANNALS_OIDC_CLIENT_SECRETS", settings.client_secrets),
        ("ANNALS_OIDC_LABELS", settings.labels),
        ("ANNALS_OIDC_SCOPES", settings.scopes),
    ):
        if unknown := [name for name, _ in pairs if name not in issuers]:
            raise BadSetting(
                f"{variable} names {unknown[0]}, which ANNALS_OIDC_ISSUERS does not name."
            )
    return {name: _provider(settings, name, issuer) for name, issuer in issuers.items()}


def _provider(settings: OidcSettings, name: str, issuer: str) -> Provider:
    client_id = dict(settings.client_ids).get(name)
    if not client_id:
        raise BadSetting(f"ANNALS_OIDC_CLIENT_IDS has no id for the provider {name}.")
    scopes = dict(settings.scopes).get(name, SCOPES)
    if "openid" not in scopes.split():
        raise BadSetting(f"ANNALS_OIDC_SCOPES of the provider {name} must contain openid.")
    return Provider(
        name=name,
        label=dict(settings.labels).get(name, name),
        issuer=issuer,
        client_id=client_id,
        client_secret=_secret(settings, name),
        scopes=scopes,
    )


def _secret(settings: OidcSettings, name: str) -> str | None:
    given = dict(settings.client_secrets).get(name)
    if given or settings.secrets_dir is None:
        return given
    file = settings.secrets_dir / name
    try:
        return file.read_text("utf-8").strip() or None
    except FileNotFoundError:
        return None  # a public client
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"ANNALS_OIDC_SECRETS_DIR: {file} cannot be read ({error}).") from None
