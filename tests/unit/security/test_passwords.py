"""Which passwords are refused, that keyboards do not matter, and that hashing yields to others."""

import os
import sys
import threading

import pytest

from infrastructure.security.passwords import hashing
from infrastructure.security.passwords.common_passwords import is_common
from infrastructure.security.passwords.hashing import NICE, Passwords
from tests.support.quick_hashes import RECOMMENDED

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


async def test_a_guess_costs_what_owasp_recommends(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in RECOMMENDED.items():
        monkeypatch.setattr(hashing, name, value)
    passwords = Passwords()
    assert (await passwords.hash("correct horse")).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    passwords.close()


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
async def test_threads_that_hash_yield_to_all_others() -> None:
    passwords = Passwords()
    await passwords.hash("correct horse battery")
    nice = {
        thread.name: os.getpriority(os.PRIO_PROCESS, thread.native_id or 0)
        for thread in threading.enumerate()
    }
    hashing = [value for name, value in nice.items() if name.startswith("passwords")]
    others = [value for name, value in nice.items() if not name.startswith("passwords")]
    assert hashing
    assert min(hashing) == NICE > max(others)
    passwords.close()
