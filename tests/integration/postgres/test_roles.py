"""Each role may do with the log what its name says, and nothing else."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection, sql
from psycopg.errors import (
    InsufficientPrivilege,
    RestrictViolation,
)

from application.ports.startup import CannotStart
from infrastructure.postgres.migrations import migrate
from infrastructure.postgres.roles import APP, ERASER, NOTARY, OWNER
from tests.support.servers.databases import Postgres

APPEND = (
    "INSERT INTO public.stored_events (originator_id, originator_version, topic, state)"
    " VALUES (gen_random_uuid(), 1, 'task.created', '{}') RETURNING notification_id"
)
# What somebody would try who has got hold of a login and wants another past.
ATTACKS = {
    "update": "UPDATE public.stored_events SET topic = 'task.deleted'",
    "delete": "DELETE FROM public.stored_events",
    "truncate": "TRUNCATE public.stored_events",
    "replica": "SET session_replication_role = replica",
    "choose a position": (
        "INSERT INTO public.stored_events VALUES (gen_random_uuid(), 1, 'task.created', '{}', 99)"
    ),
    "move the sequence": "SELECT setval('public.stored_events_notification_id_seq', 1)",
    "alter the sequence": "ALTER SEQUENCE public.stored_events_notification_id_seq RESTART 1",
    "disable triggers": "ALTER TABLE public.stored_events DISABLE TRIGGER ALL",
    "disable a trigger": (
        "ALTER TABLE public.stored_events DISABLE TRIGGER stored_events_refuse_change"
    ),
    "drop a trigger": "DROP TRIGGER stored_events_refuse_change ON public.stored_events",
    "add a trigger": (
        "CREATE TRIGGER mine BEFORE INSERT ON public.stored_events"
        " FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    ),
    "add a rule": "CREATE RULE mine AS ON INSERT TO public.stored_events DO INSTEAD NOTHING",
    "add a policy": "ALTER TABLE public.stored_events ENABLE ROW LEVEL SECURITY",
    "alter": "ALTER TABLE public.stored_events DROP COLUMN state",
    "rename": "ALTER TABLE public.stored_events RENAME TO forgotten",
    "move": "ALTER TABLE public.stored_events SET SCHEMA views",
    "own": "ALTER TABLE public.stored_events OWNER TO CURRENT_USER",
    "drop": "DROP TABLE public.stored_events CASCADE",
    "drop the schema": "DROP SCHEMA public CASCADE",
    "replace a function": (
        "CREATE OR REPLACE FUNCTION public.annals_refuse_change() RETURNS trigger"
        " LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
    ),
    "alter a function": "ALTER FUNCTION public.annals_publish_floor() SET search_path = views",
    "a table beside it": "CREATE TABLE public.mine ()",
    "a function beside it": "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "a schema": "CREATE SCHEMA mine",
    "an extension": "CREATE EXTENSION vector SCHEMA views",
    "a schema as a shadow": "SELECT public.annals_create_shadow('public')",
    "forge the secret": "UPDATE public.installation SET fingerprint = 'mine'",
    "forget the secret": "DELETE FROM public.installation",
    "become the owner": f"SET ROLE {OWNER}",
    "make a role": "CREATE ROLE mine SUPERUSER",
}
# These leave the log as it is; the owner may do them, as it may do any change of the schema.
OWNERS = {
    "choose a position",
    "move the sequence",
    "alter the sequence",
    "disable triggers",
    "disable a trigger",
    "drop a trigger",
    "add a trigger",
    "add a rule",
    "add a policy",
    "alter",
    "rename",
    "move",
    "own",
    "drop",
    "drop the schema",
    "replace a function",
    "alter a function",
    "a table beside it",
    "a function beside it",
    "a schema",
    "forge the secret",
    "forget the secret",
    "become the owner",
}


@pytest.fixture
def as_role(owner_url: str, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A connection whose session belongs to the role that the test names."""
    role = request.param
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(APPEND)
        # Not SET ROLE: that could be taken back, and superusers may do everything before it.
        connection.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(role)))
        yield connection


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("as_role", [APP, NOTARY, ERASER], indirect=True)
def test_no_process_can_change_the_log_or_what_guards_it(as_role: Connection, attack: str) -> None:
    with pytest.raises(InsufficientPrivilege), as_role.transaction():
        as_role.execute(ATTACKS[attack])


@pytest.mark.parametrize("attack", sorted(ATTACKS))
@pytest.mark.parametrize("as_role", [OWNER], indirect=True)
def test_the_owner_can_change_the_schema_but_no_row_as_long_as_it_does_not(
    as_role: Connection, attack: str
) -> None:
    allowed = attack in OWNERS
    try:
        with as_role.transaction(force_rollback=True):
            as_role.execute(ATTACKS[attack])
    except (InsufficientPrivilege, RestrictViolation):
        assert not allowed
    else:
        assert allowed


