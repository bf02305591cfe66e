"""The head of the OpenAPI document: title, description, security and tags."""

from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, License, SecurityScheme, Tag

DESCRIPTION = """
A task service with a complete history: every change is an event, every list is a view computed
from events, and the history is the audit trail.

* **Change**: the response shows the resource after the change, its version (`ETag`) and its
  position in the log (`Annals-Position`). `If-Match` changes only the version you saw.
* **Repeat** any POST, PATCH or DELETE safely with an `Idempotency-Key`: the response is the
  same, and nothing is recorded twice, however late the repetition.
* **Read your writes**: `Annals-Min-Position` makes a list wait for your last change.
* **Refusals** are `application/problem+json`; their `type` is the URL of an explanation.
"""

OPENAPI = OpenAPIConfig(
    title="Annals",
    version="1",
    summary="A task service with a complete history",
    description=DESCRIPTION,
    license=License(name="Apache-2.0", identifier="Apache-2.0"),
    path="/openapi",
    render_plugins=[JsonRenderPlugin(path="/")],
    use_handler_docstrings=True,
    components=Components(
        security_schemes={
            "bearer": SecurityScheme(
                type="http",
                scheme="bearer",
                bearer_format="JWT (RFC 9068) or personal access token",
                description="An access token of POST /auth/login may do everything its account"
                " may. A personal access token of POST /auth/tokens may do what its scopes say.",
            )
        }
    ),
    tags=[
        Tag(name="Tasks", description="Create, find, change and complete tasks"),
        Tag(name="Lists", description="Lists that tasks are in"),
        Tag(name="Searches", description="Searches that are saved under a name"),
        Tag(name="Batches", description="Several requests in one"),
        Tag(name="Changes", description="What each request changed, and how it is undone"),
        Tag(name="Reminders", description="When reminders are sent, and why one was sent or not"),
        Tag(
            name="Notifications",
            description="Inbox, preferences, push subscriptions and webhooks",
        ),
        Tag(name="Recurrence", description="Recurring tasks and their series"),
        Tag(name="Calendar", description="Tasks as a calendar that others subscribe to"),
        Tag(name="Audit", description="Every change: what, by whom and when"),
        Tag(name="Live", description="Changes as they happen"),
        Tag(name="Accounts", description="Registration, login and access tokens"),
        Tag(name="Assistant", description="How assistants find and use the API (MCP)"),
        Tag(name="Administration", description="For administrators"),
        Tag(name="Health", description="For orchestrators and load balancers"),
        Tag(name="Problems", description="What each type of problem means"),
    ],
)
