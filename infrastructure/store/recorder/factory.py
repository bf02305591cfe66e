"""Gives an application of the library its recorders and its mapper, over our tables."""

import weakref
from typing import Any, TypeVar, cast

from eventsourcing import postgres
from eventsourcing.domain import TAggregateID
from eventsourcing.persistence import (
    AggregateRecorder,
    InfrastructureFactoryError,
    Mapper,
    Transcoder,
)
from eventsourcing.utils import Environment, EnvType, resolve_topic
from psycopg.conninfo import make_conninfo

from infrastructure.store.mapper import RecordMapper
from infrastructure.store.recorder.recorders import AnnalsRecorder, AnnalsTrackingRecorder
from infrastructure.store.recorder.threaded_commits import ThreadedCommits

View = TypeVar("View", bound=postgres.PostgresTrackingRecorder)


# The library looks for the only factory in this module, so its own is not imported by name.
class AnnalsFactory(postgres.PostgresFactory):
    """Reads the library's own variables: POSTGRES_DBNAME, POSTGRES_HOST, POSTGRES_USER, ….

    Raises:
        InfrastructureFactoryError: a variable asks for what our tables cannot do.
        OSError: a variable is missing or malformed.
    """

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self._require_our_layout()
        self.commits = ThreadedCommits(self._address)
        self._close_commits = weakref.finalize(self, self.commits.close)

    def close(self) -> None:
        self._close_commits()
        super().close()

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """Return a recorder without positions, for the table of events or of snapshots."""
        return postgres.PostgresAggregateRecorder(
            self.datastore, events_table_name=f"stored_{purpose}"
        )

    def application_recorder(self) -> AnnalsRecorder:
        return self._recorder(self.APPLICATION_RECORDER_TOPIC)

    def process_recorder(self) -> AnnalsRecorder:
        return self._recorder(self.PROCESS_RECORDER_TOPIC)

    def tracking_recorder(self, tracking_recorder_class: type[View] | None = None) -> View:
        """Return a recorder of positions, or the view of a projection, which is one too.

        Raises:
            InfrastructureFactoryError: the view would create a table of positions that has the
                name of ours.
        """
        topic = self.env.get(self.TRACKING_RECORDER_TOPIC)
        if tracking_recorder_class is None:
            chosen = resolve_topic(topic) if topic else AnnalsTrackingRecorder
            tracking_recorder_class = cast("type[View]", chosen)
        table = self._tracking_table_name()
        if table == "notification_tracking" and not issubclass(
            tracking_recorder_class, AnnalsTrackingRecorder
        ):
            raise InfrastructureFactoryError(
                f"{tracking_recorder_class.__qualname__} is no AnnalsTrackingRecorder, so its"
                " projection needs a name: the table notification_tracking is taken."
            )
        return self._created(tracking_recorder_class(self.datastore, tracking_table_name=table))

    def mapper(
        self,
        transcoder: Transcoder | None = None,
        mapper_class: type[Mapper[TAggregateID]] | None = None,
    ) -> Mapper[TAggregateID]:
        """Return a mapper that reads our events as `Recorded`, and those of others as they are."""
        if mapper_class is None and not self.env.get(self.MAPPER_TOPIC):
            mapper_class = cast("type[Mapper[TAggregateID]]", RecordMapper)
        return super().mapper(transcoder, mapper_class)

    def _recorder(self, variable: str) -> AnnalsRecorder:
        topic = self.env.get(variable)
        recorder_class: type[AnnalsRecorder] = resolve_topic(topic) if topic else AnnalsRecorder
        if not issubclass(recorder_class, AnnalsRecorder):
            raise InfrastructureFactoryError(f"{variable} names no AnnalsRecorder: {topic}")
        return self._created(
            recorder_class(
                self.datastore,
                commits=self.commits,
                tracking_table_name=self._tracking_table_name(),
            )
        )

    def _created(self, recorder: View) -> View:
        if self.env_create_table():
            recorder.create_table()  # those of a view: migrations own ours
        return recorder

    def _tracking_table_name(self) -> str:
        return f"{self.env.name.lower() or 'notification'}_tracking"

    def _address(self) -> str:
        pool = self.datastore.pool
        given = cast("dict[str, Any]", pool.kwargs)
        fields = {name: given[name] for name in ("dbname", "host", "port", "user", "password")}
        if pool.get_password_func:
            fields["password"] = pool.get_password_func()
        return make_conninfo(**fields)

    def _require_our_layout(self) -> None:
        store = self.datastore
        for variable, wrong in (
            (self.POSTGRES_SCHEMA, store.schema != "public"),
            (self.ORIGINATOR_ID_TYPE, store.originator_id_type != "uuid"),
            (self.POSTGRES_SINGLE_ROW_TRACKING, not store.single_row_tracking),
            (self.POSTGRES_ENABLE_DB_FUNCTIONS, store.enable_db_functions),
        ):
            if wrong:
                raise InfrastructureFactoryError(
                    f"{variable}={self.env.get(variable)} does not fit the tables of Annals."
                )
