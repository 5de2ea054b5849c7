"""Receipts of order lines, as clients see and give them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from domain import receipts as domain
from domain.errors import ValidationError
from domain.values import JSON, now
from schema.define import input_type, interface, object_type, one_of


@interface
class AnyReceipt:
    """What proves that the customer got a line of an order."""

    issued_at: datetime = strawberry.field(description="When the seller gave it.")


@object_type
class DownloadReceipt(AnyReceipt):
    """A link to download from."""

    url: str | None = strawberry.field(description="Where to download it; null once that has expired.")
    expires_at: datetime = strawberry.field(description="Until when the link is good.")


@object_type
class LicenceKeyReceipt(AnyReceipt):
    """A key that unlocks what was bought."""

    key: str = strawberry.field(description="The key as it is typed in.")


@object_type
class ShipmentReceipt(AnyReceipt):
    """Something that is on its way."""

    carrier: str = strawberry.field(description="Who brings it.")
    tracking: str = strawberry.field(description="The carrier's number for it.")


@object_type
class AppointmentReceipt(AnyReceipt):
    """A time at which it happens."""

    at: datetime = strawberry.field(description="When it begins.")
    place: str | None = strawberry.field(description="Where it is, or how to get there.")


Receipt: TypeAlias = Annotated[
    DownloadReceipt | LicenceKeyReceipt | ShipmentReceipt | AppointmentReceipt,
    strawberry.union("Receipt", description="What proves that the customer got a line: one of four kinds."),
]


def shown_receipt(
    stored: Mapping[str, JSON],
) -> DownloadReceipt | LicenceKeyReceipt | ShipmentReceipt | AppointmentReceipt:
    """A receipt that a line keeps."""
    issued_at = datetime.fromisoformat(str(stored["issuedAt"]))
    match domain.from_json(stored):
        case domain.Download(url, expires_at):
            return DownloadReceipt(issued_at=issued_at, url=url if expires_at > now() else None, expires_at=expires_at)
        case domain.LicenceKey(key):
            return LicenceKeyReceipt(issued_at=issued_at, key=key)
        case domain.Shipment(carrier, tracking):
            return ShipmentReceipt(issued_at=issued_at, carrier=carrier, tracking=tracking)
        case domain.Appointment(at, place):
            return AppointmentReceipt(issued_at=issued_at, at=at, place=place)


@input_type
class DownloadInput:
    """A link to download from."""

    url: str = strawberry.field(description="Where to download it, https://….")
    expires_at: datetime = strawberry.field(description="Until when the link is good.")


@input_type
class LicenceKeyInput:
    """A key that unlocks what was bought."""

    key: str = strawberry.field(description="The key as it is typed in: 1 to 1,000 characters.")


@input_type
class ShipmentInput:
    """Something that is on its way."""

    carrier: str = strawberry.field(description="Who brings it.")
    tracking: str = strawberry.field(description="The carrier's number for it.")


@input_type
class AppointmentInput:
    """A time at which it happens."""

    at: datetime = strawberry.field(description="When it begins.")
    place: str | None = strawberry.field(description="Where it is, or how to get there.", default=None)


@one_of
class ReceiptInput:
    """What proves that the customer got it: exactly one of these."""

    download: strawberry.Maybe[DownloadInput] = strawberry.field(description="It can be downloaded.")
    licence_key: strawberry.Maybe[LicenceKeyInput] = strawberry.field(description="A key unlocks it.")
    shipment: strawberry.Maybe[ShipmentInput] = strawberry.field(description="It was sent.")
    appointment: strawberry.Maybe[AppointmentInput] = strawberry.field(description="There is a time for it.")

    def to_domain(self) -> domain.Receipt:
        """As the services take it."""
        if self.download is not None:
            return domain.Download(self.download.value.url, self.download.value.expires_at)
        if self.licence_key is not None:
            return domain.LicenceKey(self.licence_key.value.key)
        if self.shipment is not None:
            return domain.Shipment(self.shipment.value.carrier, self.shipment.value.tracking)
        if self.appointment is not None:
            return domain.Appointment(self.appointment.value.at, self.appointment.value.place)
        raise ValidationError("receipt", "receipt takes one of its kinds.")
