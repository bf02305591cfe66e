"""Ids made of names never meet: each kind of name has a namespace of its own."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from domain.values import uuids


def test_no_two_kinds_of_names_share_a_namespace() -> None:
    found = [value for value in vars(uuids).values() if isinstance(value, UUID)]
    assert len(found) >= 3
    assert len(set(found)) == len(found)


@given(namespace=st.uuids(), name=st.text())
def test_the_id_of_a_name_is_that_of_the_standard(namespace: UUID, name: str) -> None:
    name = name.encode("utf-8", "replace").decode()
    assert uuids.named_uuid(namespace, name) == uuid5(namespace, name)


@given(uuid=st.uuids())
def test_a_uuid_is_the_same_by_its_number_and_as_text(uuid: UUID) -> None:
    assert uuids.uuid_of(uuid.int) == uuid
    assert uuids.uuid_text(uuid) == str(uuid).encode()
