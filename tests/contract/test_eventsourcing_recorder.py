"""The `eventsourcing` library's own test cases, as it ships them, on our recorder and tables.

All that concern a recorder, a factory, an application or a projection run, as they are but for
the topics of one projection (`TestEventSourcedProjection` says why). The rest is left out:
`MapperTestCase` and `TranscoderTestCase` are about the library's own mapper and transcoder,
`TaggedDecisionCountersProjectionTestCase` about another kind of store (dynamic consistency
boundaries), which has no streams.
"""

from collections.abc import Iterator
from typing import Any
from unittest import TestCase

import pytest
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import AggregateRecorder, TrackingRecorder
from eventsourcing.postgres import PostgresAggregateRecorder, PostgresTrackingRecorder
from eventsourcing.utils import Environment, get_topic

from infrastructure.store.recorder import AnnalsFactory, AnnalsRecorder, AnnalsTrackingRecorder
from tests.support.library import EventCounters, environment, factory

# isort: split
from eventsourcing.tests import application as application_cases
from eventsourcing.tests import persistence as cases
from eventsourcing.tests import projection as projection_cases


class OnOurTables(TestCase):
    """A database of its own for each test, and the variables that lead the library there."""

    @pytest.fixture(autouse=True)
    def _tables(self, owner_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        self.variables = environment(owner_url)  # it creates tables of its own
        for name, value in self.variables.items():
            monkeypatch.setenv(name, value)
        self.ours = factory(self.variables)
        yield
        self.ours.close()


class TestAggregateRecorder(OnOurTables, cases.AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        return self.ours.aggregate_recorder("snapshots")


class TestAggregateRecorderOfEvents(OnOurTables, cases.AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        return self.ours.aggregate_recorder()


class TestApplicationRecorder(OnOurTables, cases.ApplicationRecorderTestCase[AnnalsRecorder]):
    def create_recorder(self) -> AnnalsRecorder:
        return self.ours.application_recorder()

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestNonInterleavingPositions(OnOurTables, cases.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> AnnalsRecorder:
        return self.ours.application_recorder()


class TestTrackingRecorder(OnOurTables, cases.TrackingRecorderTestCase):
    def create_recorder(self) -> TrackingRecorder:
        return self.ours.tracking_recorder()


class TestProcessRecorder(OnOurTables, cases.ProcessRecorderTestCase):
    def create_recorder(self) -> AnnalsRecorder:
        return self.ours.process_recorder()


class Subclass(AnnalsTrackingRecorder):
    pass


class TestFactory(OnOurTables, cases.InfrastructureFactoryTestCase[AnnalsFactory]):
    def setUp(self) -> None:
        self.env = Environment("TestCase", self.variables)
        super().setUp()

    def expected_factory_class(self) -> type[AnnalsFactory]:
        return AnnalsFactory

    def expected_aggregate_recorder_class(self) -> type[AggregateRecorder]:
        return PostgresAggregateRecorder

    def expected_application_recorder_class(self) -> type[AnnalsRecorder]:
        return AnnalsRecorder

    def expected_tracking_recorder_class(self) -> type[TrackingRecorder]:
        return AnnalsTrackingRecorder

    def tracking_recorder_subclass(self) -> type[PostgresTrackingRecorder]:
        return Subclass

    def expected_process_recorder_class(self) -> type[AnnalsRecorder]:
        return AnnalsRecorder


class TestExampleApplication(OnOurTables, application_cases.ExampleApplicationTestCase):
    expected_factory_topic = "infrastructure.store.recorder.factory:AnnalsFactory"


class TestApplication(OnOurTables, application_cases.ApplicationTestCase):
    pass


class TestEventCountersView(OnOurTables, projection_cases.EventCountersViewTestCase):
    def construct_event_counters_view(self) -> Any:
        return self.ours.tracking_recorder(EventCounters)


class TestEventCountersProjection(
    OnOurTables, projection_cases.AggregateEventCountersProjectionTestCase
):
    view_class = EventCounters


class TestEventSourcedProjection(OnOurTables, projection_cases.EventSourcedProjectionTestCase):
    """The test case's projection counts events of all topics, and records events itself.

    The library's own stores keep those in another table. Here they are in the log it reads: without
    `topics` it would count its own counting for ever. That is the one thing changed.
    """

    @pytest.fixture(autouse=True)
    def _topics(self, monkeypatch: pytest.MonkeyPatch) -> None:
        counted = (get_topic(Aggregate.Created), get_topic(Aggregate.Event))
        monkeypatch.setattr(projection_cases.Counters, "topics", counted)
