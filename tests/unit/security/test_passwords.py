"""Which passwords are refused, and that keyboards do not matter."""

import pytest

from infrastructure.security.passwords.common_passwords import is_common
from infrastructure.security.passwords.hashing import Passwords

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "password",
    [
        "password123",
        "PassWord123",
        "1234567890",
        "qwertyuiop",
        "ｐａｓｓｗｏｒｄ123",
        "aaaaaaaaaaaa",
        "ababababab",
    ],
)
def test_a_password_that_everybody_tries_is_common(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize("password", ["correct horse battery", "Zwölf Boxkämpfer", "k8#x0Qp2!vRm"])
def test_other_passwords_are_not(password: str) -> None:
    assert not is_common(password)


async def test_a_password_is_the_same_however_it_is_composed() -> None:
    passwords = Passwords()
    known = await passwords.hash("Zwo\u0308lf Boxka\u0308mpfer")
    assert await passwords.verify("Zw\u00f6lf Boxk\u00e4mpfer", known)
    assert not await passwords.verify("Zwolf Boxkampfer", known)
    passwords.close()
