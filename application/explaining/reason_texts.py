"""The text of each delivery reason, in each language."""

import re
from collections.abc import Mapping

from domain.values.delivery_reason import DeliveryReason
from domain.vocabulary import CancelReason

FALLBACK_LANGUAGE = "en"
# The part of a text that makes no sense without a detail.
_DETAIL = re.compile(r"(?:;[^;{]*)?:? \(?\{detail\}\)?")

# `{detail}` is what a receiver answered, why an endpoint is off or why a reminder was cancelled;
# `{until}` is a time of day in the zone of the account.
ENGLISH: Mapping[DeliveryReason, str] = {
    DeliveryReason.NOT_DUE: "The reminder is not due yet.",
    DeliveryReason.REMINDER_CANCELLED: "The reminder was cancelled: {detail}.",
    DeliveryReason.TOO_LATE: "The reminder was found so long after its time that it was not sent.",
    DeliveryReason.ACCOUNT_DISABLED: "The account was disabled.",
    DeliveryReason.ACCOUNT_DELETED: "The account was deleted.",
    DeliveryReason.TOPIC_OFF: "The topic is not among the topics of your preferences.",
    DeliveryReason.CHANNEL_OFF: "The channel is switched off in your preferences.",
    DeliveryReason.NO_ADDRESS: "Your preferences name no address for mail.",
    DeliveryReason.ADDRESS_NOT_CONFIRMED: "The address for mail is not confirmed.",
    DeliveryReason.ADDRESS_CHANGED: "The address has changed or is confirmed already.",
    DeliveryReason.NO_ENDPOINT: "You have not added a browser or a webhook for this channel.",
    DeliveryReason.ENDPOINT_OFF: "The endpoint is switched off: {detail}.",
    DeliveryReason.ENDPOINT_REMOVED: "The endpoint was removed.",
    DeliveryReason.ONLINE: "You were online, and this channel is used while you are offline.",
    DeliveryReason.BEING_REQUESTED: "The notification is being prepared.",
    DeliveryReason.QUIET_HOURS: "Your quiet hours hold the notification until {until}.",
    DeliveryReason.DIGEST: "The notification is part of a digest.",
    DeliveryReason.QUEUED: "The notification is on its way.",
    DeliveryReason.RETRYING: "The last attempt failed ({detail}); the next is at {until}.",
    DeliveryReason.SENT: "The receiver accepted the notification.",
    DeliveryReason.IN_INBOX: "The notification is in your inbox.",
    DeliveryReason.CHANNEL_NOT_SET_UP: "The operator of this service has not set up the channel.",
    DeliveryReason.LINK_EXPIRED: "The link of the mail expired before the mail was sent.",
    DeliveryReason.TOO_MANY_LINKS: "The address has received too many mails with links.",
    DeliveryReason.DEAD_LETTER: "Every attempt failed; the last one: {detail}.",
    DeliveryReason.DISCARDED: "An operator discarded the notification after failed attempts.",
    DeliveryReason.OTHER: "The notification was not sent: {detail}.",
    DeliveryReason.STREAM_OPEN: "A stream or socket of yours was open and received the event.",
    DeliveryReason.STREAMS_UNKNOWN: (
        "Every open stream or socket received the event; which were open is not recorded."
    ),
}
GERMAN: Mapping[DeliveryReason, str] = {
    DeliveryReason.NOT_DUE: "Die Erinnerung ist noch nicht fällig.",
    DeliveryReason.REMINDER_CANCELLED: "Die Erinnerung wurde abgesagt: {detail}.",
    DeliveryReason.TOO_LATE: (
        "Die Erinnerung wurde so lange nach ihrer Zeit gefunden, dass sie nicht gesendet wurde."
    ),
    DeliveryReason.ACCOUNT_DISABLED: "Das Konto war gesperrt.",
    DeliveryReason.ACCOUNT_DELETED: "Das Konto war gelöscht.",
    DeliveryReason.TOPIC_OFF: "Das Thema gehört nicht zu den Themen deiner Einstellungen.",
    DeliveryReason.CHANNEL_OFF: "Der Kanal ist in deinen Einstellungen abgeschaltet.",
    DeliveryReason.NO_ADDRESS: "Deine Einstellungen nennen keine Adresse für Mails.",
    DeliveryReason.ADDRESS_NOT_CONFIRMED: "Die Adresse für Mails ist nicht bestätigt.",
    DeliveryReason.ADDRESS_CHANGED: "Die Adresse hat sich geändert oder ist schon bestätigt.",
    DeliveryReason.NO_ENDPOINT: "Du hast für diesen Kanal keinen Browser und keinen Webhook.",
    DeliveryReason.ENDPOINT_OFF: "Das Ziel ist abgeschaltet: {detail}.",
    DeliveryReason.ENDPOINT_REMOVED: "Das Ziel wurde entfernt.",
    DeliveryReason.ONLINE: "Du warst online, und dieser Kanal gilt, solange du offline bist.",
    DeliveryReason.BEING_REQUESTED: "Die Benachrichtigung wird vorbereitet.",
    DeliveryReason.QUIET_HOURS: "Deine Ruhezeit hält die Benachrichtigung bis {until} zurück.",
    DeliveryReason.DIGEST: "Die Benachrichtigung gehört zu einer Zusammenfassung.",
    DeliveryReason.QUEUED: "Die Benachrichtigung ist unterwegs.",
    DeliveryReason.RETRYING: (
        "Der letzte Versuch ist gescheitert ({detail}); der nächste folgt um {until}."
    ),
    DeliveryReason.SENT: "Der Empfänger hat die Benachrichtigung angenommen.",
    DeliveryReason.IN_INBOX: "Die Benachrichtigung ist in deinem Eingang.",
    DeliveryReason.CHANNEL_NOT_SET_UP: (
        "Der Betreiber dieses Dienstes hat den Kanal nicht eingerichtet."
    ),
    DeliveryReason.LINK_EXPIRED: "Der Link der Mail war abgelaufen, bevor sie gesendet wurde.",
    DeliveryReason.TOO_MANY_LINKS: "Die Adresse hat zu viele Mails mit Links bekommen.",
    DeliveryReason.DEAD_LETTER: "Alle Versuche sind gescheitert; der letzte: {detail}.",
    DeliveryReason.DISCARDED: (
        "Ein Betreiber hat die Benachrichtigung nach gescheiterten Versuchen verworfen."
    ),
    DeliveryReason.OTHER: "Die Benachrichtigung wurde nicht gesendet: {detail}.",
    DeliveryReason.STREAM_OPEN: (
        "Ein Stream oder Socket von dir war offen und hat das Ereignis erhalten."
    ),
    DeliveryReason.STREAMS_UNKNOWN: (
        "Jeder offene Stream und Socket hat das Ereignis erhalten; welche offen waren, ist nicht"
        " aufgezeichnet."
    ),
}
TEXTS: Mapping[str, Mapping[DeliveryReason, str]] = {"en": ENGLISH, "de": GERMAN}

