"""What can be said of products of one category alone, as clients see it."""

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias, cast

import strawberry

from domain.values import JSON
from schema.define import input_type, object_type, one_of
from schema.enums import BillingInterval, CourseLevel
from services.product_changes import Details
from services.validation import client_name


@object_type
class CourseDetails:
    """What can be said of a course alone."""

    lessons: int | None = strawberry.field(description="How many lessons it has.")
    duration_minutes: int | None = strawberry.field(description="How many minutes all of it takes.")
    level: CourseLevel | None = strawberry.field(description="Whom it is for.")
    language: str | None = strawberry.field(description="The language that it is in, such as `en`.")


@object_type
class TemplateDetails:
    """What can be said of a template alone."""

    format: str | None = strawberry.field(description="What it is for, such as `Figma` or `Word`.")
    pages: int | None = strawberry.field(description="How many pages it has.")
    licence: str | None = strawberry.field(description="What may be done with it.")


@object_type
class MembershipDetails:
    """What can be said of a membership alone."""

    interval: BillingInterval | None = strawberry.field(description="How often it is paid for.")
    trial_days: int | None = strawberry.field(description="How many days are free at first.")
    benefits: list[str] | None = strawberry.field(description="What members have of it: up to 20.")


@object_type
class ConsultationDetails:
    """What can be said of a consultation alone."""

    duration_minutes: int | None = strawberry.field(description="How many minutes it takes.")
    online: bool | None = strawberry.field(description="Whether it is held online.")
    place: str | None = strawberry.field(description="Where it is held, if not online.")


@object_type
class NftDetails:
    """What can be said of an NFT alone."""

    chain_id: int | None = strawberry.field(description="The chain, by its number: 8453 is Base.")
    contract: str | None = strawberry.field(description="Its contract: 0x and 40 hexadecimal digits.")
    token_id: str | None = strawberry.field(description="Its number in the contract, in decimal digits.")


@object_type
class ApiAccessDetails:
    """What can be said of access to an API alone."""

    calls_per_month: int | None = strawberry.field(description="How many calls a month it is good for.")
    calls_per_minute: int | None = strawberry.field(description="How many calls a minute at the most.")


@object_type
class ServiceDetails:
    """What can be said of a service alone."""

    duration_minutes: int | None = strawberry.field(description="How many minutes it takes.")
    delivery_days: int | None = strawberry.field(description="Within how many days it is done.")
    online: bool | None = strawberry.field(description="Whether it is done online.")


@object_type
class PhysicalDetails:
    """What can be said of something that is sent alone."""

    weight_grams: int | None = strawberry.field(description="What it weighs, in grams.")
    width_millimetres: int | None = strawberry.field(description="How wide it is, in millimetres.")
    height_millimetres: int | None = strawberry.field(description="How high it is, in millimetres.")
    depth_millimetres: int | None = strawberry.field(description="How deep it is, in millimetres.")


AnyDetails: TypeAlias = (
    CourseDetails
    | TemplateDetails
    | MembershipDetails
    | ConsultationDetails
    | NftDetails
    | ApiAccessDetails
    | ServiceDetails
    | PhysicalDetails
)
ProductDetails: TypeAlias = Annotated[
    AnyDetails,
    strawberry.union("ProductDetails", description="What can be said of a product of its category alone."),
]
_SHOWN: Final[Mapping[str, type]] = {
    "course": CourseDetails,
    "template": TemplateDetails,
    "membership": MembershipDetails,
    "consultation": ConsultationDetails,
    "nft": NftDetails,
    "api_access": ApiAccessDetails,
    "service": ServiceDetails,
    "physical": PhysicalDetails,
}


def shown_details(category: str, stored: Mapping[str, JSON]) -> AnyDetails:
    """The details of a product of that category, as it keeps them."""
    kind = _SHOWN[category]
    return cast("AnyDetails", kind(**{name: stored.get(client_name(name)) for name in kind.__annotations__}))


