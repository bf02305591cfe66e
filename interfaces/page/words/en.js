// English.

/** @type {import("./words.js").Words} */
export default {
  // Screens and places
  today: "Today", upcoming: "Upcoming", all: "All tasks", inbox: "Inbox", search: "Search", settings: "Settings", audit: "Audit trail", console: "Console", trash: "Trash", lists: "Lists", tags: "Tags", saved: "Saved searches",
  places: "Places", "skip-to-content": "Skip to the tasks", "nothing-here": "This address shows nothing.", more: "More", menu: "Menu",
  overdue: "Overdue", tomorrow: "Tomorrow", "next-days": "Next seven days", later: "Later", "no-date": "No date", "done-today": "Done today",

  // Tasks
  "add-task": "Add a task", "add-hint": "Report every other friday at 17:30 #work !high", add: "Add", "stays-title": (/** @type {string} */ text) => `Keep “${text}” in the title`,
  complete: (/** @type {string} */ title) => `Complete: ${title}`, reopen: (/** @type {string} */ title) => `Reopen: ${title}`, "move-tomorrow": "Move to tomorrow", "move-next-week": "Move to next week", delete: "Delete", restore: "Restore", open: "Open", select: (/** @type {string} */ title) => `Select: ${title}`,
  sending: "sending", recurring: "recurring", "nothing-due": "Nothing is due.", "nothing-due-hint": "What you add with a date comes up here. Press n to add a task.", "first-visit": "Nothing here yet. Try a line like these:", "no-tasks": "No task fits.", "read-more": "Show more", reading: "Reading …",
  example1: "Water the plants every 3 days at 9 #home", example2: "Send the report next friday at 17:00 !high", example3: "Dentist tomorrow at 11:30",
  low: "low", medium: "medium", high: "high", "status-open": "open", "status-completed": "done", "status-deleted": "deleted", "status-skipped": "skipped",

  // What was done
  "did-completed": (/** @type {string} */ title) => `Done: ${title}`, "did-reopened": (/** @type {string} */ title) => `Open again: ${title}`, "did-deleted": (/** @type {string} */ title) => `Deleted: ${title}`, "did-restored": (/** @type {string} */ title) => `Restored: ${title}`, "did-created": (/** @type {string} */ title) => `Added: ${title}`, "did-changed": (/** @type {string} */ title) => `Changed: ${title}`, "did-rescheduled": (/** @type {string} */ title) => `Moved: ${title}`, "did-skipped": (/** @type {string} */ title) => `Skipped: ${title}`, "did-unskipped": (/** @type {string} */ title) => `Not skipped: ${title}`, "did-undone": "Undone.", "did-many": (/** @type {number} */ count) => `Changed ${count} tasks`,
  undo: "Undo", "nothing-to-undo": "There is nothing to undo here.", refused: (/** @type {string} */ title, /** @type {string} */ why) => `“${title}” stays as it was: ${why}`,

  // A change of the same task elsewhere
  "conflict-title": "Changed elsewhere", "conflict-text": (/** @type {string} */ title) => `“${title}” changed while you edited it. Which version is right?`, "conflict-mine": "Yours", "conflict-theirs": "The other one", "keep-mine": "Keep yours", "keep-theirs": "Keep the other", field: "Field",

  // The connection
  live: "Live", connecting: "Catching up", offline: "Offline", "offline-waiting": (/** @type {number} */ count) => `Offline: ${count} ${count === 1 ? "change waits" : "changes wait"}`, "live-waiting": (/** @type {number} */ count) => `Sending ${count} ${count === 1 ? "change" : "changes"}`,

  // The task
  task: "Task", close: "Close", title: "Title", description: "Description", "add-description": "Add a description", due: "Due", day: "Day", time: "Time", "clear-date": "No date", priority: "Priority", estimate: "Estimate", "no-estimate": "none", tag: "Tag", "add-tag": "Add a tag", "remove-tag": (/** @type {string} */ tag) => `Remove the tag ${tag}`, list: "List", "no-list": "none", "add-list": "Add a list", "name-of-list": "Name of the list", rename: "Rename", archive: "Archive", unarchive: "Unarchive", "delete-list": (/** @type {string} */ name) => `Delete the list “${name}”`, "what-of-tasks": "What becomes of its tasks?", "keep-tasks": "Keep them, in no list", "delete-tasks": "Delete them too", "move-tasks": "Move them to …", repeats: "Repeats", never: "never", "in-zone": (/** @type {string} */ zone) => `in the time zone ${zone}`,
  "task-gone": "This task does not exist.", "task-is-deleted": "This task is deleted.", created: "Created", changed: "Changed", completed: "Done",

  // Recurrence
  change: "Change", "change-recurrence": "How it repeats", daily: "every day", weekdays: "from Monday to Friday", weekly: "every week on this weekday", "two-weeks": "every two weeks", monthly: "every month on this day", yearly: "every year", "in-words": "in words", "in-words-hint": "every other friday", "by-rule": "by rule (RFC 5545)", next: "Next", "scope-this": "this task alone", "scope-following": "this and all after it", "scope-all": "all of them", "applies-to": "Applies to", save: "Save", cancel: "Cancel", "skip-this": "Skip this one", "end-recurrence": "Stop repeating", "needs-date": "Give the task a day first: it is the first occurrence.", "not-understood": "These words are not understood as a rule.",

  // Reminders
  reminders: "Reminders", "no-reminders": "none", "remind-at-due": "when it is due", "remind-before": (/** @type {string} */ length) => `${length} before`, "add-reminder": "Add a reminder", why: "Why?", "why-title": "What happened to this reminder", pending: "pending", triggered: "sent", cancelled: "cancelled", missed: "missed", "remove-reminder": "Remove the reminder", "needs-due": "A reminder before the task needs a date.", minutes: (/** @type {number} */ count) => `${count} ${count === 1 ? "minute" : "minutes"}`, hours: (/** @type {number} */ count) => `${count} ${count === 1 ? "hour" : "hours"}`, days: (/** @type {number} */ count) => `${count} ${count === 1 ? "day" : "days"}`, "at-moment": (/** @type {string} */ moment) => `at ${moment}`, "nothing-yet": "Nothing yet.",

  // Lists and filters
  filters: "Filters", status: "Status", sort: "Sort", "sort-due_at": "by due date", "sort--priority": "by priority", "sort--created_at": "newest first", "sort--updated_at": "last changed first", "sort-title": "by title", "sort-best": "best match first", "without-date": "no date", "search-for": "Words to find", "search-hint": "Words in title, tags or description", found: (/** @type {number} */ count, /** @type {boolean} */ more) => `${count}${more ? "+" : ""} ${count === 1 && !more ? "task" : "tasks"}`,
  selected: (/** @type {number} */ count) => `${count} selected`, "complete-all": "Complete", "tomorrow-all": "Tomorrow", "tag-all": "Tag", "delete-all": "Delete", "clear-selection": "Clear the selection",

  // Logging in
  "log-in": "Log in", "log-out": "Log out", register: "Create an account", "register-first": "New here? Create an account", "log-in-instead": "You have an account? Log in", email: "Email address", password: "Password", name: "Name", code: "Code of your app, or a recovery code", forgotten: "Forgotten the password?", "send-link": "Send me a link", "link-sent": "If an account has this address, a mail with a link is on its way to it.", "open-demo": "Open the demo account", "demo-hint": "An account to try things with, on this machine alone.", passkey: "Log in with a passkey", "log-in-with": (/** @type {string} */ provider) => `Log in with ${provider}`, "password-hint": "10 characters or more", "a-task-service": "Tasks that never forget: every change is kept, and every one can be undone.", "verify-address": "Confirm your email address: a mail with a link is on its way to you.", "send-again": "Send it again", "sent-again": "Sent. Look into your mail.",

  // Keys
  keys: "Keys", "key-n": "add a task", "key-/": "search", "key-j": "next task", "key-k": "previous task", "key-x": "select", "key-e": "complete or reopen", "key-p": "move to tomorrow", "key-w": "move to next week", "key-enter": "open the task", "key-del": "delete", "key-z": "undo", "key-?": "show these keys", "key-esc": "close", "key-gt": "go to today", "key-gu": "go to upcoming", "key-ga": "go to all tasks", "key-gi": "go to the inbox", and: "then",

  // Refusals
  "problem-unreachable": "The server cannot be reached.", "problem-bad-credentials": "No account has this address and this password.", "problem-wrong-code": "The code is wrong. Wait for the next one.", "problem-second-factor-needed": "Enter the code of your app too.", "problem-account-disabled": "This account is disabled.", "problem-email-taken": "An account has this address already.", "problem-task-deleted": "The task is deleted.", "problem-task-is-deleted": "The task is deleted.", "problem-task-is-skipped": "This occurrence is skipped.", "problem-task-not-found": "The task does not exist.", "problem-version-mismatch": "The task changed meanwhile.", "problem-session-ended": "Your session has ended. Log in again.", "problem-too-many-requests": "Too many attempts. Wait a moment.", "problem-not-permitted": "You may not do this.",
};
