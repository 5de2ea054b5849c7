"""Messages that wallets sign: read to the letter, and good for a page, a wallet, a chain and a time."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import ValidationError
from services.wallet_messages import STATEMENT, WalletMessage, address_of, checksummed, read

ADDRESS = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
LIFETIME = timedelta(minutes=5)
ORIGINS = ("https://app.example", "http://localhost:8000")

# The example of EIP-4361, with another address and without what is left out by most.
EXAMPLE = f"""app.example wants you to sign in with your Ethereum account:
{ADDRESS}

I accept the Terms: https://app.example/tos

URI: https://app.example/login
Version: 1
Chain ID: 1
Nonce: 32891756a
Issued At: 2026-05-01T12:00:00Z"""


def message(**other: object) -> WalletMessage:
    given: dict[str, object] = {
        "scheme": None,
        "domain": "app.example",
        "address": ADDRESS,
        "uri": "https://app.example",
        "chain_id": 1,
        "nonce": "32891756a",
        "issued_at": AT,
        "expires_at": AT + LIFETIME,
        "not_before": None,
        **other,
    }
    return WalletMessage(**given)  # type: ignore[arg-type]


def test_what_is_written_reads_back_equal() -> None:
    written = message().written(STATEMENT)
    assert written == (
        f"app.example wants you to sign in with your Ethereum account:\n{ADDRESS}\n\n{STATEMENT}\n\n"
        "URI: https://app.example\nVersion: 1\nChain ID: 1\nNonce: 32891756a\n"
        "Issued At: 2026-05-01T12:00:00.000Z\nExpiration Time: 2026-05-01T12:05:00.000Z"
    )
    assert read("message", written) == message()


def test_all_that_the_grammar_has_is_read() -> None:
    found = read("message", EXAMPLE)
    assert found == message(uri="https://app.example/login", expires_at=None)
    more = f"https://{EXAMPLE}\nExpiration Time: 2026-05-01T14:05:00+02:00\nNot Before: 2026-05-01T12:00:00.5Z"
    found = read("message", f"{more}\nRequest ID: 7\nResources:\n- ipfs://x\n- https://app.example/y")
    assert (found.scheme, found.expires_at, found.not_before) == ("https", AT + LIFETIME, AT + timedelta(seconds=0.5))
    assert read("message", EXAMPLE.replace("I accept the Terms: https://app.example/tos\n\n", "\n")).uri == found.uri


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ("app.example wants", "app.example  wants"),
        ("app.example wants", "user@app.example wants"),
        ("app.example wants", "ftp://app.example wants"),
        ("Ethereum account:\n", "Ethereum account:\r\n"),
        (ADDRESS, ADDRESS.lower()),
        (ADDRESS, "0xFB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"),
        (ADDRESS, ADDRESS[:-1]),
        (f"{ADDRESS}\n\n", f"{ADDRESS}\n"),
        ("I accept the Terms: https://app.example/tos", "two\nlines"),
        ("I accept", "\u202eI accept"),
        ("URI: ", "Uri: "),
        ("URI: https://app.example/login", "URI: https://[x/login"),
        ("Version: 1", "Version: 2"),
        ("Chain ID: 1", "Chain ID: 01"),
        ("Chain ID: 1", "Chain ID: -1"),
        ("Chain ID: 1", "Chain ID: \u0661"),
        ("Nonce: 32891756a", "Nonce: short"),
        ("Nonce: 32891756a", "Nonce: 32891756a!"),
        ("T12:00:00Z", "T12:00:00"),
        ("T12:00:00Z", "T25:00:00Z"),
        ("2026-05-01", "2026-02-31"),
        ("Issued At: 2026-05-01T12:00:00Z", ""),
        ("Z", "Z\n"),
        ("Z", "Z\nResources:\nhttps://x"),
        ("Z", "Z\nNot Before: 2026-05-01T12:00:00Z\nExpiration Time: 2026-05-01T12:05:00Z"),
        ("Z", "Z\nExpiration Time: 2026-05-01T12:05:00Z\nExpiration Time: 2036-05-01T12:05:00Z"),
        ("I accept", "I accept" + "x" * 2_000),
    ],
)
def test_what_differs_from_the_grammar_is_no_message(part: str, instead: str) -> None:
    assert part in EXAMPLE
    with pytest.raises(ValidationError) as refused:
        read("message", EXAMPLE.replace(part, instead, 1))
    assert refused.value.field == "message"


@pytest.mark.parametrize(
    "other",
    [
        {"domain": "evil.example"},
        {"uri": "https://evil.example"},
        {"uri": "https://app.example.evil.example"},
        {"uri": "http://app.example"},
        {"domain": "localhost:8000"},
        {"scheme": "http"},
        {"issued_at": AT + timedelta(seconds=61)},
        {"issued_at": AT - timedelta(minutes=6)},
        {"expires_at": AT},
        {"not_before": AT + timedelta(seconds=61)},
    ],
)
def test_a_message_for_another_page_or_time_does_not_fit(other: dict[str, object]) -> None:
    assert not message(**other).fits(ORIGINS, AT, LIFETIME)


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"scheme": "https", "expires_at": None},
        {"domain": "localhost:8000", "uri": "http://localhost:8000/sign-in"},
        {"issued_at": AT + timedelta(seconds=60), "not_before": AT + timedelta(seconds=60)},
        {"issued_at": AT - timedelta(minutes=5, seconds=59)},
    ],
)
def test_clocks_may_differ_by_a_minute(other: dict[str, object]) -> None:
    assert message(**other).fits(ORIGINS, AT, LIFETIME)


def test_an_address_has_the_capitals_of_its_checksum_or_none() -> None:
    # https://eips.ethereum.org/EIPS/eip-55 has these.
    for right in (ADDRESS, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"):
        assert (
            checksummed(right.lower()) == address_of("address", right) == address_of("address", right.lower()) == right
        )
    for wrong in ("", "0x", ADDRESS[2:], f"{ADDRESS}0", ADDRESS.upper(), ADDRESS.swapcase(), ADDRESS.replace("f", "g")):
        with pytest.raises(ValidationError):
            address_of("address", wrong)
