"""Secrets that have to be read again: encrypted in the store, under keys that the store does not hold.

AES-256-GCM from `cryptography`, with a random nonce each. What a secret is for, whose it is and the key that it is
under are associated data, so that a ciphertext which is moved to another owner or another use does not decrypt.
Fernet has no associated data, and would leave that to whoever reads the plaintext.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import StoreError

KEY_BYTES: Final = 32
"""How long a key is."""

_NONCE_BYTES: Final = 12
_VERSION: Final = "one1"
_SEALED: Final = re.compile(rf"{_VERSION}\.([0-9a-f]{{12}})\.[A-Za-z0-9_=-]+", re.ASCII)


class SecretKeyError(StoreError):
    """A secret cannot be decrypted; the message is for an operator and holds no secret."""


class Purpose(StrEnum):
    """What a secret is for."""

    TOTP = "totp"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret that is encrypted, and the id of the key that it is under."""

    text: str
    key_id: str


class SecretBox:
    """Encrypts with the first of some keys, and decrypts with all of them."""

    def __init__(self, keys: Sequence[bytes] = ()) -> None:
        """Without a key it can do neither. ValueError where a key has not 32 bytes."""
        if any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"a key has {KEY_BYTES} bytes")
        self._keys = {key_id(key): AESGCM(key) for key in keys}
        self._first = key_id(keys[0]) if keys else None
        self._signing = [hmac.digest(key, b"one signatures", "sha256") for key in keys]

    @property
    def first(self) -> str | None:
        """The id of the key that encrypts, if there is one."""
        return self._first

    @property
    def key_ids(self) -> frozenset[str]:
        """The ids of all keys."""
        return frozenset(self._keys)

    def seal(self, secret: bytes, purpose: Purpose, owner_id: str) -> Sealed:
        """Encrypt the secret of a person, or of a thing. SecretKeyError where there is no key."""
        if self._first is None:
            raise SecretKeyError("There is no key to encrypt a secret with: set ONE_SECRET_KEYS.")
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._keys[self._first].encrypt(nonce, secret, _bound(self._first, purpose, owner_id))
        text = base64.urlsafe_b64encode(nonce + sealed).decode()
        return Sealed(f"{_VERSION}.{self._first}.{text}", self._first)

    def unseal(self, text: str, purpose: Purpose, owner_id: str) -> bytes:
        """The secret of a person, or of a thing.

        SecretKeyError where its key is not there, or it is not what was encrypted for that.
        """
        used = key_id_of(text)
        key = self._keys.get(used)
        if key is None:
            raise missing_key({used: 1})
        try:
            content = base64.urlsafe_b64decode(text.rpartition(".")[2])
            return key.decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], _bound(used, purpose, owner_id))
        except (InvalidTag, ValueError):
            # The cause would say no more, and its traceback holds the key.
            raise SecretKeyError(
                f"The {purpose} secret of {owner_id} is not what was encrypted: somebody changed it in the store."
            ) from None

    def sign(self, message: bytes) -> str | None:
        """What proves that a message is ours, by the first key; None where there is none."""
        return _signature(self._signing[0], message) if self._signing else None

    def is_signed(self, message: bytes, signature: str) -> bool:
        """Whether that is the signature of a message by one of the keys."""
        given = signature.encode()
        return any(hmac.compare_digest(_signature(key, message).encode(), given) for key in self._signing)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as a setting takes it."""

    text: str = field(repr=False)

    @classmethod
    def make(cls) -> "NewKey":
        """A random one."""
        return cls(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode())


def read_key(text: str) -> bytes:
    """The key that a text in base64 stands for. ValueError, without the text, where it is none."""
    try:
        padded = text.strip().rstrip("=") + "="
        key = base64.b64decode(padded.replace("+", "-").replace("/", "_"), altchars=b"-_", validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("takes keys of 32 bytes in base64, by commas: `one secrets new-key` makes one")
    if len(set(key)) < KEY_BYTES // 2:
        raise ValueError("takes keys that are random: `one secrets new-key` makes one")
    return key


def key_id(key: bytes) -> str:
    """What tells a key from others, and nothing about it."""
    return hashlib.sha256(b"one secret key " + key).hexdigest()[:12]


def key_id_of(text: str) -> str:
    """The id of the key that a secret is encrypted under; empty where it is not encrypted."""
    sealed = _SEALED.fullmatch(text)
    return sealed[1] if sealed else ""


def missing_key(totals: dict[str, int]) -> SecretKeyError:
    """The error of secrets under keys that are not there: how many are under which."""
    counted = ", ".join(f"{total:,} under the key {used[:12]!r}" for used, total in sorted(totals.items()))
    return SecretKeyError(
        f"The store has secrets under keys that ONE_SECRET_KEYS does not have: {counted}. "
        "Put those keys back, behind the first; `one secrets rotate` makes them needless."
    )


def _signature(key: bytes, message: bytes) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, message, "sha256")).decode().rstrip("=")


def _bound(used: str, purpose: Purpose, owner_id: str) -> bytes:
    return f"{_VERSION} {used} {purpose} {owner_id}".encode()
