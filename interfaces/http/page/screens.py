"""The first part of the address of each screen, as `interfaces/page/routes.js` has them."""

SCREENS = (
    "today",
    "upcoming",
    "all",
    "tags",
    "lists",
    "saved",
    "search",
    "tasks",
    "time",
    "trash",
    "inbox",
    "settings",
    "audit",
    "console",
    "sign-in",
)
