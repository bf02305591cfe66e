"""Signed links: of mails, to unsubscribe, verify an address or set a new password; of calendars."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import datetime

import msgspec

from application.ports.endpoints import BadLink, CalendarLink, Link, UnsubscribeLink
from infrastructure.security.sealed import derived_key


class HmacSignedLinks:
    def __init__(self, secret: bytes) -> None:
        """`secret` is the secret of the installation."""
        self._key = derived_key(secret, "links")
        self._decoder: msgspec.json.Decoder[Link] = msgspec.json.Decoder(Link)

    def write(self, link: Link) -> str:
        """Return the link as a signed token for a URL path."""
        content = msgspec.json.encode(link)
        return urlsafe_b64encode(self._mac(content) + content).rstrip(b"=").decode()

    def read(self, token: str, now: datetime) -> Link:
        """Return the link of a token.

        Raises:
            BadLink: the signature is wrong, or the link has expired.
        """
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (NotBase64, ValueError) as error:
            raise BadLink("This link is damaged.") from error
        mac, content = raw[:16], raw[16:]
        if not hmac.compare_digest(mac, self._mac(content)):
            raise BadLink("This link is damaged.")
        link = self._decoder.decode(content)
        if not isinstance(link, UnsubscribeLink | CalendarLink) and link.until < now:
            raise BadLink("This link is too old; ask for a new one.")
        return link

    def _mac(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, hashlib.sha256)[:16]
