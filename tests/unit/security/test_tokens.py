"""A token proves who someone is, or nothing at all."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from application.ports.identity import BadToken
from application.ports.startup import BadSetting
from domain.vocabulary import Role
from infrastructure.security.key_ring import KeyRing
from infrastructure.security.signing_key import fill_key_folder
from infrastructure.security.tokens import TokenSigner

ADA, SESSION = uuid4(), uuid4()
STRANGER = generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    fill_key_folder(folder)
    return folder


@pytest.fixture
def ring(folder: Path) -> KeyRing:
    return KeyRing(folder)


def tokens(ring: KeyRing, **more: Any) -> TokenSigner:
    given: dict[str, Any] = {"issuer": "annals", "audience": "annals", "life": 900}
    return TokenSigner(ring, **given | more)


def test_a_token_tells_who_and_what_they_may(ring: KeyRing) -> None:
    ours = tokens(ring)
    identity = ours.verify(ours.issue(ADA, [Role.USER, Role.AUDITOR], SESSION))
    assert (identity.account_id, identity.session_id) == (ADA, SESSION)
    assert identity.roles == {Role.USER, Role.AUDITOR}


def forged(
    ring: KeyRing, *, key: Any = None, headers: dict[str, Any] | None = None, **claims: Any
) -> str:
    now = int(time.time())
    plain = {
        "iss": "annals",
        "aud": "annals",
        "sub": str(ADA),
        "iat": now,
        "nbf": now,
        "exp": now + 900,
        "jti": "1",
        "roles": ["admin"],
    }
    said = {name: value for name, value in (plain | claims).items() if value is not None}
    head = {"kid": ring.signing.kid, "typ": "at+jwt"} | (headers or {})
    return jwt.encode(said, key or ring.signing.private, algorithm="RS256", headers=head)


@pytest.mark.parametrize(
    "fault",
    [
        {"iss": "others"},
        {"aud": "others"},
        {"sub": "ada"},
        {"sub": None},
        {"exp": None},
        {"iat": None},
        {"jti": None},
        {"nbf": int(time.time()) + 3600},
        {"exp": int(time.time()) - 3600},
        {"roles": ["emperor"]},
        {"roles": "admin"},
        {"headers": {"typ": "JWT"}},
        {"headers": {"kid": "unknown"}},
        {"headers": {"kid": "../../../../dev/null"}},
        {"headers": {"kid": ""}},
        {"key": STRANGER},
    ],
    ids=lambda fault: next(iter(fault)),  # the same in every process
)
def test_a_token_with_one_fault_proves_nothing(ring: KeyRing, fault: dict[str, Any]) -> None:
    ours = tokens(ring)
    assert ours.verify(forged(ring)).account_id == ADA
    with pytest.raises(BadToken):
        ours.verify(forged(ring, **fault))


def unsigned(ring: KeyRing) -> str:
    return f"{_part({'alg': 'none', 'typ': 'at+jwt', 'kid': ring.signing.kid})}.{_claims(ring)}."


def signed_with_the_public_key_as_a_secret(ring: KeyRing) -> str:
    head = _part({"alg": "HS256", "typ": "at+jwt", "kid": ring.signing.kid})
    secret = ring.signing.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    digest = hmac.digest(secret, f"{head}.{_claims(ring)}".encode(), hashlib.sha256)
    return f"{head}.{_claims(ring)}.{_base64url(digest)}"


def with_other_claims(ring: KeyRing) -> str:
    head, _, signature = forged(ring).split(".")
    return f"{head}.{_part({'sub': str(uuid4())})}.{signature}"


def with_a_key_of_its_own(ring: KeyRing) -> str:
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(STRANGER.public_key(), as_dict=True)
    return str(forged(ring, key=STRANGER, headers={"jwk": jwk}))


@pytest.mark.parametrize(
    "make",
    [
        unsigned,
        signed_with_the_public_key_as_a_secret,
        with_other_claims,
        with_a_key_of_its_own,
        lambda ring: "",
        lambda ring: "a.b",
        lambda ring: "é.é.é",
        lambda ring: forged(ring) + "x",
        lambda ring: "x" * 100_000,
    ],
)
def test_a_forged_token_proves_nothing(ring: KeyRing, make: Callable[[KeyRing], str]) -> None:
    with pytest.raises(BadToken):
        tokens(ring).verify(make(ring))


def test_a_token_proves_nothing_once_its_key_is_gone(tmp_path: Path) -> None:
    fill_key_folder(tmp_path)
    ours = tokens(ring := KeyRing(tmp_path))
    token = ours.issue(ADA, [Role.USER], SESSION)
    ours.verify(token)
    _write(tmp_path / "0002.pem")
    (tmp_path / "0001.pem").unlink()
    ring._checked_at = 0.0
    with pytest.raises(BadToken):
        ours.verify(token)


def test_keys_are_rotated_without_a_gap(tmp_path: Path) -> None:
    fill_key_folder(tmp_path)
    ours = tokens(ring := KeyRing(tmp_path))
    old = ours.issue(ADA, [Role.USER], SESSION)
    _write(tmp_path / "0002.next.pem")
    _look_again(ring)
    assert len(ring.jwks()["keys"]) == 2
    assert _kid(ours.issue(ADA, [Role.USER], SESSION)) == _kid(old)
    (tmp_path / "0002.next.pem").rename(tmp_path / "0002.pem")
    _look_again(ring)
    new = ours.issue(ADA, [Role.USER], SESSION)
    assert _kid(new) != _kid(old)
    assert ours.verify(old).account_id == ours.verify(new).account_id == ADA


def test_the_kid_is_the_thumbprint_of_rfc_7638(ring: KeyRing) -> None:
    (key,) = ring.jwks()["keys"]
    essence = f'{{"e":"{key["e"]}","kty":"RSA","n":"{key["n"]}"}}'
    assert key["kid"] == _base64url(hashlib.sha256(essence.encode()).digest())


def test_a_folder_without_a_key_to_sign_with_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="ANNALS_KEYS_DIR"):
        KeyRing(tmp_path)
    (tmp_path / "key.pem").write_text("nonsense")
    with pytest.raises(BadSetting, match=r"key\.pem"):
        KeyRing(tmp_path)


def _write(file: Path) -> None:
    key = generate_private_key(public_exponent=65537, key_size=2048)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _look_again(ring: KeyRing) -> None:
    ring._checked_at = 0.0
    assert ring.reload()


def _kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def _claims(ring: KeyRing) -> str:
    return str(forged(ring).split(".")[1])


def _part(content: dict[str, Any]) -> str:
    return _base64url(msgspec.json.encode(content))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
