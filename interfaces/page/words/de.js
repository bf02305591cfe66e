// German.

/** @type {import("./words.js").Words} */
export default {
  // Screens and places
  today: "Heute", upcoming: "Demnächst", all: "Alle Aufgaben", inbox: "Eingang", search: "Suche", settings: "Einstellungen", audit: "Protokoll", console: "Konsole", trash: "Papierkorb", lists: "Listen", tags: "Schlagwörter", saved: "Gespeicherte Suchen",
  places: "Orte", "skip-to-content": "Zu den Aufgaben springen", "nothing-here": "Unter dieser Adresse gibt es nichts.", more: "Mehr", menu: "Menü",
  overdue: "Überfällig", tomorrow: "Morgen", "next-days": "Die nächsten sieben Tage", later: "Später", "no-date": "Ohne Datum", "done-today": "Heute erledigt",

  // Tasks
  "add-task": "Aufgabe hinzufügen", "add-hint": "Bericht jeden zweiten Freitag um 17:30 #arbeit !hoch", add: "Hinzufügen", "stays-title": (/** @type {string} */ text) => `„${text}“ im Titel lassen`,
  complete: (/** @type {string} */ title) => `Erledigen: ${title}`, reopen: (/** @type {string} */ title) => `Wieder öffnen: ${title}`, "move-tomorrow": "Auf morgen verschieben", "move-next-week": "Auf nächste Woche verschieben", delete: "Löschen", restore: "Wiederherstellen", open: "Öffnen", select: (/** @type {string} */ title) => `Auswählen: ${title}`,
  sending: "wird gesendet", recurring: "wiederholt sich", "nothing-due": "Nichts ist fällig.", "nothing-due-hint": "Was Sie mit einem Datum hinzufügen, erscheint hier. Mit n fügen Sie eine Aufgabe hinzu.", "first-visit": "Hier ist noch nichts. Versuchen Sie eine Zeile wie diese:", "no-tasks": "Keine Aufgabe passt.", "read-more": "Mehr zeigen", reading: "Wird gelesen …",
  example1: "Pflanzen gießen alle 3 Tage um 9 Uhr #zuhause", example2: "Bericht senden nächsten Freitag um 17 Uhr !hoch", example3: "Zahnarzt morgen um 11:30",
  low: "niedrig", medium: "mittel", high: "hoch", "status-open": "offen", "status-completed": "erledigt", "status-deleted": "gelöscht", "status-skipped": "übersprungen",

  // What was done
  "did-completed": (/** @type {string} */ title) => `Erledigt: ${title}`, "did-reopened": (/** @type {string} */ title) => `Wieder offen: ${title}`, "did-deleted": (/** @type {string} */ title) => `Gelöscht: ${title}`, "did-restored": (/** @type {string} */ title) => `Wiederhergestellt: ${title}`, "did-created": (/** @type {string} */ title) => `Hinzugefügt: ${title}`, "did-changed": (/** @type {string} */ title) => `Geändert: ${title}`, "did-rescheduled": (/** @type {string} */ title) => `Verschoben: ${title}`, "did-skipped": (/** @type {string} */ title) => `Übersprungen: ${title}`, "did-unskipped": (/** @type {string} */ title) => `Nicht übersprungen: ${title}`, "did-undone": "Rückgängig gemacht.", "did-many": (/** @type {number} */ count) => `${count} Aufgaben geändert`,
  undo: "Rückgängig", "nothing-to-undo": "Hier gibt es nichts rückgängig zu machen.", refused: (/** @type {string} */ title, /** @type {string} */ why) => `„${title}“ bleibt, wie es war: ${why}`,

  // A change of the same task elsewhere
  "conflict-title": "Anderswo geändert", "conflict-text": (/** @type {string} */ title) => `„${title}“ wurde geändert, während Sie daran schrieben. Welche Fassung stimmt?`, "conflict-mine": "Ihre", "conflict-theirs": "Die andere", "keep-mine": "Ihre behalten", "keep-theirs": "Die andere behalten", field: "Feld",

  // The connection
  live: "Verbunden", connecting: "Holt auf", offline: "Getrennt", "offline-waiting": (/** @type {number} */ count) => `Getrennt: ${count} ${count === 1 ? "Änderung wartet" : "Änderungen warten"}`, "live-waiting": (/** @type {number} */ count) => `Sendet ${count} ${count === 1 ? "Änderung" : "Änderungen"}`,

  // The task
  task: "Aufgabe", close: "Schließen", title: "Titel", description: "Beschreibung", "add-description": "Beschreibung hinzufügen", due: "Fällig", day: "Tag", time: "Uhrzeit", "clear-date": "Ohne Datum", priority: "Priorität", estimate: "Dauer", "no-estimate": "keine", tag: "Schlagwort", "add-tag": "Schlagwort hinzufügen", "remove-tag": (/** @type {string} */ tag) => `Schlagwort ${tag} entfernen`, list: "Liste", "no-list": "keine", "add-list": "Liste hinzufügen", "name-of-list": "Name der Liste", rename: "Umbenennen", archive: "Archivieren", unarchive: "Aus dem Archiv holen", "delete-list": (/** @type {string} */ name) => `Liste „${name}“ löschen`, "what-of-tasks": "Was wird aus ihren Aufgaben?", "keep-tasks": "Behalten, ohne Liste", "delete-tasks": "Auch löschen", "move-tasks": "Verschieben nach …", repeats: "Wiederholt sich", never: "nie", "in-zone": (/** @type {string} */ zone) => `in der Zeitzone ${zone}`,
  "task-gone": "Diese Aufgabe gibt es nicht.", "task-is-deleted": "Diese Aufgabe ist gelöscht.", created: "Angelegt", changed: "Geändert", completed: "Erledigt",

  // Recurrence
  change: "Ändern", "change-recurrence": "Wie sie sich wiederholt", daily: "jeden Tag", weekdays: "von Montag bis Freitag", weekly: "jede Woche an diesem Wochentag", "two-weeks": "alle zwei Wochen", monthly: "jeden Monat an diesem Tag", yearly: "jedes Jahr", "in-words": "in Worten", "in-words-hint": "jeden zweiten Freitag", "by-rule": "als Regel (RFC 5545)", next: "Nächste", "scope-this": "nur diese Aufgabe", "scope-following": "diese und alle danach", "scope-all": "alle", "applies-to": "Gilt für", save: "Speichern", cancel: "Abbrechen", "skip-this": "Diese überspringen", "end-recurrence": "Nicht mehr wiederholen", "needs-date": "Geben Sie der Aufgabe zuerst einen Tag: er ist der erste Termin.", "not-understood": "Diese Worte ergeben keine Regel.",

  // Reminders
  reminders: "Erinnerungen", "no-reminders": "keine", "remind-at-due": "wenn sie fällig ist", "remind-before": (/** @type {string} */ length) => `${length} vorher`, "add-reminder": "Erinnerung hinzufügen", why: "Warum?", "why-title": "Was mit dieser Erinnerung geschah", pending: "steht aus", triggered: "gesendet", cancelled: "abgesagt", missed: "verpasst", "remove-reminder": "Erinnerung entfernen", "needs-due": "Eine Erinnerung vor der Aufgabe braucht ein Datum.", minutes: (/** @type {number} */ count) => `${count} ${count === 1 ? "Minute" : "Minuten"}`, hours: (/** @type {number} */ count) => `${count} ${count === 1 ? "Stunde" : "Stunden"}`, days: (/** @type {number} */ count) => `${count} ${count === 1 ? "Tag" : "Tage"}`, "at-moment": (/** @type {string} */ moment) => `am ${moment}`, "nothing-yet": "Noch nichts.",

  // Lists and filters
  filters: "Filter", status: "Zustand", sort: "Reihenfolge", "sort-due_at": "nach Datum", "sort--priority": "nach Priorität", "sort--created_at": "neueste zuerst", "sort--updated_at": "zuletzt geänderte zuerst", "sort-title": "nach Titel", "sort-best": "beste Treffer zuerst", "without-date": "ohne Datum", "search-for": "Gesuchte Wörter", "search-hint": "Wörter in Titel, Schlagwörtern oder Beschreibung", found: (/** @type {number} */ count, /** @type {boolean} */ more) => `${count}${more ? "+" : ""} ${count === 1 && !more ? "Aufgabe" : "Aufgaben"}`,
  selected: (/** @type {number} */ count) => `${count} ausgewählt`, "complete-all": "Erledigen", "tomorrow-all": "Morgen", "tag-all": "Schlagwort", "delete-all": "Löschen", "clear-selection": "Auswahl aufheben",

  // Logging in
  "log-in": "Anmelden", "log-out": "Abmelden", register: "Konto anlegen", "register-first": "Neu hier? Konto anlegen", "log-in-instead": "Sie haben ein Konto? Anmelden", email: "E-Mail-Adresse", password: "Passwort", name: "Name", code: "Code Ihrer App oder ein Wiederherstellungscode", forgotten: "Passwort vergessen?", "send-link": "Link senden", "link-sent": "Wenn ein Konto diese Adresse hat, ist eine Mail mit einem Link unterwegs.", "open-demo": "Probekonto öffnen", "demo-hint": "Ein Konto zum Ausprobieren, nur auf diesem Rechner.", passkey: "Mit einem Passkey anmelden", "log-in-with": (/** @type {string} */ provider) => `Mit ${provider} anmelden`, "password-hint": "mindestens 10 Zeichen", "a-task-service": "Aufgaben, die nichts vergessen: Jede Änderung bleibt, und jede lässt sich zurücknehmen.", "verify-address": "Bestätigen Sie Ihre E-Mail-Adresse: Eine Mail mit einem Link ist unterwegs.", "send-again": "Noch einmal senden", "sent-again": "Gesendet. Sehen Sie in Ihre Mail.",

  // Keys
  keys: "Tasten", "key-n": "Aufgabe hinzufügen", "key-/": "suchen", "key-j": "nächste Aufgabe", "key-k": "vorige Aufgabe", "key-x": "auswählen", "key-e": "erledigen oder wieder öffnen", "key-p": "auf morgen verschieben", "key-w": "auf nächste Woche verschieben", "key-enter": "Aufgabe öffnen", "key-del": "löschen", "key-z": "rückgängig machen", "key-?": "diese Tasten zeigen", "key-esc": "schließen", "key-gt": "zu heute", "key-gu": "zu demnächst", "key-ga": "zu allen Aufgaben", "key-gi": "zum Eingang", and: "dann",

  // Refusals
  "problem-unreachable": "Der Server ist nicht erreichbar.", "problem-bad-credentials": "Kein Konto hat diese Adresse und dieses Passwort.", "problem-wrong-code": "Der Code ist falsch. Warten Sie auf den nächsten.", "problem-second-factor-needed": "Geben Sie auch den Code Ihrer App ein.", "problem-account-disabled": "Dieses Konto ist gesperrt.", "problem-email-taken": "Ein Konto hat diese Adresse schon.", "problem-task-deleted": "Die Aufgabe ist gelöscht.", "problem-task-is-deleted": "Die Aufgabe ist gelöscht.", "problem-task-is-skipped": "Dieser Termin ist übersprungen.", "problem-task-not-found": "Die Aufgabe gibt es nicht.", "problem-version-mismatch": "Die Aufgabe wurde inzwischen geändert.", "problem-session-ended": "Ihre Sitzung ist zu Ende. Melden Sie sich wieder an.", "problem-too-many-requests": "Zu viele Versuche. Warten Sie einen Augenblick.", "problem-not-permitted": "Das dürfen Sie nicht.",
};
