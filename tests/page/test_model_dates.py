"""Days and moments of the page are those of the zone of the account."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.page.node import evaluate

MOMENTS = """
import { Clock } from "./words/dates.js";
export default (cases) => cases.map(([zone, day, time]) => {
  const clock = new Clock(zone, "en");
  const moment = clock.moment(day, time);
  return [moment, clock.dayAt(new Date(moment)), clock.timeOf(moment)];
});
"""
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe")


def test_the_moment_of_a_day_and_a_time_is_the_one_that_python_finds() -> None:
    starts = [datetime(2030, 1, 1, 2, 30, tzinfo=UTC) + timedelta(hours=31 * n) for n in range(280)]
    cases = [(zone, f"{at:%Y-%m-%d}", f"{at:%H:%M}") for zone in ZONES for at in starts]
    for (zone, day, time), (moment, shown_day, shown_time) in zip(
        cases, evaluate(MOMENTS, cases), strict=True
    ):
        wall = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZoneInfo(zone))
        exists = wall.astimezone(UTC).astimezone(ZoneInfo(zone)) == wall
        if exists and wall.utcoffset() == wall.replace(fold=1).utcoffset():
            assert datetime.fromisoformat(moment) == wall, (zone, day, time)
            assert (shown_day, shown_time) == (day, time)