@input_type
class CourseDetailsInput:
    """What to say of a course."""

    lessons: int | None = strawberry.field(description="How many lessons it has.", default=None)
    duration_minutes: int | None = strawberry.field(description="How many minutes all of it takes.", default=None)
    level: CourseLevel | None = strawberry.field(description="Whom it is for.", default=None)
    language: str | None = strawberry.field(description="The language that it is in, such as `en`.", default=None)


@input_type
class TemplateDetailsInput:
    """What to say of a template."""

    format: str | None = strawberry.field(description="What it is for, such as `Figma` or `Word`.", default=None)
    pages: int | None = strawberry.field(description="How many pages it has.", default=None)
    licence: str | None = strawberry.field(description="What may be done with it.", default=None)


@input_type
class MembershipDetailsInput:
    """What to say of a membership."""

    interval: BillingInterval | None = strawberry.field(description="How often it is paid for.", default=None)
    trial_days: int | None = strawberry.field(description="How many days are free at first.", default=None)
    benefits: list[str] | None = strawberry.field(description="What members have of it: up to 20.", default=None)


@input_type
class ConsultationDetailsInput:
    """What to say of a consultation."""

    duration_minutes: int | None = strawberry.field(description="How many minutes it takes.", default=None)
    online: bool | None = strawberry.field(description="Whether it is held online.", default=None)
    place: str | None = strawberry.field(description="Where it is held, if not online.", default=None)


@input_type
class NftDetailsInput:
    """What to say of an NFT."""

    chain_id: int | None = strawberry.field(description="The chain, by its number: 8453 is Base.", default=None)
    contract: str | None = strawberry.field(description="Its contract: 0x and 40 hexadecimal digits.", default=None)
    token_id: str | None = strawberry.field(description="Its number in the contract, in decimal digits.", default=None)


@input_type
class ApiAccessDetailsInput:
    """What to say of access to an API."""

    calls_per_month: int | None = strawberry.field(description="How many calls a month it is good for.", default=None)
    calls_per_minute: int | None = strawberry.field(description="How many calls a minute at the most.", default=None)


@input_type
class ServiceDetailsInput:
    """What to say of a service."""

    duration_minutes: int | None = strawberry.field(description="How many minutes it takes.", default=None)
    delivery_days: int | None = strawberry.field(description="Within how many days it is done.", default=None)
    online: bool | None = strawberry.field(description="Whether it is done online.", default=None)


@input_type
class PhysicalDetailsInput:
    """What to say of something that is sent."""

    weight_grams: int | None = strawberry.field(description="What it weighs, in grams.", default=None)
    width_millimetres: int | None = strawberry.field(description="How wide it is, in millimetres.", default=None)
    height_millimetres: int | None = strawberry.field(description="How high it is, in millimetres.", default=None)
    depth_millimetres: int | None = strawberry.field(description="How deep it is, in millimetres.", default=None)


@one_of
class ProductDetailsInput:
    """What to say of a product of its category alone: exactly one of these, all of which replaces what there was."""

    course: strawberry.Maybe[CourseDetailsInput] = strawberry.field(description="It is a course.")
    template: strawberry.Maybe[TemplateDetailsInput] = strawberry.field(description="It is a template.")
    membership: strawberry.Maybe[MembershipDetailsInput] = strawberry.field(description="It is a membership.")
    consultation: strawberry.Maybe[ConsultationDetailsInput] = strawberry.field(description="It is a consultation.")
    nft: strawberry.Maybe[NftDetailsInput] = strawberry.field(description="It is an NFT.")
    api_access: strawberry.Maybe[ApiAccessDetailsInput] = strawberry.field(description="It is access to an API.")
    service: strawberry.Maybe[ServiceDetailsInput] = strawberry.field(description="It is a service.")
    physical: strawberry.Maybe[PhysicalDetailsInput] = strawberry.field(description="It is something that is sent.")

    def to_domain(self) -> Details:
        """As the services take it."""
        [(category, given)] = [(name, each.value) for name in _SHOWN if (each := getattr(self, name)) is not None]
        fields = {client_name(name): getattr(given, name) for name in type(given).__annotations__}
        return Details(category, {name: value for name, value in fields.items() if value is not None})
