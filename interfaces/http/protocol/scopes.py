"""What each operation needs: nothing, a scope of the credential, or a person who is signed in."""

from collections.abc import Mapping
from enum import StrEnum

from application.ports.identity import Identity
from domain.record import Record
from domain.vocabulary import Role, Scope
from interfaces.http.problems.documents import HttpProblem
from interfaces.http.protocol.authentication import CHALLENGE


class Credential(StrEnum):
    """What proves who sends a request to an operation."""

    NONE = "none"
    ANY = "any"  # of a session, or a personal access token with the scope
    SESSION = "session"  # a personal access token, however many scopes it has, is not enough


class Access(Record):
    """What an operation needs. `ticket`: a ticket can take the place of the credential."""

    credential: Credential
    scope: Scope | None = None
    role: Role | None = None
    ticket: bool = False


PUBLIC = Access(credential=Credential.NONE)
SESSION = Access(credential=Credential.SESSION)
SESSION_OF_ADMIN = Access(credential=Credential.SESSION, role=Role.ADMIN)
SOME = Access(credential=Credential.ANY)
TASKS_READ = Access(credential=Credential.ANY, scope=Scope.TASKS_READ)
TASKS_WRITE = Access(credential=Credential.ANY, scope=Scope.TASKS_WRITE)
NOTIFICATIONS_READ = Access(credential=Credential.ANY, scope=Scope.NOTIFICATIONS_READ)
NOTIFICATIONS_WRITE = Access(credential=Credential.ANY, scope=Scope.NOTIFICATIONS_WRITE)
AUDIT_READ = Access(credential=Credential.ANY, scope=Scope.AUDIT_READ)
ACCOUNT_READ = Access(credential=Credential.ANY, scope=Scope.ACCOUNT_READ)
ADMIN = Access(credential=Credential.ANY, scope=Scope.ADMIN, role=Role.ADMIN)
AUDITOR = Access(credential=Credential.ANY, scope=Scope.ADMIN, role=Role.AUDITOR)
STREAM = Access(credential=Credential.ANY, scope=Scope.TASKS_READ, ticket=True)

