"""The problem types: name, status, title and advice of each, and what leads to which."""

from collections.abc import Mapping

from domain.errors import (
    AccountIsDisabled,
    AccountNotFound,
    Conflict,
    DateOutOfRange,
    DayQuotaExceeded,
    DomainError,
    EmailTaken,
    Invalid,
    KeyReused,
    LinkExpired,
    NotFound,
    OccurrenceIsOver,
    QuotaExceeded,
    RecurrenceNotFound,
    Refused,
    RequestInFlight,
    SeriesNotFound,
    TaskDoesNotRecur,
    TaskIsDeleted,
    TaskIsSkipped,
    TaskNotFound,
    TokenNotFound,
    VersionMismatch,
)
from domain.record import Record
from domain.saved_search import SearchNotFound
from domain.task_list import ListNotFound
from domain.undo.refusals import CannotUndo, ChangeNotFound, NotUndoable


class ProblemType(Record):
    """A kind of problem. Its page is /problems/{name}; this address never changes."""

    name: str
    status: int
    title: str
    advice: str


def _problem_types(*kinds: tuple[str, int, str, str]) -> Mapping[str, ProblemType]:
    return {
        name: ProblemType(name=name, status=status, title=title, advice=advice)
        for name, status, title, advice in kinds
    }


PROBLEM_TYPES = _problem_types(
    ("malformed", 400, "Malformed request", "Send well-formed JSON, headers and URLs."),
    ("not-authenticated", 401, "Not authenticated", "Send a valid access token as Bearer."),
    ("bad-credentials", 401, "Wrong email or password", "Check both and try again."),
    ("second-factor-needed", 401, "A second factor is needed", "Log in again with a `code`."),
    ("bad-passkey", 403, "The passkey is refused", "Get new options and try again."),
    ("wrong-code", 403, "Wrong code", "Wait for the next code of the app."),
    ("session-ended", 401, "The session has ended", "Log in again."),
    ("not-permitted", 403, "Not permitted", "Ask a user who has the role that is needed."),
    ("wrong-password", 403, "Wrong password", "Check it and try again."),
    ("login-too-old", 403, "The login is too long ago", "Log in again, then repeat the request."),
    ("account-disabled", 403, "The account is disabled", "Ask an administrator to enable it."),
    ("login-refused", 403, "The login is refused", "Begin again: GET /api/v1/auth/oidc."),
    ("cross-site", 403, "From another site", "Use the cookie from our own pages only."),
    ("insufficient-scope", 403, "Scope missing", "Use a token with the scope, or log in."),
    ("not-found", 404, "Not found", "Check the URL; /docs lists all of them."),
    ("task-not-found", 404, "No such task", "Check the id; tasks of others are not shown."),
    ("task-deleted", 404, "The task is deleted", "POST to its /restore to bring it back."),
    ("change-not-found", 404, "No such change", "Check the id; changes of others are not shown."),
    ("search-not-found", 404, "No such saved search", "GET /searches shows yours."),
    ("list-not-found", 404, "No such list", "GET /lists shows yours."),
    ("series-not-found", 404, "No such series", "Check the id; series of others are not shown."),
    ("recurrence-not-found", 404, "The task does not recur", "PUT its /recurrence first."),
    ("token-not-found", 404, "No such access token", "GET /auth/tokens lists yours."),
    ("account-not-found", 404, "No such account", "Check the id."),
    ("method-not-allowed", 405, "Method not allowed", "See the Allow header."),
    ("too-slow", 408, "The body came too slowly", "Send the whole body within 10 seconds."),
    ("refused", 409, "Not possible in this state", "Read the resource again, then decide."),
    ("task-is-deleted", 409, "The task is deleted", "POST to its /restore first."),
    ("task-is-skipped", 409, "The occurrence is skipped", "POST to its /unskip first."),
    ("occurrence-is-over", 409, "The occurrence is over", "Use an occurrence that is open."),
    ("task-does-not-recur", 409, "The task does not recur", "PUT its /recurrence first."),
    ("list-not-empty", 409, "The list has tasks", "Say what becomes of them with ?tasks=."),
    ("email-taken", 409, "Email address taken", "Log in, or use another address."),
    ("cannot-undo", 409, "Changed again since", "Undo later changes first, or use ?force=fields."),
    ("conflict", 409, "Changed at the same time", "Read the resource again and retry."),
    ("request-in-flight", 409, "Request in progress", "Repeat it after Retry-After seconds."),
    ("link-expired", 410, "The link no longer works", "Ask for a new one."),
    ("position-lost", 410, "The position was lost", "Omit Annals-Min-Position and read again."),
    ("version-mismatch", 412, "Version mismatch", "Read it again, decide, and retry."),
    ("too-large", 413, "Request too large", "Keep bodies under 1 MiB, those of /auth under 4 KiB."),
    ("uri-too-long", 414, "URL too long", "Keep URLs under 8 KiB."),
    ("unsupported-media-type", 415, "Unsupported media type", "Send application/json."),
    ("invalid", 422, "Invalid request", "`errors` names the invalid fields."),
    ("not-undoable", 422, "Never undone", "Make the opposite change by hand."),
    ("date-out-of-range", 422, "Date out of range", "Use the years 1970 to 2999."),
    ("key-reused", 422, "Idempotency-Key reused", "Use a new key for a new request."),
    ("quota-exceeded", 422, "Quota exceeded", "Remove what you no longer need."),
    ("failed-dependency", 424, "A request it depends on failed", "Mend that one, and retry."),
    ("too-many-connections", 429, "Too many connections", "Close some, or reuse those you have."),
    ("too-many-streams", 429, "Too many streams", "Close a stream before you open another."),
    ("too-many-requests", 429, "Too many requests", "Retry after Retry-After seconds."),
    ("day-quota-exceeded", 429, "Quota of the day exceeded", "Go on after Retry-After seconds."),
    ("headers-too-large", 431, "Headers too large", "Keep all headers under 32 KiB."),
    ("internal", 500, "Internal error", "Report it with the request id."),
    ("event-unreadable", 503, "An event cannot be read", "Give `detail` to the operator."),
    ("unavailable", 503, "Temporarily unavailable", "Repeat it after Retry-After seconds."),
    ("not-caught-up", 504, "The view lags behind", "Retry, or omit Annals-Min-Position."),
)

