"""A device with passkeys, by its own reading of WebAuthn Level 3, which does what a test wants of it instead."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from domain.values import JSON, JSONObject
from tests.accounts import SESSION, Accounts, SignedIn
from tests.client import Api

ORIGIN = "http://localhost:8000"
DOMAIN = "localhost"

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def b64(value: bytes) -> str:
    """In base64url, without padding."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def unb64(value: str) -> bytes:
    """From base64url, without padding."""
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


@dataclass
class Device:
    """A device with one passkey at most; `counts` is how far its counter goes with each use."""

    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    counter: int = 0
    counts: int = 1
    handle: bytes = b""

    def make(
        self, options: Mapping[str, JSON], *, origin: str = ORIGIN, domain: str = DOMAIN, verified: bool = True
    ) -> JSONObject:
        """A passkey for whom the options name, as a browser tells of it."""
        self.handle = unb64(str(cast("Mapping[str, JSON]", options["user"])["id"]))
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + public_key(self.key)
        data = self._data(domain, _ATTESTED | _PRESENT | (_VERIFIED if verified else 0)) + attested
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        response = {
            "clientDataJSON": b64(_said("webauthn.create", options, origin)),
            "attestationObject": b64(statement),
        }
        return self._credential({**response, "transports": ["internal", "hybrid", "of the future"]})

    def sign(
        self,
        options: Mapping[str, JSON],
        *,
        origin: str = ORIGIN,
        domain: str = DOMAIN,
        verified: bool = True,
        kind: str = "webauthn.get",
        handle: bytes | None = None,
        key: ec.EllipticCurvePrivateKey | None = None,
    ) -> JSONObject:
        """The challenge of the options, signed, as a browser tells of it."""
        self.counter += self.counts
        said = _said(kind, options, origin)
        data = self._data(domain, _PRESENT | (_VERIFIED if verified else 0))
        signature = (key or self.key).sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            {
                "clientDataJSON": b64(said),
                "authenticatorData": b64(data),
                "signature": b64(signature),
                "userHandle": b64(self.handle if handle is None else handle),
            }
        )

    def _data(self, domain: str, flags: int) -> bytes:
        return hashlib.sha256(domain.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4)

    def _credential(self, response: JSONObject) -> JSONObject:
        name = b64(self.credential_id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}


def public_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key that belongs to a key, as COSE writes it (RFC 9053)."""
    numbers = key.public_key().public_numbers()
    return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})


def _said(kind: str, options: Mapping[str, JSON], origin: str) -> bytes:
    said = {"type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": False}
    return json.dumps(said).encode()


METHOD = "method { id kind provider name lastUsedAt }"


async def begin(api: Api, mutation: str = "beginPasskeySignIn") -> Mapping[str, JSON]:
    """What a beginning answers."""
    asked = f"""mutation {{ answer: {mutation} {{ __typename
        ... on {mutation[0].upper()}{mutation[1:]}Success {{ options expiresAt }} ... on AppError {{ message }} }} }}"""
    return cast("Mapping[str, JSON]", (await api.ask(asked)).at("answer"))


async def options(api: Api, mutation: str = "beginPasskeySignIn") -> Mapping[str, JSON]:
    """The options that it answers."""
    answer = await begin(api, mutation)
    assert "options" in answer, answer
    return cast("Mapping[str, JSON]", answer["options"])


async def register(someone: SignedIn, credential: JSON, name: str = "Laptop") -> Mapping[str, JSON]:
    """What ending a registration answers."""
    given: JSONObject = {"credential": credential, "name": name}
    return await someone.api.change("completePasskeyRegistration", given, METHOD)


async def equip(someone: SignedIn, device: Device | None = None, name: str = "Laptop") -> tuple[Device, str]:
    """A device with a passkey of somebody, and the id of that."""
    device = device or Device()
    answer = await register(someone, device.make(await options(someone.api, "beginPasskeyRegistration")), name)
    assert answer["__typename"] == "CompletePasskeyRegistrationSuccess", answer
    return device, str(cast("Mapping[str, JSON]", answer["method"])["id"])


async def sign_in(accounts: Accounts, credential: JSON) -> Mapping[str, JSON]:
    """What signing in by what a device signed answers."""
    return await accounts.api.change("signInWithPasskey", {"credential": credential}, SESSION)


async def enable(someone: SignedIn) -> Mapping[str, JSON]:
    """What having the passkeys be a second factor answers."""
    asked = """mutation { answer: enableTwoFactor { __typename
        ... on EnableTwoFactorSuccess { recoveryCodes secondFactor { enabled } } ... on AppError { message } } }"""
    return cast("Mapping[str, JSON]", (await someone.api.ask(asked)).at("answer"))