# By the operation ids of the OpenAPI document. An operation that is missing is refused.
ACCESS: Mapping[str, Access] = {
    **dict.fromkeys(
        (
            *("register", "login", "refresh", "logout"),
            *("list_login_providers", "start_provider_login", "finish_provider_login"),
            *("begin_passkey_login", "log_in_with_passkey"),
            *("request_password_reset", "reset_password"),
            *("show_reset_password", "submit_reset_password"),
            *("show_verify_account", "verify_account"),
            *("live", "ready", "health", "jwks", "get_problem", "list_event_types"),
            # The door of assistants answers 401 by itself, with the metadata.
            *("resource_metadata", "assistant_metadata", "assistant"),
            "calendar_feed",  # its address is the secret
            *("docs", "openapi", "rapidoc", "page", "page_asset", "page_worker"),
            *("/openapi", "/openapi/openapi.json", "/openapi/{path}"),  # Litestar's own, by path
            *("show_unsubscribe", "unsubscribe", "show_confirm_address", "confirm_address"),
        ),
        PUBLIC,
    ),
    "get_me": ACCOUNT_READ,
    **dict.fromkeys(
        (
            *("change_me", "delete_me", "change_email", "request_verification"),
            *("change_password", "list_sessions", "end_session", "end_sessions"),
            *("create_token", "list_tokens", "revoke_token"),
            *("list_linked_providers", "link_provider", "unlink_provider"),
            *("list_second_factors", "remove_second_factor", "make_recovery_codes"),
            *("open_calendar", "get_calendar", "close_calendar"),
            *("begin_totp", "confirm_totp", "begin_passkey", "add_passkey"),
        ),
        SESSION,
    ),
    **dict.fromkeys(
        (
            *("create_service", "create_service_token", "list_service_tokens"),
            "revoke_service_token",
        ),
        SESSION_OF_ADMIN,
    ),
    **dict.fromkeys(
        (
            *("list_tasks", "search_tasks", "get_task", "read_quick_task"),
            *("list_lists", "get_list", "list_searches", "get_search"),
            *("list_reminders", "list_reminders_of_task", "get_reminder", "explain_reminder"),
            *("get_recurrence", "list_occurrences", "list_instances", "preview_recurrence"),
            *("list_series", "get_series", "list_suggestions"),
            *("list_changes", "get_change"),
        ),
        TASKS_READ,
    ),
    "create_stream_ticket": TASKS_READ,
    "batch": SOME,  # each request in it needs what it needs alone
    "revoke_current_token": SOME,
    **dict.fromkeys(("stream", "live_socket"), STREAM),
    **dict.fromkeys(
        (
            *(
                "create_task",
                "create_quick_task",
                "change_task",
                "change_tasks",
                "delete_task",
                "restore_task",
            ),
            *("complete_task", "reopen_task", "tag_task", "untag_task"),
            *("save_search", "change_search", "delete_search"),
            *("create_list", "change_list", "delete_list", "archive_list", "unarchive_list"),
            *("set_reminder", "cancel_reminder", "snooze_reminder"),
            *("set_recurrence", "end_recurrence", "skip_occurrence", "unskip_occurrence"),
            *("accept_suggestion", "undo_change"),
        ),
        TASKS_WRITE,
    ),
    **dict.fromkeys(
        (
            *("inbox", "list_notifications", "get_notification_preferences"),
            *("list_push_subscriptions", "list_webhooks"),
        ),
        NOTIFICATIONS_READ,
    ),
    **dict.fromkeys(
        (
            *("mark_read", "mark_unread", "mark_all_read", "change_notification_preferences"),
            *("add_push_subscription", "remove_push_subscription", "add_webhook"),
            *("remove_webhook", "rotate_webhook_secret", "enable_webhook"),
        ),
        NOTIFICATIONS_WRITE,
    ),
    **dict.fromkeys(
        ("audit", "audit_of_entity", "audit_of_user", "audit_export", "task_history"), AUDIT_READ
    ),
    **dict.fromkeys(
        (
            *("list_accounts", "disable_account", "enable_account"),
            *("list_dead_letters", "get_dead_letter"),
            *("retry_dead_letter", "discard_dead_letter"),
            *("retry_parked_event", "discard_parked_event"),
            *("rebuild_view", "verify_view", "cancel_run"),
        ),
        ADMIN,
    ),
    **dict.fromkeys(
        (
            *("list_readers", "list_processes", "read_log", "trace_correlation", "read_stream"),
            *("list_parked_events", "list_runs", "get_run"),
        ),
        AUDITOR,
    ),
}


def check_access(access: Access, identity: Identity) -> None:
    """Refuse an identity that may not use an operation.

    Raises:
        HttpProblem: 403, a scope or a role is missing, or a session is needed.
    """
    if access.credential is Credential.SESSION and identity.session_id is None:
        raise HttpProblem(
            "insufficient-scope",
            "No personal access token may do this: log in.",
            headers={"WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope"'},
        )
    if access.scope is not None and access.scope not in identity.scopes:
        raise HttpProblem(
            "insufficient-scope",
            f"This needs a personal access token with the scope {access.scope}.",
            headers={
                "WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope",'
                f' scope="{access.scope}"'
            },
        )
    # An administrator may see what auditors see.
    admitted = {access.role, Role.ADMIN} if access.role is Role.AUDITOR else {access.role}
    if access.role is not None and identity.roles.isdisjoint(admitted):
        raise HttpProblem("not-permitted", f"The role {access.role} is required.")


def scope_of_event(type_: str) -> Scope:
    """Return the scope with which a live stream sends events of a published type."""
    kind = type_.partition(".")[0]
    return _EVENT_SCOPES[kind]


_EVENT_SCOPES: Mapping[str, Scope] = {
    "task": Scope.TASKS_READ,
    "series": Scope.TASKS_READ,
    "list": Scope.TASKS_READ,
    "reminder": Scope.TASKS_READ,
    "notification": Scope.NOTIFICATIONS_READ,
    "account": Scope.ACCOUNT_READ,
    "session": Scope.ACCOUNT_READ,
}
