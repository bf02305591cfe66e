"""New ids: unlike any other, and in order."""

from interfaces.http.protocol.uuid7 import Uuid7Generator


def test_ids_grow_however_fast_they_are_made() -> None:
    ids = Uuid7Generator()
    made = [ids.new() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_an_id_is_a_uuid_of_version_7() -> None:
    made = Uuid7Generator().new()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")


def test_two_processes_do_not_make_the_same_id() -> None:
    first, second = Uuid7Generator(), Uuid7Generator()
    made = [ids.new() for _ in range(5_000) for ids in (first, second)]
    assert len(set(made)) == len(made)