@pytest.mark.parametrize("change", ["update", "delete", "truncate"])
def test_not_even_a_superuser_that_calls_itself_a_replica_changes_a_row(
    owner_url: str, change: str
) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(APPEND)
        connection.execute(ATTACKS["replica"])
        with pytest.raises(RestrictViolation, match="never changed"):
            connection.execute(ATTACKS[change])


def test_the_app_appends_reads_and_keeps_views(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert connection.execute(APPEND).fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM stored_events").fetchone() == (1,)
        assert connection.execute("SELECT annals_floor()").fetchone() == (1,)
        connection.execute("SELECT annals_begin_history(); TRUNCATE task_list")
        connection.execute("DROP TABLE inbox; CREATE TABLE views.inbox ()")


@pytest.mark.parametrize("as_role", [NOTARY, ERASER], indirect=True)
def test_the_reserved_roles_see_nothing(as_role: Connection) -> None:
    tables = as_role.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p', 'S')"
        " AND relnamespace IN ('public'::regnamespace, 'views'::regnamespace)"
    ).fetchall()
    assert tables
    readable = as_role.execute(
        "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p')"
        " AND relnamespace IN ('public'::regnamespace, 'views'::regnamespace)"
        " AND has_any_column_privilege(oid, 'SELECT, INSERT, UPDATE')"
    ).fetchone()
    assert readable == (0,)


def test_an_operator_of_its_own_does_not_lead_a_writer_past_the_triggers(
    database_url: str,
) -> None:
    """The triggers run with the writer's rights, but not with the writer's search path."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION views.never(bigint, bigint) RETURNS bigint LANGUAGE sql"
            " AS 'SELECT 1::bigint';"
            " CREATE OPERATOR views.|"
            " (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = views.never);"
            " SET search_path = views, pg_catalog, public"
        )
        with connection.transaction():
            connection.execute(APPEND)
            keys = connection.execute(
                "SELECT classid::bigint >> 16 FROM pg_locks WHERE locktype = 'advisory'"
                " AND pid = pg_backend_pid()"
            ).fetchall()
            assert keys == [(0x414E,)]


def test_a_login_that_may_create_roles_prepares_a_database(postgres: Postgres) -> None:
    """As the owner of a database at a provider: no superuser."""
    login = f"provided_{uuid4().hex[:8]}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {login} LOGIN CREATEROLE PASSWORD 'x'")
        connection.execute(f"CREATE DATABASE {login} OWNER {login} TEMPLATE template0")
    # The roles are there already, from other tests, and not made by this login: it needs help.
    url = f"postgresql://{login}:x@{postgres.url.rpartition('@')[2].rpartition('/')[0]}/{login}"
    with pytest.raises(CannotStart) as refused:
        migrate(url)
    sentence, _, statements = str(refused.value).partition("\n")
    assert sentence.startswith(f"The role {login} may not prepare the roles of Annals (")
    assert f'GRANT "{OWNER}" TO "{login}";' in statements
    with psycopg.connect(postgres.address(login), autocommit=True) as connection:
        connection.execute(statements.encode())
    migrate(url)
    with psycopg.connect(postgres.as_app(login)) as connection:
        assert connection.execute(APPEND).fetchone() == (1,)


def test_roles_that_nobody_made_before_are_made_by_the_migration() -> None:
    from tests.support.servers.databases import postgres_server

    with postgres_server() as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE ROLE provided LOGIN CREATEROLE PASSWORD 'x'")
            connection.execute("CREATE DATABASE provided OWNER provided")
        host = server.url.rpartition("@")[2].rpartition("/")[0]
        url = f"postgresql://provided:x@{host}/provided"
        migrate(url, server.as_app("provided"))
        migrate(url, server.as_app("provided"))
        with psycopg.connect(server.as_app("provided")) as connection:
            assert connection.execute(APPEND).fetchone() == (1,)
            owners = connection.execute(
                "SELECT relname, pg_get_userbyid(relowner) FROM pg_class"
                " WHERE relname IN ('stored_events', 'task_list') ORDER BY 1"
            ).fetchall()
        assert owners == [("stored_events", OWNER), ("task_list", APP)]


def test_one_login_for_everything_acts_as_the_app(owner_url: str) -> None:
    from infrastructure.postgres.connections import connect_blocking

    with connect_blocking(owner_url, name="test") as connection:
        assert connection.execute("SELECT current_user").fetchone() == (APP,)
        with pytest.raises(InsufficientPrivilege):
            connection.execute(ATTACKS["delete"])


def test_a_database_of_before_the_roles_is_refused(postgres: Postgres) -> None:
    with postgres.database() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE stored_events ()")
        with pytest.raises(CannotStart, match="before the first release"):
            migrate(url)
