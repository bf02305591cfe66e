"""A prepared statement returns bytes, is prepared once a connection, and fails as any other."""

import psycopg
import pytest

from infrastructure.postgres.connections import connect
from infrastructure.postgres.packed_arrays import INT8_OID, int8, packed
from infrastructure.postgres.prepared_statement import PreparedStatement

pytestmark = pytest.mark.anyio

HALVES = PreparedStatement("halves", "bigint[]", "SELECT 12 / n FROM unnest($1) AS given (n)")


def numbers(*values: int) -> list[bytes]:
    return [packed(INT8_OID, [int8(value) for value in values])]


async def test_each_connection_prepares_it_once(database_url: str) -> None:
    for _ in range(2):
        async with await connect(database_url) as connection:
            for _ in range(3):
                result = await HALVES.execute(connection, numbers(3, 4))
                assert result.ntuples == 2
                assert [result.get_value(row, 0) for row in (0, 1)] == [int8(4), int8(3)]
            cursor = await connection.execute(
                "SELECT count(*) FROM pg_prepared_statements WHERE name = 'halves'"
            )
            assert await cursor.fetchone() == (1,)


async def test_an_error_is_that_of_the_database_and_the_next_call_works(database_url: str) -> None:
    async with await connect(database_url) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            await HALVES.execute(connection, numbers(3, 0))
        result = await HALVES.execute(connection, numbers(6))
        assert result.get_value(0, 0) == int8(2)


async def test_a_lost_connection_is_an_operational_error(database_url: str) -> None:
    async with await connect(database_url) as connection, await connect(database_url) as other:
        await HALVES.execute(connection, numbers(3))
        await other.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
        with pytest.raises(psycopg.OperationalError):
            await HALVES.execute(connection, numbers(3))
        assert connection.closed
