"""A statement that each connection prepares once, with parameters and results as bytes."""

from collections.abc import Sequence
from weakref import WeakSet

from psycopg import AsyncConnection, errors, generators
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult


class PreparedStatement:
    """psycopg's cursor looks for its statement, and at each parameter and the result, with every
    call: that is half of what a small statement costs this process.
    """

    def __init__(self, name: str, types: str, statement: str) -> None:
        """`types` are those of the parameters $1, $2 …, separated by commas."""
        self._name = name.encode()
        self._prepare = f"PREPARE {name} ({types}) AS {statement}"
        self._formats = [Format.BINARY] * (types.count(",") + 1)
        self._prepared: WeakSet[AsyncConnection] = WeakSet()

    async def execute(self, connection: AsyncConnection, parameters: Sequence[bytes]) -> PGresult:
        """Return the rows, in their binary form. The connection commits by itself.

        Raises:
            psycopg.OperationalError: the connection is lost, whatever the server said last.
            psycopg.Error: the statement fails.
        """
        if connection not in self._prepared:
            await connection.execute(self._prepare.encode())
            self._prepared.add(connection)
        result: PGresult
        async with connection.lock:
            connection.pgconn.send_query_prepared(
                self._name,
                parameters,
                param_formats=self._formats,
                result_format=Format.BINARY,
            )
            results = await connection.wait(generators.execute(connection.pgconn))
        for result in results:
            if result.status != ExecStatus.TUPLES_OK:
                error = errors.error_from_result(result, encoding=connection.info.encoding)
                if connection.closed:  # the server ended with it: whether it committed is open
                    raise errors.OperationalError(str(error)) from error
                raise error
        answer: PGresult = results[0]
        return answer
