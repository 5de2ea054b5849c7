"""Messages that wallets sign to sign in (EIP-4361, https://eips.ethereum.org/EIPS/eip-4361): writing and reading them.

They are read strictly: what differs from the grammar by a single character is none.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from eth_utils.address import to_checksum_address

from domain.errors import ValidationError

STATEMENT: Final = "Sign in to ONE. This costs nothing and moves nothing."
LINKING: Final = "Sign in to ONE with this wallet from now on. This costs nothing and moves nothing."
SKEW: Final = timedelta(minutes=1)
"""How much clocks may differ."""

LONGEST: Final = 2_000
"""How many characters a message may have."""

MAX_CHAIN: Final = 2**53 - 1

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_TIME: Final = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})"
_MESSAGE: Final = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<domain>[A-Za-z0-9.:\[\]-]+) wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9a-fA-F]{40})\n\n"
    r"(?:(?P<statement>[\x20-\x7e]+)\n)?\n"
    r"URI: (?P<uri>[\x21-\x7e]+)\n"
    r"Version: 1\n"
    r"Chain ID: (?P<chain>[1-9][0-9]{0,15})\n"
    r"Nonce: (?P<nonce>[A-Za-z0-9]{8,128})\n"
    rf"Issued At: (?P<issued>{_TIME})"
    rf"(?:\nExpiration Time: (?P<expires>{_TIME}))?"
    rf"(?:\nNot Before: (?P<not_before>{_TIME}))?"
    r"(?:\nRequest ID: (?P<request>[\x21-\x7e]*))?"
    r"(?:\nResources:(?P<resources>(?:\n- [\x21-\x7e]+)*))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class WalletMessage:
    """What a message says. The address has the capitals of its checksum (EIP-55)."""

    scheme: str | None
    domain: str
    address: str
    uri: str
    chain_id: int
    nonce: str
    issued_at: datetime
    expires_at: datetime | None
    not_before: datetime | None = None

    def written(self, statement: str) -> str:
        """The message for a wallet to sign."""
        expires = "" if self.expires_at is None else f"\nExpiration Time: {_shown(self.expires_at)}"
        return (
            f"{self.domain} wants you to sign in with your Ethereum account:\n{self.address}\n\n{statement}\n\n"
            f"URI: {self.uri}\nVersion: 1\nChain ID: {self.chain_id}\nNonce: {self.nonce}\n"
            f"Issued At: {_shown(self.issued_at)}{expires}"
        )

    @property
    def bound(self) -> str:
        """What a nonce is given out for: with another one of these it is good for nothing."""
        return bound(self.domain, self.address, self.chain_id)

    def fits(self, origins: tuple[str, ...], at: datetime, lifetime: timedelta) -> bool:
        """Whether it is for a page of these origins, and good at that time, as long after it was issued."""
        uri = urlsplit(self.uri)
        origin = f"{uri.scheme}://{uri.netloc}"
        late = self.issued_at + lifetime + SKEW
        return (
            origin in origins
            and uri.netloc == self.domain
            and self.scheme in {None, uri.scheme}
            and self.issued_at - SKEW <= at < late
            and (self.expires_at is None or at < self.expires_at)
            and (self.not_before is None or self.not_before - SKEW <= at)
        )


def bound(domain: str, address: str, chain_id: int) -> str:
    """See WalletMessage."""
    return f"{domain} {address.lower()} {chain_id}"


def address_of(field: str, given: str) -> str:
    """An address with the capitals of its checksum. ValidationError where it is none, or has other capitals."""
    if not _ADDRESS.fullmatch(given):
        raise ValidationError(field, f"{field} takes an Ethereum address: 0x and 40 hexadecimal digits.")
    right = checksummed(given)
    if given not in {right, given.lower()}:
        raise ValidationError(field, f"The capitals of {field} are not those of its checksum (EIP-55): look again.")
    return right


def checksummed(address: str) -> str:
    """An address with the capitals of its checksum."""
    return to_checksum_address(address.lower())


def read(field: str, text: str) -> WalletMessage:
    """What a message says. ValidationError where it is none."""
    found = _MESSAGE.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise _none(field)
    try:
        issued_at, expires_at, not_before = (_time(found[name]) for name in ("issued", "expires", "not_before"))
        urlsplit(found["uri"])
    except ValueError as error:
        raise _none(field) from error
    if found["address"] != checksummed(found["address"]) or issued_at is None:
        raise _none(field)
    return WalletMessage(
        scheme=found["scheme"],
        domain=found["domain"],
        address=found["address"],
        uri=found["uri"],
        chain_id=int(found["chain"]),
        nonce=found["nonce"],
        issued_at=issued_at,
        expires_at=expires_at,
        not_before=not_before,
    )


def _none(field: str) -> ValidationError:
    return ValidationError(field, f"{field} takes the message that the beginning answered, to the letter (EIP-4361).")


def _shown(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
