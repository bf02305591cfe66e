"""What a person is told when something happens to their account, in each language."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from domain.events.event import Event
from domain.events.identity.access_tokens import AccountTokenCreated
from domain.events.identity.accounts import (
    AccountAddressChanged,
    AccountDeleted,
    AccountDisabled,
    AccountPasswordChanged,
    AccountProviderLinked,
    AccountProviderUnlinked,
)
from domain.events.identity.second_factors import (
    RecoveryCodeUsed,
    SecondFactorAdded,
    SecondFactorRemoved,
)
from domain.events.identity.sessions import SessionStarted

FALLBACK_LANGUAGE = "en"

Text: TypeAlias = tuple[str, Callable[[Any], str]]  # the title, and the body of an event

ENGLISH: Mapping[type[Event], Text] = {
    AccountPasswordChanged: (
        "Your password was changed",
        lambda _: (
            "All other sessions were ended. If it was not you, set a new password with"
            " “Forgotten password” at once."
        ),
    ),
    AccountAddressChanged: (
        "The email address of your account was changed",
        lambda event: (
            f"It is {event.email} from now on. If it was not you, ask the operator of"
            " this service for help."
        ),
    ),
    AccountDisabled: (
        "Your account was disabled",
        lambda _: (
            "An administrator disabled it. Nobody can log in to it, and reminders wait until"
            " it is enabled."
        ),
    ),
    AccountDeleted: (
        "Your account was deleted",
        lambda _: (
            "Nobody can log in to it any longer, and no further mail will come. If it was"
            " not you, ask the operator of this service for help."
        ),
    ),
    AccountProviderLinked: (
        "Another way to log in to your account",
        lambda event: (
            f"A login at {event.issuer} can be used for it from now on. If it was not you,"
            " unlink the provider and change your password."
        ),
    ),
    AccountProviderUnlinked: (
        "A way to log in to your account was removed",
        lambda event: (
            f"The login at {event.issuer} no longer works for it. If it was not you, change"
            " your password: that ends all other sessions."
        ),
    ),
    SecondFactorAdded: (
        "Your account has another second factor",
        lambda event: (
            f"It is called {event.name}. If it was not you, change your password and remove it."
        ),
    ),
    SecondFactorRemoved: (
        "A second factor of your account was removed",
        lambda _: "If it was not you, change your password: that ends all other sessions.",
    ),
    RecoveryCodeUsed: (
        "A recovery code was used to log in to your account",
        lambda _: (
            "It works no second time. If it was not you, change your password and get new"
            " recovery codes."
        ),
    ),
    SessionStarted: (
        "New sign-in to your account",
        lambda event: (
            f"From {event.device}, where you have not signed in lately. If it was not"
            " you, change your password: that ends all other sessions."
        ),
    ),
    AccountTokenCreated: (
        "A personal access token was created",
        lambda event: (
            f"“{event.name}” may use your account from now on, with the scopes"
            f" {', '.join(event.scopes)}. If it was not you, revoke it and change your password."
        ),
    ),
}
GERMAN: Mapping[type[Event], Text] = {
    AccountPasswordChanged: (
        "Dein Passwort wurde geändert",
        lambda _: (
            "Alle anderen Sitzungen sind beendet. Warst du das nicht, dann setze sofort ein"
            " neues Passwort über „Passwort vergessen“."
        ),
    ),
    AccountAddressChanged: (
        "Die E-Mail-Adresse deines Kontos wurde geändert",
        lambda event: (
            f"Sie ist jetzt {event.email}. Warst du das nicht, dann wende dich an den"
            " Betreiber dieses Dienstes."
        ),
    ),
    AccountDisabled: (
        "Dein Konto wurde gesperrt",
        lambda _: (
            "Ein Administrator hat es gesperrt. Niemand kann sich anmelden, und Erinnerungen"
            " warten, bis es wieder freigegeben ist."
        ),
    ),
    AccountDeleted: (
        "Dein Konto wurde gelöscht",
        lambda _: (
            "Niemand kann sich mehr anmelden, und es kommt keine weitere Mail. Warst du das"
            " nicht, dann wende dich an den Betreiber dieses Dienstes."
        ),
    ),
    AccountProviderLinked: (
        "Ein weiterer Weg, dich anzumelden",
        lambda event: (
            f"Ab jetzt gilt auch die Anmeldung bei {event.issuer}. Warst du das nicht, dann"
            " entferne den Anbieter und ändere dein Passwort."
        ),
    ),
    AccountProviderUnlinked: (
        "Ein Weg, dich anzumelden, wurde entfernt",
        lambda event: (
            f"Die Anmeldung bei {event.issuer} gilt nicht mehr. Warst du das nicht, dann"
            " ändere dein Passwort: Das beendet alle anderen Sitzungen."
        ),
    ),
    SecondFactorAdded: (
        "Dein Konto hat einen weiteren zweiten Faktor",
        lambda event: (
            f"Er heißt {event.name}. Warst du das nicht, dann ändere dein Passwort und entferne"
            " ihn."
        ),
    ),
    SecondFactorRemoved: (
        "Ein zweiter Faktor deines Kontos wurde entfernt",
        lambda _: (
            "Warst du das nicht, dann ändere dein Passwort: Das beendet alle anderen Sitzungen."
        ),
    ),
    RecoveryCodeUsed: (
        "Ein Wiederherstellungscode wurde für dein Konto benutzt",
        lambda _: (
            "Ein zweites Mal gilt er nicht. Warst du das nicht, dann ändere dein Passwort und"
            " hole neue Codes."
        ),
    ),
    SessionStarted: (
        "Neue Anmeldung bei deinem Konto",
        lambda event: (
            f"Von {event.device.replace(' on ', ' unter ')}, wo du dich in letzter Zeit nicht"
            " angemeldet hast. Warst du das nicht, dann ändere dein Passwort: Das beendet"
            " alle anderen Sitzungen."
        ),
    ),
    AccountTokenCreated: (
        "Ein persönliches Zugriffstoken wurde erstellt",
        lambda event: (
            f"„{event.name}“ darf ab jetzt dein Konto benutzen, mit den Rechten"
            f" {', '.join(event.scopes)}. Warst du das nicht, dann widerrufe es und ändere dein"
            " Passwort."
        ),
    ),
}
TEXTS: Mapping[str, Mapping[type[Event], Text]] = {"en": ENGLISH, "de": GERMAN}


def security_text(event: Event, language: str) -> tuple[str, str]:
    """Return the title and the body in the language, or in English."""
    primary = language.lower().partition("-")[0]
    title, body = TEXTS.get(primary, TEXTS[FALLBACK_LANGUAGE])[type(event)]
    return title, body(event)
