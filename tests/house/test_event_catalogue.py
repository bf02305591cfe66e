"""The catalogue of events says what the code says."""

from tests.house.event_catalogue import PAGE, catalogue


def test_the_page_is_as_todays_code_would_write_it() -> None:
    assert PAGE.read_text() == catalogue(), "run: python -m tests.house.event_catalogue"
