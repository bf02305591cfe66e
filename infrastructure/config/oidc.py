"""Settings of logging in with OpenID Connect."""

from dataclasses import dataclass
from pathlib import Path

from infrastructure.config import parsers as read
from infrastructure.config.variable import var

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class OidcSettings:
    """Each setting names its provider first: `google=…`."""

    issuers: Pairs = var(
        "ANNALS_OIDC_ISSUERS",
        "OpenID Connect providers that people may log in with: `name=issuer`, separated by commas "
        "(`google=https://accounts.google.com`). The redirect URI of a provider is "
        "`<ANNALS_PUBLIC_URL>/api/v1/auth/oidc/<name>/callback`.",
        read.several(read.provider_issuer),
        (),
    )
    client_ids: Pairs = var(
        "ANNALS_OIDC_CLIENT_IDS",
        "The id of Annals at each provider: `name=id`, separated by commas.",
        read.several(read.pair),
        (),
    )
    client_secrets: Pairs = var(
        "ANNALS_OIDC_CLIENT_SECRETS",
        "The secret of Annals at each provider: `name=secret`, separated by commas; a public "
        "client has none.",
        read.several(read.pair),
        (),
        secret=True,
    )
    secrets_dir: Path | None = var(
        "ANNALS_OIDC_SECRETS_DIR",
        "Folder of files with these secrets, each named after its provider.",
        read.folder,
        None,
    )
    labels: Pairs = var(
        "ANNALS_OIDC_LABELS",
        "What people call each provider: `name=label`, separated by commas; the name when not "
        "given.",
        read.several(read.pair),
        (),
    )
    scopes: Pairs = var(
        "ANNALS_OIDC_SCOPES",
        "Scopes asked of a provider instead of `openid email profile`: `name=scope scope`, "
        "separated by commas.",
        read.several(read.pair),
        (),
    )
