"""Runs applications of the `eventsourcing` library on the log: `PERSISTENCE_MODULE` names it."""

from infrastructure.store.recorder.factory import AnnalsFactory
from infrastructure.store.recorder.recorders import AnnalsRecorder, AnnalsTrackingRecorder

__all__ = ["AnnalsFactory", "AnnalsRecorder", "AnnalsTrackingRecorder"]
