"""The four roles of the database, made before its tables: who owns the log, who appends to it."""

from collections.abc import Iterator, Mapping

import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict

from application.ports.startup import CannotStart

OWNER = "annals_owner"  # owns the log and its functions; only migrations act as it
APP = "annals_app"  # reads and appends to the log, owns the views
NOTARY, ERASER = "annals_notary", "annals_eraser"  # reserved: they may connect, and no more
ROLES = (OWNER, APP, NOTARY, ERASER)

# Every connection of a process acts as APP, also where its login may do more, and finds the views.
AS_APP = f"-c role={APP} -c search_path=public,views"


def prepare_roles(url: str, app_url: str | None = None) -> None:
    """Create what is missing of the roles and of what they need to connect and to migrate.

    `url` names the login that migrates, `app_url` that of the processes: the password in it
    becomes the password of APP, unless APP can log in already.

    Raises:
        CannotStart: the login may not do so; the message has the statements for somebody who may.
            Or the tables of the database belong to another role.
        psycopg.OperationalError: the database cannot be reached.
    """
    with psycopg.connect(url, autocommit=True, application_name="annals migrate") as connection:
        _refuse_foreign_tables(connection)
        # Several may migrate at once: whoever comes second finds nothing missing.
        connection.execute("SELECT pg_advisory_lock(hashtext('annals roles'))")
        missing = list(_missing(connection, conninfo_to_dict(app_url or url)))
        try:
            with connection.transaction():
                for statement in missing:
                    connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege as error:
            login = _one(connection, "SELECT current_user")
            by_hand = "\n".join(f"  {_public(statement, connection)};" for statement in missing)
            raise CannotStart(
                f"The role {login} may not prepare the roles of Annals ({_reason(error)})."
                f" Let an administrator of the database run:\n{by_hand}"
            ) from error


def _refuse_foreign_tables(connection: Connection) -> None:
    owner = _one(
        connection,
        "SELECT pg_get_userbyid(relowner) FROM pg_class"
        " WHERE oid = to_regclass('public.stored_events')",
    )
    if owner not in (None, OWNER):
        raise CannotStart(
            f"The tables of this database belong to the role {owner}, not to {OWNER}: a version"
            " of Annals from before the first release created them. Use an empty database."
        )


def _missing(connection: Connection, app: Mapping[str, object]) -> Iterator[sql.Composed]:
    """Yield the statements that are left to run, in order."""
    found = connection.execute(
        "SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname = ANY(%s)", (list(ROLES),)
    ).fetchall()
    logins: dict[str, bool] = dict(found)
    password = app.get("password") if app.get("user") == APP else None
    for role in ROLES:
        if role == APP and password and not logins.get(APP):
            verb = "ALTER" if APP in logins else "CREATE"
            yield sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                sql.SQL(verb), sql.Identifier(APP), _scrambled(connection, str(password))
            )
        elif role not in logins:
            yield sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role))
    login = _one(connection, "SELECT current_user")
    yield from _memberships(connection, str(login), app.get("user"))
    yield from _grants(connection)


def _memberships(connection: Connection, login: str, app: object) -> Iterator[sql.Composed]:
    # OWNER migrates the tables of the views, which belong to APP; the login acts as OWNER.
    wanted = [(OWNER, APP), (login, OWNER)]
    if app and app != login and app != APP:
        wanted.append((str(app), APP))
    how = "SET" if connection.info.server_version >= 160_000 else "MEMBER"
    for member, role in wanted:
        is_member = _one(
            connection,
            "SELECT pg_has_role(m.oid, r.oid, %s) FROM pg_roles m, pg_roles r"
            " WHERE m.rolname = %s AND r.rolname = %s",
            how,
            member,
            role,
        )
        if not is_member:
            yield sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(member))


def _grants(connection: Connection) -> Iterator[sql.Composed]:
    database = sql.Identifier(connection.info.dbname)
    for role in ROLES:
        privileges = ("CONNECT", "CREATE") if role == OWNER else ("CONNECT",)
        for privilege in privileges:
            # Without a role of its own, CONNECT would depend on what PUBLIC may do.
            granted = _one(
                connection,
                "SELECT EXISTS (SELECT FROM pg_database d,"
                " aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a"
                " JOIN pg_roles r ON r.oid = a.grantee WHERE d.datname = current_database()"
                " AND r.rolname = %s AND a.privilege_type = %s)",
                role,
                privilege,
            )
            if not granted:
                yield sql.SQL("GRANT {} ON DATABASE {} TO {}").format(
                    sql.SQL(privilege), database, sql.Identifier(role)
                )
    may_create = _one(
        connection,
        "SELECT has_schema_privilege(oid, 'public', 'CREATE') FROM pg_roles WHERE rolname = %s",
        OWNER,
    )
    if not may_create:
        yield sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(sql.Identifier(OWNER))


def _scrambled(connection: Connection, password: str) -> sql.Literal:
    """Return what the server keeps of a password, so that its log does not get to see it."""
    verifier = connection.pgconn.encrypt_password(password.encode(), APP.encode(), b"scram-sha-256")
    return sql.Literal(verifier.decode())


def _public(statement: sql.Composed, connection: Connection) -> str:
    head, secret, _ = statement.as_string(connection).partition(" PASSWORD ")
    return f"{head}{secret}'…'" if secret else head


def _one(connection: Connection, query: str, *values: object) -> object:
    row = connection.execute(query, values).fetchone()
    return row[0] if row else None


def _reason(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error)
