"""Whether a wallet signed a message: by its key, or, where it is a contract, by what the contract says (EIP-1271)."""

import asyncio
import re
from collections.abc import Mapping
from typing import Final, Protocol

from eth_utils.crypto import keccak

from domain.errors import ValidationError

MAX_SIGNATURE: Final = 4_096
"""How many bytes a signature may have: those of contracts have any form."""

VALID: Final = bytes.fromhex("1626ba7e")
"""What a contract answers to the question of that name where a signature is right, and the name itself."""

_HEX: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})+")
_OF_A_KEY: Final = 65
_WORD: Final = 32


class Chain(Protocol):
    """A chain that can be asked."""

    async def call(self, address: str, data: bytes) -> bytes:
        """What a contract answers at the latest block; empty where it answers nothing, or refuses to.

        NetworkError where nobody can be asked.
        """


def signature_of(field: str, given: str) -> bytes:
    """A signature. ValidationError where it is none."""
    if len(given) > 2 + 2 * MAX_SIGNATURE or not _HEX.fullmatch(given):
        raise ValidationError(field, f"{field} takes 0x and the hexadecimal digits of at most {MAX_SIGNATURE} bytes.")
    return bytes.fromhex(given[2:])


async def is_signed_by(address: str, message: str, signature: bytes, chain: Chain | None) -> bool:
    """Whether the wallet at that address signed the message; the chain is asked where no key of that address did.

    NetworkError where it cannot be asked.
    """
    # The libraries take most of a second to load, and without coincurve a signature takes some milliseconds.
    if len(signature) == _OF_A_KEY and await asyncio.to_thread(_signer, message, signature) == address:
        return True
    if chain is None:
        return False
    answer = await chain.call(address, _question(message, signature))
    return answer == VALID.ljust(_WORD, b"\0")


def _signer(message: str, signature: bytes) -> str | None:
    # Only who has a wallet should wait for these to load.
    from eth_account import Account  # noqa: PLC0415
    from eth_account.messages import encode_defunct  # noqa: PLC0415

    try:
        return str(Account.recover_message(encode_defunct(text=message), signature=signature))
    except Exception:  # noqa: BLE001 - the libraries raise what they happen upon in what anybody may send
        return None


def _question(message: str, signature: bytes) -> bytes:
    """isValidSignature(bytes32, bytes) as a contract reads it: the hash, where the bytes begin, their length, they."""
    text = message.encode()
    hashed = keccak(b"\x19Ethereum Signed Message:\n" + str(len(text)).encode() + text)
    padded = signature.ljust(-(-len(signature) // _WORD) * _WORD, b"\0")
    return VALID + hashed + (2 * _WORD).to_bytes(_WORD) + len(signature).to_bytes(_WORD) + padded


Chains = Mapping[int, Chain]
"""The chains that can be asked, by their ids."""
