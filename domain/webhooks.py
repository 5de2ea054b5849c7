"""Webhooks: the addresses of partners, what is sent to them, and which addresses nothing is ever sent to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from domain.errors import ValidationError
from domain.events import Event, EventType

WEBHOOK: Final = "webhook"
"""The type of the thing that a webhook is."""

MAX_URL: Final = 2_000

OF_WEBHOOKS: Final = "webhook_"
"""How the types of events begin that no webhook is told of: two that fail would tell each other so for ever."""

_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class WebhookState(StrEnum):
    """Whether events are sent to a webhook."""

    ACTIVE = "active"
    PAUSED = "paused"


class WebhookPause(StrEnum):
    """Why nothing is sent to a webhook."""

    ASKED = "asked"
    FAILING = "failing"
    GONE = "gone"


class WebhookDeliveryState(StrEnum):
    """How far an event has come on its way to a webhook."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to send an event: without an `error` it was taken. `answer` is how the answer began."""

    at: datetime
    milliseconds: int
    status: int | None = None
    error: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """An event on its way to a webhook; `due_at` is None while an earlier one of the same object is on its way."""

    id: str
    webhook_id: str
    event_id: str
    state: WebhookDeliveryState
    tried: int
    attempts: Sequence[Attempt]
    due_at: datetime | None
    created_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class WebhookStatus:
    """How a webhook works just now; `position` is the place in the log up to which its events were taken up."""

    webhook_id: str
    state: WebhookState
    below: bool
    pause: WebhookPause | None
    paused_at: datetime | None
    failing_since: datetime | None
    former_until: datetime | None
    waiting: int
    position: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to a webhook, signed; nothing of it is in a log."""

    url: str = field(repr=False)
    headers: Sequence[tuple[str, str]] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a webhook answered: a status, the beginning of the body, and in how many seconds it wants to be asked again.

    Without a status `error` says in words why there is none.
    """

    status: int | None
    error: str | None = None
    answer: str | None = None
    retry_after: float | None = None

    @property
    def taken(self) -> bool:
        """Whether the event arrived."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - the successes of HTTP


@dataclass(frozen=True, slots=True)
class Due:
    """An event to send: where it stands in the log, and the delivery that it is for. None where it is gone, or hidden.

    `since` counts the tries since it began, or was replayed.
    """

    delivery: WebhookDelivery
    lane: str
    since: int
    event: Event | None
    position: int | None


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the internet, also where IPv6 only wraps another in it."""
    if isinstance(address, IPv6Address):
        wrapped = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            wrapped.append(IPv4Address(int(address) & 0xFFFF_FFFF))
        inner = [each for each in wrapped if each is not None]
        if inner:
            return all(is_public(each) for each in inner)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def is_allowed(address: str, *, loopback: bool) -> bool:
    """Whether something may be sent to an address; to this machine only where `loopback` is allowed."""
    try:
        # A zone, as in fe80::1%eth0, is of this machine's networks.
        found = ip_address(address)
    except ValueError:
        return False
    return is_public(found) or (loopback and found.is_loopback)


def checked_url(field_name: str, url: str, *, loopback: bool) -> str:
    """The address of a webhook. ValidationError where nothing can be sent there; what its name stands for comes later.

    Plain HTTP is for this machine, and only where `loopback` is allowed.
    """
    if len(url) > MAX_URL or not url.isprintable() or not url.isascii() or " " in url or "\\" in url:
        raise ValidationError(field_name, f"{field_name} takes an address of at most {MAX_URL} ASCII characters.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    local = loopback and host in _LOOPBACK_NAMES
    if not host or not (parts.scheme == "https" or (local and parts.scheme == "http")):
        raise ValidationError(field_name, f"{field_name} takes an address that begins with https://.")
    if parts.username is not None or parts.password is not None or "#" in url:
        raise ValidationError(field_name, f"{field_name} takes an address without a user, a password and a #.")
    named = host.rstrip(".")
    private = named == "localhost" or named.endswith((".localhost", ".local", ".internal"))
    try:
        private = private or not is_public(ip_address(named))
    except ValueError:
        private = private or "." not in named
    if private and not local:
        raise ValidationError(field_name, f"{field_name} takes an address on the internet; {host[:100]} is none.")
    return url


def host_of(url: object) -> str:
    """The host of an address, for those who may not know the rest of it."""
    try:
        return urlsplit(str(url)).hostname or ""
    except ValueError:
        return ""


def is_told(event_type: str) -> bool:
    """Whether webhooks may be told of events of that type."""
    return not event_type.startswith(OF_WEBHOOKS)


TOLD: Final = tuple(each for each in EventType if is_told(each))
"""The types of events that a webhook may ask for."""
