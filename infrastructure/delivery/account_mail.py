"""Mail about an account itself: whether it is still to be sent, and the link in it."""

from datetime import UTC, datetime, timedelta

from application.ports.endpoints import AccountAddressLink, PasswordResetLink
from application.reactions.account_reactions import PASSWORD_RESET, VERIFY_ACCOUNT
from application.reactions.security_reactions import SECURITY
from domain.events.notifications import NotificationRequested
from domain.identity.account import Account
from domain.identity.password_reset import RESET_LIFE
from domain.values.delivery_reason import DeliveryReason
from domain.vocabulary import PasswordResetId
from infrastructure.delivery.signed_links import HmacSignedLinks

ACCOUNT_MAIL = frozenset({VERIFY_ACCOUNT, PASSWORD_RESET, SECURITY})
ADDRESS_LINK_LIFE = timedelta(hours=48)


def objection(request: NotificationRequested, account: Account) -> DeliveryReason | None:
    """Return why a notification of this account is not to be sent any more; None: it is."""
    if request.kind != SECURITY:
        if account.deleted:
            return DeliveryReason.ACCOUNT_DELETED
        if account.disabled:
            return DeliveryReason.ACCOUNT_DISABLED
    if request.kind == VERIFY_ACCOUNT and not account.expects_proof_of(request.address or ""):
        return DeliveryReason.ADDRESS_CHANGED
    if request.kind == PASSWORD_RESET and request.occurred_at + RESET_LIFE <= datetime.now(UTC):
        return DeliveryReason.LINK_EXPIRED
    return None


def link_of(request: NotificationRequested, *, links: HmacSignedLinks, base_url: str) -> str | None:
    """Return the URL of the link in a mail, which is computed and stored nowhere; None: none."""
    if request.kind == VERIFY_ACCOUNT and request.address is not None:
        proof = AccountAddressLink(
            account_id=request.account_id,
            address=request.address,
            until=request.occurred_at + ADDRESS_LINK_LIFE,
        )
        return f"{base_url}/api/v1/verify/{links.write(proof)}"
    if request.kind == PASSWORD_RESET and request.link_id is not None:
        reset = PasswordResetLink(
            reset_id=PasswordResetId(request.link_id), until=request.occurred_at + RESET_LIFE
        )
        return f"{base_url}/api/v1/reset-password/{links.write(reset)}"
    return None
