"""What the events of the audit trail did that are no change of a person, in words."""

from collections.abc import Mapping

# By the tag of the event: English, German.
TRAIL_WORDS: Mapping[str, tuple[str, str]] = {
    "notification.requested": ("Requested a notification", "Mitteilung beauftragt"),
    "notification.sent": ("Sent a notification", "Mitteilung gesendet"),
    "notification.failed": ("Failed to send a notification", "Mitteilung nicht gesendet"),
    "notification.suppressed": ("Held back a notification", "Mitteilung zurückgehalten"),
    "notification.dead_lettered": ("Gave up a notification", "Mitteilung aufgegeben"),
    "password_reset.requested": ("Asked for a new password", "Neues Passwort angefordert"),
    "password_reset.used": ("Set a new password by a link", "Passwort über einen Link gesetzt"),
    "view_run.requested": ("Requested a run of a view", "Lauf einer Ansicht angefordert"),
    "view_run.started": ("Started a run of a view", "Lauf einer Ansicht begonnen"),
    "view_run.cancelled": ("Cancelled a run of a view", "Lauf einer Ansicht abgebrochen"),
    "view_run.ended": ("Ended a run of a view", "Lauf einer Ansicht beendet"),
}