# The most specific type applies.
REFUSALS: Mapping[type[DomainError], str] = {
    TaskNotFound: "task-not-found",
    AccountNotFound: "account-not-found",
    TokenNotFound: "token-not-found",
    SearchNotFound: "search-not-found",
    ListNotFound: "list-not-found",
    NotFound: "not-found",
    DateOutOfRange: "date-out-of-range",
    Invalid: "invalid",
    SeriesNotFound: "series-not-found",
    RecurrenceNotFound: "recurrence-not-found",
    TaskIsSkipped: "task-is-skipped",
    OccurrenceIsOver: "occurrence-is-over",
    TaskDoesNotRecur: "task-does-not-recur",
    TaskIsDeleted: "task-is-deleted",
    EmailTaken: "email-taken",
    DayQuotaExceeded: "day-quota-exceeded",
    QuotaExceeded: "quota-exceeded",
    AccountIsDisabled: "account-disabled",
    LinkExpired: "link-expired",
    ChangeNotFound: "change-not-found",
    CannotUndo: "cannot-undo",
    NotUndoable: "not-undoable",
    Refused: "refused",
    RequestInFlight: "request-in-flight",
    Conflict: "conflict",
    VersionMismatch: "version-mismatch",
    KeyReused: "key-reused",
}
STATUSES: Mapping[int, str] = {
    400: "malformed",
    401: "not-authenticated",
    403: "not-permitted",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid",
}
