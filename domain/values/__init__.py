"""Values that events and aggregates share: schedules, series tasks, stream ids."""
