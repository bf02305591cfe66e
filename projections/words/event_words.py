"""What each event did, in words: `{}` is the thing it did it to."""

from collections.abc import Mapping

from domain.events.recorded import AnyEvent

# By the tag of the event: English, German. The order is that of importance: a change is named
# after the first of its actions.
EVENT_WORDS: Mapping[str, tuple[str, str]] = {
    "task.created": ("Created {}", "{} angelegt"),
    "task.deleted": ("Deleted {}", "{} gelöscht"),
    "task.restored": ("Restored {}", "{} wiederhergestellt"),
    "task.completed": ("Completed {}", "{} erledigt"),
    "task.reopened": ("Reopened {}", "{} wieder geöffnet"),
    "task.skipped": ("Skipped {}", "{} ausgelassen"),
    "task.unskipped": ("No longer skipped {}", "{} nicht mehr ausgelassen"),
    "task.updated": ("Changed {}", "{} geändert"),
    "task.rescheduled": ("Rescheduled {}", "{} verschoben"),
    "task.tagged": ("Tagged {}", "{} mit Schlagwort versehen"),
    "task.moved": ("Moved {} to another list", "{} in eine andere Liste verschoben"),
    "task.untagged": ("Removed tags of {}", "Schlagwörter von {} entfernt"),
    "list.created": ("Created a list", "Liste angelegt"),
    "list.deleted": ("Deleted a list", "Liste gelöscht"),
    "list.restored": ("Restored a list", "Liste wiederhergestellt"),
    "list.renamed": ("Renamed a list", "Liste umbenannt"),
    "list.moved": ("Moved a list", "Liste verschoben"),
    "list.archived": ("Archived a list", "Liste archiviert"),
    "list.unarchived": ("Unarchived a list", "Archivierung einer Liste aufgehoben"),
    "series.started": ("Made {} recur", "{} wiederholt sich jetzt"),
    "series.split": ("Changed how {} recurs", "Wiederholung von {} geändert"),
    "series.changed": ("Changed how {} recurs", "Wiederholung von {} geändert"),
    "series.ended": ("Ended the recurrence of {}", "Wiederholung von {} beendet"),
    "series.restored": ("Restored how {} recurs", "Wiederholung von {} wiederhergestellt"),
    "reminder.set": ("Set a reminder of {}", "Erinnerung an {} gesetzt"),
    "reminder.snoozed": ("Snoozed a reminder of {}", "Erinnerung an {} aufgeschoben"),
    "reminder.cancelled": ("Cancelled a reminder of {}", "Erinnerung an {} abgesagt"),
    "reminder.rearmed": ("Moved a reminder of {}", "Erinnerung an {} verlegt"),
    "reminder.restored": ("Restored a reminder of {}", "Erinnerung an {} wiederhergestellt"),
    "reminder.withdrawn": ("Removed a reminder of {}", "Erinnerung an {} entfernt"),
    "reminder.triggered": ("Sent a reminder of {}", "An {} erinnert"),
    "reminder.missed": ("Missed a reminder of {}", "Erinnerung an {} verpasst"),
    "task.made_recurring": ("Made {} an occurrence", "{} gehört jetzt zu einer Wiederholung"),
    "task.made_single": ("Made {} a single task", "{} wiederholt sich nicht mehr"),
    "task.occurrence_generated": ("Generated {}", "{} erzeugt"),
    "series.occurrences_made": ("Generated occurrences of {}", "Weitere Male von {} erzeugt"),
    "series.occurrence_skipped": ("Skipped an occurrence of {}", "Ein Mal von {} ausgelassen"),
    "series.occurrence_restored": (
        "No longer skipped an occurrence of {}",
        "Ein Mal von {} nicht mehr ausgelassen",
    ),
    "series.occurrence_missed": ("Missed an occurrence of {}", "Ein Mal von {} verpasst"),
    "preferences.changed": ("Changed the preferences", "Einstellungen geändert"),
    "preferences.address_given": ("Changed the address for mail", "Mailadresse geändert"),
    "preferences.address_verified": ("Confirmed the address for mail", "Mailadresse bestätigt"),
    "endpoint.added": ("Added a device or a webhook", "Gerät oder Webhook hinzugefügt"),
    "endpoint.failed": ("Failed to reach an endpoint", "Ein Endpunkt war nicht erreichbar"),
    "endpoint.recovered": ("Reached an endpoint again", "Ein Endpunkt ist wieder erreichbar"),
    "endpoint.switched_off": ("Switched off an endpoint", "Einen Endpunkt abgeschaltet"),
    "endpoint.switched_on": ("Switched on an endpoint", "Einen Endpunkt angeschaltet"),
    "endpoint.secret_rotated": ("Renewed the secret of a webhook", "Webhook-Schlüssel erneuert"),
    "endpoint.removed": ("Removed a device or a webhook", "Gerät oder Webhook entfernt"),
    "notification.read": ("Marked a notification as read", "Mitteilung als gelesen markiert"),
    "notification.unread": ("Marked a notification as unread", "Mitteilung als neu markiert"),
    "notification.retried": ("Retried a notification", "Mitteilung noch einmal versucht"),
    "notification.discarded": ("Discarded a notification", "Mitteilung verworfen"),
    "inbox.read": ("Marked all notifications as read", "Alle Mitteilungen als gelesen markiert"),
    "account.registered": ("Registered the account", "Konto angelegt"),
    "account.service_registered": ("Registered a service", "Dienstkonto angelegt"),
    "account.role_granted": ("Granted a role", "Rolle vergeben"),
    "account.role_revoked": ("Revoked a role", "Rolle entzogen"),
    "account.calendar_opened": ("Opened the calendar feed", "Kalender-Feed geöffnet"),
    "account.calendar_closed": ("Closed the calendar feed", "Kalender-Feed geschlossen"),
    "account.renamed": ("Changed the name", "Namen geändert"),
    "account.verification_requested": ("Asked to confirm the address", "Bestätigung angefordert"),
    "account.address_verified": ("Confirmed the address", "Adresse bestätigt"),
    "account.address_change_requested": ("Asked for another address", "Neue Adresse angefordert"),
    "account.address_changed": ("Changed the address", "Adresse geändert"),
    "account.password_changed": ("Changed the password", "Passwort geändert"),
    "account.disabled": ("Disabled an account", "Konto gesperrt"),
    "account.enabled": ("Enabled an account", "Konto entsperrt"),
    "account.deleted": ("Deleted the account", "Konto gelöscht"),
    "account.provider_linked": ("Linked a login provider", "Anmeldedienst verknüpft"),
    "account.provider_unlinked": ("Unlinked a login provider", "Anmeldedienst gelöst"),
    "account.token_created": ("Created an access token", "Zugangstoken angelegt"),
    "account.token_revoked": ("Revoked an access token", "Zugangstoken widerrufen"),
    "second_factor.added": ("Added a second factor", "Zweiten Faktor hinzugefügt"),
    "second_factor.removed": ("Removed a second factor", "Zweiten Faktor entfernt"),
    "recovery_codes.made": ("Made recovery codes", "Notfallcodes erzeugt"),
    "recovery_code.used": ("Used a recovery code", "Notfallcode benutzt"),
    "session.started": ("Logged in", "Angemeldet"),
    "session.ended": ("Ended a session", "Sitzung beendet"),
}
# These follow from others: they name a change only when it has nothing else.
FOLLOWING = frozenset(
    (
        *("reminder.cancelled", "reminder.rearmed", "reminder.restored", "reminder.withdrawn"),
        *("task.made_recurring", "task.made_single", "task.occurrence_generated"),
        *("series.occurrences_made", "series.occurrence_skipped", "series.occurrence_restored"),
        *("series.occurrence_missed", "preferences.address_verified"),
    )
)


def action_of(event: AnyEvent) -> str:
    """Return the tag of an event, by which its words are found."""
    return str(type(event).__struct_config__.tag)
