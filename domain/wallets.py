"""Wallets: blockchain accounts that people sign in with, by signing a message (EIP-4361)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

MAX_WALLETS: Final = 20
"""How many wallets a person may sign in with."""


@dataclass(frozen=True, slots=True)
class BegunWallet:
    """What a wallet has to sign, to the letter, and until when."""

    message: str = field(repr=False)
    expires_at: datetime
