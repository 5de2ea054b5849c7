"""Receipts: what proves that the customer got a line of an order, of one of four kinds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from domain.values import JSON


@dataclass(frozen=True, slots=True)
class Download:
    """A link to download from until it expires."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LicenceKey:
    """A key that unlocks what was bought."""

    key: str


@dataclass(frozen=True, slots=True)
class Shipment:
    """Something that is on its way, by that carrier under that number."""

    carrier: str
    tracking: str


@dataclass(frozen=True, slots=True)
class Appointment:
    """A time at which it happens, and where."""

    at: datetime
    place: str | None = None


Receipt: TypeAlias = Download | LicenceKey | Shipment | Appointment


def to_json(receipt: Receipt, issued_at: datetime) -> Mapping[str, JSON]:
    """A receipt as a line of an order keeps it."""
    common: dict[str, JSON] = {"issuedAt": issued_at.isoformat()}
    match receipt:
        case Download(url, expires_at):
            return {**common, "kind": "download", "url": url, "expiresAt": expires_at.isoformat()}
        case LicenceKey(key):
            return {**common, "kind": "licence_key", "key": key}
        case Shipment(carrier, tracking):
            return {**common, "kind": "shipment", "carrier": carrier, "tracking": tracking}
        case Appointment(at, place):
            where: dict[str, JSON] = {} if place is None else {"place": place}
            return {**common, "kind": "appointment", "at": at.isoformat(), **where}


def from_json(value: Mapping[str, JSON]) -> Receipt:
    """The receipt that a line keeps."""
    match value["kind"]:
        case "download":
            return Download(str(value["url"]), datetime.fromisoformat(str(value["expiresAt"])))
        case "licence_key":
            return LicenceKey(str(value["key"]))
        case "shipment":
            return Shipment(str(value["carrier"]), str(value["tracking"]))
        case _:
            place = value.get("place")
            return Appointment(datetime.fromisoformat(str(value["at"])), None if place is None else str(place))
