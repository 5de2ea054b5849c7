"""Passkeys: what a device, or the account that it belongs to, signs with once it has made sure who holds it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.values import JSONObject

MAX_PASSKEYS: Final = 20
"""How many passkeys a person may have."""


@dataclass(frozen=True, slots=True)
class BegunPasskey:
    """What a browser makes or uses a passkey by, in the JSON form of WebAuthn Level 3, and until when it is good."""

    options: JSONObject
    expires_at: datetime
