"""What is sealed opens for its owner and purpose, in its installation, as it was, or not at all."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.security.sealed import CannotOpen, Sealed, derived_key

SECRET = b"the secret of this installation!"
ADA, BOB = UUID(int=1), UUID(int=2)
CONTENT = b"whsec_c2VjcmV0IG9mIGEgd2ViaG9vaw=="
SEALED = Sealed(SECRET, "endpoint secret")


@given(content=st.binary(max_size=4096), owner=st.uuids())
def test_what_is_sealed_opens_as_it_was(content: bytes, owner: UUID) -> None:
    assert SEALED.open(owner, SEALED.seal(owner, content)) == content


def test_equal_contents_look_different_and_tell_nothing() -> None:
    one, two = SEALED.seal(ADA, CONTENT), SEALED.seal(ADA, CONTENT)
    assert one != two
    assert CONTENT not in one


@pytest.mark.parametrize(
    ("reader", "owner"),
    [
        (SEALED, BOB),
        (Sealed(SECRET, "endpoint address"), ADA),
        (Sealed(b"the secret of another one, stolen", "endpoint secret"), ADA),
    ],
    ids=["another owner", "another purpose", "another installation"],
)
def test_nothing_else_opens_it(reader: Sealed, owner: UUID) -> None:
    with pytest.raises(CannotOpen):
        reader.open(owner, SEALED.seal(ADA, CONTENT))


def test_it_does_not_open_with_any_bit_changed_or_any_end_missing() -> None:
    sealed = SEALED.seal(ADA, CONTENT)
    changed = [
        sealed[:place] + bytes([sealed[place] ^ 1 << bit]) + sealed[place + 1 :]
        for place in range(len(sealed))
        for bit in range(8)
    ]
    cut = [sealed[:length] for length in range(len(sealed))]
    for damaged in [*changed, *cut, sealed + b"\0", b"", CONTENT]:
        with pytest.raises(CannotOpen):
            SEALED.open(ADA, damaged)


def test_the_keys_of_purposes_differ_from_each_other_and_from_the_secret() -> None:
    keys = {derived_key(SECRET, purpose) for purpose in ("links", "endpoint secret", "")}
    assert len(keys | {SECRET}) == 4


def test_the_keys_of_a_running_installation_do_not_change_with_the_code() -> None:
    known = "6e83de93db6fb296f881b38b0fbb82de162c0d2287407524c254fa5b823865c4"
    assert derived_key(SECRET, "links").hex() == known
