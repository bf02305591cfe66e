"""Ids made of names never meet: each kind of name has a namespace of its own."""

from uuid import UUID

from domain.values import namespaces


def test_no_two_kinds_of_names_share_a_namespace() -> None:
    found = [value for value in vars(namespaces).values() if isinstance(value, UUID)]
    assert len(found) >= 3
    assert len(set(found)) == len(found)
