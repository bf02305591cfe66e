"""Links that prove by themselves that we made them: to unsubscribe, or to confirm an address."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import datetime

import msgspec
from psycopg import AsyncConnection

from application.ports.endpoints import BadLink, UnsubscribeLink, VerifyAddressLink

PURPOSE = "links"


class SignedLinks:
    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._decoder: msgspec.json.Decoder[UnsubscribeLink | VerifyAddressLink] = (
            msgspec.json.Decoder(UnsubscribeLink | VerifyAddressLink)
        )

    def write(self, what: UnsubscribeLink | VerifyAddressLink) -> str:
        """Return it as one word of an address."""
        content = msgspec.json.encode(what)
        return urlsafe_b64encode(self._mac(content) + content).rstrip(b"=").decode()

    def read(self, word: str, now: datetime) -> UnsubscribeLink | VerifyAddressLink:
        """Return what was written.

        Raises:
            BadLink: it was not written here, or its time is over.
        """
        try:
            raw = urlsafe_b64decode(word + "=" * (-len(word) % 4))
        except (NotBase64, ValueError) as error:
            raise BadLink("This link is damaged.") from error
        mac, content = raw[:16], raw[16:]
        if not hmac.compare_digest(mac, self._mac(content)):
            raise BadLink("This link is damaged.")
        what = self._decoder.decode(content)
        if isinstance(what, VerifyAddressLink) and what.until < now:
            raise BadLink("This link is too old; ask for a new one.")
        return what

    def _mac(self, content: bytes) -> bytes:
        return hmac.digest(self._secret, content, hashlib.sha256)[:16]


async def signing_secret(connection: AsyncConnection) -> bytes:
    """Return the secret all processes share, made by the first that asks."""
    # The update changes nothing, but makes the row come back whoever put it there.
    cursor = await connection.execute(
        "INSERT INTO signing_secrets VALUES (%s, %s) ON CONFLICT (purpose)"
        " DO UPDATE SET purpose = excluded.purpose RETURNING secret",
        (PURPOSE, secrets.token_bytes(32)),
    )
    [row] = await cursor.fetchall()
    return bytes(row[0])
