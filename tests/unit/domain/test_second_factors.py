"""What second factors decide, and which codes of an app count."""

from uuid import UUID

import pyotp
import pytest

from application.commands.identity.second_factors import (
    AddSecondFactor,
    MakeRecoveryCodes,
    RemoveSecondFactor,
    UseRecoveryCode,
)
from domain.aggregate import fold
from domain.errors import FactorNotFound, TooManyFactors
from domain.events.identity.second_factors import (
    RecoveryCodesMade,
    RecoveryCodeUsed,
    SecondFactorAdded,
    SecondFactorRemoved,
)
from domain.identity.second_factors import MAX_FACTORS, SecondFactors
from domain.vocabulary import FactorId, FactorKind
from infrastructure.security.second_factors.codes import (
    matching_step,
    new_recovery_codes,
    recovery_digest,
)
from tests.support.facts import ADA, history
from tests.support.scenario import given

PHONE = FactorId(UUID(int=1))
ADD = AddSecondFactor(account_id=ADA, factor_id=PHONE, kind=FactorKind.TOTP, name="Phone")
REMOVE = RemoveSecondFactor(account_id=ADA, factor_id=PHONE)


def added(number: int = 1) -> SecondFactorAdded:
    return SecondFactorAdded(
        account_id=ADA, factor_id=FactorId(UUID(int=number)), kind=FactorKind.TOTP, name="Phone"
    )


REMOVED = SecondFactorRemoved(account_id=ADA, factor_id=PHONE)


def test_a_factor_is_added_once_and_removed_once() -> None:
    given().when(ADD).then(added())
    given(added()).when(ADD).then_nothing()
    given(added()).when(REMOVE).then(REMOVED)
    given(added(), REMOVED).when(REMOVE).then_refused(FactorNotFound)
    given().when(REMOVE).then_refused(FactorNotFound)


def test_an_account_has_no_more_than_some_factors() -> None:
    many = [added(number) for number in range(2, MAX_FACTORS + 2)]
    given(*many).when(ADD).then_refused(TooManyFactors)
    given(*many[1:]).when(ADD).then(added())


def test_recovery_codes_are_counted() -> None:
    make = MakeRecoveryCodes(account_id=ADA, count=10)
    made, used = RecoveryCodesMade(account_id=ADA, count=10), RecoveryCodeUsed(account_id=ADA)
    given(added()).when(make).then(made)
    given(added(), made).when(UseRecoveryCode(account_id=ADA)).then(used)
    state = fold(SecondFactors(), history(added(), made, used, used))
    assert state.codes_left == 8
    assert fold(state, []).factors[0].name == "Phone"


SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # of RFC 6238, appendix B


@pytest.mark.parametrize(("at", "code"), [(59, "287082"), (1111111109, "081804")])
def test_codes_are_those_of_the_standard(at: int, code: str) -> None:
    assert matching_step(SECRET, code, at) == at // 30
    assert matching_step(SECRET, f"{code[:3]} {code[3:]}", at) == at // 30


@pytest.mark.parametrize(("steps", "counts"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_clock_may_be_wrong_by_half_a_minute(steps: int, counts: bool) -> None:
    now = 1_900_000_000
    code = pyotp.TOTP(SECRET).at(now + steps * 30)
    assert (matching_step(SECRET, code, now) is not None) is counts


def test_recovery_codes_are_hard_to_guess_and_easy_to_type() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(len(code) == 14 and not set(code) & set("il1o0") for code in codes)
    digest = recovery_digest(b"key", b"ada", codes[0])
    assert recovery_digest(b"key", b"ada", f" {codes[0].upper()} ") == digest
    assert recovery_digest(b"key", b"bob", codes[0]) != digest
    assert recovery_digest(b"other key", b"ada", codes[0]) != digest
