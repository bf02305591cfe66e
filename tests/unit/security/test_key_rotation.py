"""The key that signs changes, and no good token is refused on its account."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import jwt
import pytest
import structlog

from application.ports.identity import BadToken
from domain.vocabulary import Role
from infrastructure.security.key_ring import KeyRing
from infrastructure.security.key_rotation import PUBLISH_AHEAD, KeyFolder
from infrastructure.security.signing_key import fill_key_folder
from infrastructure.security.tokens import TokenSigner

LIFE = timedelta(minutes=15)


class Turning:
    """A folder of keys through time, and a process that has read it long before."""

    def __init__(self, folder: Path) -> None:
        fill_key_folder(folder)
        self.folder = KeyFolder(folder, life=LIFE)
        self.now = datetime.now(UTC) - PUBLISH_AHEAD
        self.ring = KeyRing(folder)
        self.tokens = TokenSigner(
            self.ring,
            issuer="annals",
            audience="annals",
            life=int(LIFE.total_seconds()),
            clock=lambda: self.now.timestamp(),
        )

    def later(self, time: timedelta) -> None:
        self.now += time

    def rotate(self, *, at_once: bool = False) -> None:
        self.done = self.folder.rotate(self.now, at_once=at_once)
        self.ring._checked_at = 0.0  # seconds have passed

    def token(self) -> str:
        return self.tokens.issue(uuid4(), [Role.USER], uuid4())

    def states(self) -> list[str]:
        return [key.state for key in self.folder.states()]

    def published(self) -> set[str]:
        return {key["kid"] for key in self.ring.jwks()["keys"]}


@pytest.fixture
def turning(tmp_path: Path) -> Turning:
    return Turning(tmp_path)


def kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def test_a_key_is_published_before_it_signs_and_after(turning: Turning) -> None:
    old = turning.token()
    turning.rotate()
    assert sorted(turning.states()) == ["active", "next"]
    assert kid(turning.token()) == kid(old)
    following = turning.done.published
    assert turning.published() == {kid(old), following}

    turning.later(PUBLISH_AHEAD)
    turning.rotate()
    assert (turning.done.signing, list(turning.done.retired)) == (following, [kid(old)])
    assert kid(turning.token()) == following
    assert sorted(turning.states()) == ["active", "next", "retired"]
    assert turning.published() == {kid(old), following, turning.done.published}


def test_a_next_key_that_others_may_not_know_yet_does_not_sign(turning: Turning) -> None:
    turning.rotate()
    before = turning.states()
    turning.later(PUBLISH_AHEAD - timedelta(seconds=2))
    turning.rotate()
    assert turning.done.wait_until is not None
    assert (turning.done.signing, turning.done.published) == (None, None)
    assert turning.states() == before
    turning.rotate(at_once=True)
    assert turning.done.signing


def test_a_token_of_a_retired_key_is_good_until_it_ends(turning: Turning) -> None:
    turning.rotate()
    turning.later(PUBLISH_AHEAD)
    old = turning.token()
    turning.rotate()
    turning.later(LIFE - timedelta(seconds=1))
    turning.rotate()
    assert turning.tokens.verify(old)
    assert kid(old) in turning.published()


def test_a_retired_key_is_gone_when_its_last_token_has_ended(turning: Turning) -> None:
    turning.rotate()
    turning.later(PUBLISH_AHEAD)
    old = turning.token()
    turning.tokens.verify(old)
    turning.rotate()
    turning.later(LIFE + timedelta(minutes=2))
    turning.rotate()
    assert list(turning.done.gone) == [kid(old)]
    assert kid(old) not in turning.published()


def test_what_was_retired_can_sign_nothing_any_more(turning: Turning, tmp_path: Path) -> None:
    turning.rotate()
    turning.rotate(at_once=True)
    [retired] = tmp_path.glob("*.retired-*.pem")
    assert b"PRIVATE" not in retired.read_bytes()
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_a_token_ends_with_its_key(turning: Turning, tmp_path: Path) -> None:
    old = turning.token()
    turning.tokens.verify(old)
    turning.rotate()
    turning.rotate(at_once=True)
    assert turning.tokens.verify(old)
    [retired] = tmp_path.glob("*.retired-*.pem")
    retired.unlink()  # it was stolen
    turning.ring._checked_at = 0.0
    with pytest.raises(BadToken):
        turning.tokens.verify(old)


def test_a_copy_of_the_folder_tells_the_same(
    turning: Turning, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    turning.rotate()
    turning.rotate(at_once=True)
    turning.later(timedelta(seconds=1))
    turning.rotate(at_once=True)
    copy = tmp_path_factory.mktemp("mounted")
    for file in tmp_path.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    # All but the key whose name people gave, which is as old as its file and retired by now.
    assert KeyFolder(copy, life=LIFE).states() == turning.folder.states()


def test_an_interrupted_rotation_leaves_keys_that_work(turning: Turning, tmp_path: Path) -> None:
    old = turning.token()
    turning.rotate()
    [following] = tmp_path.glob("*.next.pem")
    following.rename(tmp_path / "20990101T000000Z.pem")  # and nothing more
    turning.ring._checked_at = 0.0
    new = turning.token()
    assert kid(new) != kid(old)
    assert turning.tokens.verify(old)
    turning.rotate()
    turning.later(PUBLISH_AHEAD)
    turning.rotate()
    assert set(turning.done.retired) == {kid(old), kid(new)}


def test_a_folder_that_makes_no_sense_changes_nothing_and_is_spoken_of_once(
    turning: Turning, tmp_path: Path
) -> None:
    [key] = tmp_path.glob("*.pem")
    (tmp_path / "20261399T000000Z.pem").write_bytes(key.read_bytes())
    token = turning.token()
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            turning.ring._checked_at = 0.0
            turning.tokens.verify(token)
    [line] = lines
    assert "20261399T000000Z" in line["error"]
    (tmp_path / "20261399T000000Z.pem").unlink()
    turning.rotate()
    assert len(turning.published()) == 2
