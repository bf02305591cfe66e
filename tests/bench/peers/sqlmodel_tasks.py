"""A task service of FastAPI and SQLModel: each change has an audit entry and an outbox message.

It does what a careful team would write from the manuals: a session for each request, everything in
one durable transaction, a pool of connections that suits the threads, a signed token. It has no
history, no views and no limits.
"""

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException
from sqlalchemy import JSON, BigInteger, Column, Identity, or_
from sqlmodel import Field, Session, SQLModel, col, create_engine, select

SECRET = os.environ.get("PEER_SECRET", "a secret of at least thirty-two bytes")
THREADS = 20  # connections: half of the threads that FastAPI uses for such routes
engine = create_engine(
    os.environ.get("PEER_DATABASE_URL", "postgresql+psycopg://"), pool_size=THREADS
)


class NewTask(SQLModel):
    title: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=20_000)
    tags: list[str] = Field(default=[], sa_column=Column(JSON, nullable=False))
    due_at: datetime | None = None


class Task(NewTask, table=True):
    __tablename__ = "peer_task"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    owner: UUID = Field(index=True)
    status: str = "open"
    version: int = 1
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class AuditEntry(SQLModel, table=True):
    __tablename__ = "peer_audit"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    task: UUID = Field(index=True)
    actor: UUID
    action: str
    recorded_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    changes: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class OutboxMessage(SQLModel, table=True):
    __tablename__ = "peer_outbox"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    topic: str
    key: UUID
    payload: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class TaskChange(SQLModel):
    title: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=20_000)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
    engine.dispose()


app = FastAPI(lifespan=lifespan)


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


def account(authorization: Annotated[str, Header()]) -> UUID:
    try:
        claims = jwt.decode(authorization.removeprefix("Bearer "), SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401) from error
    return UUID(claims["sub"])


def token_of(owner: UUID) -> str:
    """Return a token that `account` accepts."""
    return jwt.encode({"sub": str(owner)}, SECRET, algorithm="HS256")


InSession = Annotated[Session, Depends(session)]
Account = Annotated[UUID, Depends(account)]


@app.get("/tasks")
def list_tasks(opened: InSession, owner: Account, q: str = "") -> Sequence[Task]:
    """Return the latest fifty tasks that have each word of `q` in their title or description."""
    found = select(Task).where(Task.owner == owner, Task.status != "deleted")
    for word in q.split():
        found = found.where(
            or_(
                col(Task.title).icontains(word, autoescape=True),
                col(Task.description).icontains(word, autoescape=True),
            )
        )
    return opened.exec(found.order_by(col(Task.updated_at).desc()).limit(50)).all()


@app.post("/tasks", status_code=201)
def create_task(data: NewTask, opened: InSession, owner: Account) -> Task:
    task = Task.model_validate(data, update={"owner": owner})
    return _saved(opened, task, owner, "task.created", data.model_dump(mode="json"))


@app.patch("/tasks/{task_id}")
def change_task(task_id: UUID, data: TaskChange, opened: InSession, owner: Account) -> Task:
    task = _own(opened, task_id, owner)
    changes = data.model_dump(exclude_unset=True)
    task.sqlmodel_update(changes)
    return _saved(opened, task, owner, "task.updated", changes)


@app.post("/tasks/{task_id}/complete")
def complete_task(task_id: UUID, opened: InSession, owner: Account) -> Task:
    task = _own(opened, task_id, owner)
    task.status = "completed"
    return _saved(opened, task, owner, "task.completed", {"status": "completed"})


def _own(opened: Session, task_id: UUID, owner: UUID) -> Task:
    task = opened.get(Task, task_id, with_for_update=True)
    if task is None or task.owner != owner:
        raise HTTPException(404)
    task.version += 1
    task.updated_at = datetime.now(UTC)
    return task


def _saved(opened: Session, task: Task, actor: UUID, action: str, changes: dict[str, Any]) -> Task:
    opened.add(task)
    opened.add(AuditEntry(task=task.id, actor=actor, action=action, changes=changes))
    payload = task.model_dump(mode="json") | {"action": action}
    opened.add(OutboxMessage(topic="tasks", key=actor, payload=payload))
    opened.commit()
    opened.refresh(task)
    return task
