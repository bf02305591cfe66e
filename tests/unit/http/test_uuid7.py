"""New ids: unlike any other, and in order."""

import os

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


def test_a_forked_process_makes_other_ids() -> None:
    ids = Uuid7Generator()
    ids.new()  # draws random bytes for many
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writing, ids.new().bytes[-8:])
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 8) != ids.new().bytes[-8:]
