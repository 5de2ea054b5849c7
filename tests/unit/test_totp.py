"""Codes of apps, without a store."""

import re
from datetime import UTC, datetime

import pytest

from domain.second_factors import SecondFactorMethod, SecondFactorProof
from services.second_factor_proofs import new_recovery_codes, recovery_hash, step_of, totp_of, typed

SEED = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    step = seconds // 30
    assert step_of(SEED, code, None, at) == step
    assert step_of(SEED, code, step - 1, at) == step
    assert step_of(SEED, code, step, at) is None
    for ahead, found in ((-60, None), (-30, step), (30, step), (60, None)):
        assert step_of(SEED, code, None, datetime.fromtimestamp(seconds + ahead, UTC)) == found


def test_an_app_reads_what_the_address_says() -> None:
    uri = totp_of(SEED).get_provisioning_uri("ann@one.example", "ONE")
    assert uri.startswith("otpauth://totp/ONE:ann%40one.example?")
    assert {"digits=6", "period=30", "algorithm=SHA1", "issuer=ONE"} <= set(uri.partition("?")[2].split("&"))


def test_recovery_codes_are_long_random_and_read_however_they_are_typed() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    for code in codes:
        assert re.fullmatch(r"[a-z2-7]{4}(-[a-z2-7]{4}){5}", code)  # 120 bits
        given = SecondFactorProof(SecondFactorMethod.RECOVERY_CODE, f" {code.upper().replace('-', ' ')}\n")
        assert recovery_hash(typed(given).code) == recovery_hash(code)