CANCELLED: Mapping[str, Mapping[CancelReason, str]] = {
    "en": {
        CancelReason.ASKED: "you asked for it",
        CancelReason.COMPLETED: "the task was completed",
        CancelReason.DELETED: "the task was deleted",
        CancelReason.SKIPPED: "the task was skipped",
        CancelReason.NO_DUE_DATE: "the task has no due date any more",
        CancelReason.PASSED: "its new time had passed already",
        CancelReason.SERIES: "the series of the task no longer has it",
        CancelReason.ACCOUNT_DELETED: "the account was deleted",
    },
    "de": {
        CancelReason.ASKED: "du hast es verlangt",
        CancelReason.COMPLETED: "die Aufgabe wurde erledigt",
        CancelReason.DELETED: "die Aufgabe wurde gelöscht",
        CancelReason.SKIPPED: "die Aufgabe wurde übersprungen",
        CancelReason.NO_DUE_DATE: "die Aufgabe hat keine Fälligkeit mehr",
        CancelReason.PASSED: "ihre neue Zeit war schon vorbei",
        CancelReason.SERIES: "die Serie der Aufgabe hat sie nicht mehr",
        CancelReason.ACCOUNT_DELETED: "das Konto wurde gelöscht",
    },
}


def language_of(language: str) -> str:
    """Return the language of the texts for the language of an account."""
    primary = language.lower().partition("-")[0]
    return primary if primary in TEXTS else FALLBACK_LANGUAGE


def reason_text(reason: DeliveryReason, language: str, *, detail: str = "", until: str = "") -> str:
    """Return the text of a reason in the language, or in English."""
    text = TEXTS[language_of(language)][reason]
    if not detail:
        text = _DETAIL.sub("", text)
    return text.format(detail=detail.rstrip("."), until=until)


def cancel_text(reason: CancelReason, language: str) -> str:
    """Return why a reminder was cancelled, in the language or in English."""
    return CANCELLED[language_of(language)][reason]
