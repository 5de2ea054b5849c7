"""Products as their own mutations take them: the same changes as those of any thing, with fields and money of a type.

What is wrong is named by its place in their input, in which there is no `properties`.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from domain.access import Caller
from domain.changes import KEEP, Change
from domain.errors import ConflictError, NotFoundError, ValidationError
from domain.ids import NodeKind
from domain.products import PRODUCT
from domain.things import Thing, ThingStatus
from domain.values import JSON
from services import validation
from services.access import Action, authorize
from services.changes import Changes, thing_again
from services.idempotency import Making
from services.money import GivenMoney
from services.product_rules import is_product
from services.things import NewThing, ThingChanges

_PROPERTIES: Final = "properties."
_DETAILS: Final = "details."


@dataclass(frozen=True, slots=True)
class Picture:
    """A file that a product shows, and what is on it, in words."""

    file_id: str
    alt: str | None


@dataclass(frozen=True, slots=True)
class Details:
    """What can be said of products of one category alone."""

    category: str
    fields: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class ProductFields:
    """What to say of a product; None is to say nothing of it any more."""

    category: Change[str] = KEEP
    description: Change[str | None] = KEEP
    sku: Change[str | None] = KEEP
    slug: Change[str] = KEEP
    price: Change[GivenMoney] = KEEP
    sale_price: Change[GivenMoney | None] = KEEP
    stock: Change[int | None] = KEEP
    unit: Change[str | None] = KEEP
    images: Change[Sequence[Picture]] = KEEP
    files: Change[Sequence[str]] = KEEP
    details: Change[Details | None] = KEEP

    def patch(self) -> Mapping[str, JSON]:
        """The properties that these are, of which null ones go. ValidationError."""
        found: dict[str, JSON] = {}
        for name in ("category", "description", "sku", "slug", "stock", "unit"):
            if (value := getattr(self, name)) is not KEEP:
                found[name] = value
        if self.price is not KEEP:
            found["price"] = _money("price", self.price)
        if self.sale_price is not KEEP:
            found["salePrice"] = None if self.sale_price is None else _money("salePrice", self.sale_price)
        if self.images is not KEEP:
            found["images"] = [_picture(each) for each in self.images] or None
        if self.files is not KEEP:
            found["files"] = list(self.files) or None
        if self.details is not KEEP:
            found["details"] = None if self.details is None else self.details.fields
        return found


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product to create."""

    group_id: str
    name: str
    status: ThingStatus
    fields: ProductFields


@dataclass(frozen=True, slots=True)
class ProductChange:
    """What to change of a product."""

    id: str
    version: int
    name: Change[str]
    status: Change[ThingStatus]
    fields: ProductFields


class ProductChanges:
    """Does them."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    async def create(self, caller: Caller, new: NewProduct, key: str | None = None) -> Thing:
        """Add a product to a group."""
        authorize(caller, Action.CREATE_THING)
        async with _named_as_given(new.fields):
            _check_details(new.fields, new.fields.category)
            given = {name: value for name, value in new.fields.patch().items() if value is not None}
            thing = NewThing(new.group_id, PRODUCT, new.name, new.status, given)
            work = await self._changes.creations.creating(caller, thing)
            return await self._changes.do_once(caller, CREATE_PRODUCT, key, thing, work)

    async def update(self, caller: Caller, change: ProductChange) -> Thing:
        """Change some of a product. ConflictError where it changed since the version."""
        authorize(caller, Action.UPDATE_THING)
        validation.identifier("id", change.id, NodeKind.THING)
        if not is_product(change.id):
            raise NotFoundError(PRODUCT, change.id)
        async with _named_as_given(change.fields):
            _check_details(change.fields, change.fields.category)
            patch = change.fields.patch()
            validation.json_object("properties", patch)
            changes = ThingChanges(change.name, change.status, patch=patch or KEEP)
            work = self._changes.things.updating(caller, change.id, change.version, changes)
            return await self._changes.do(work)


def _money(field: str, given: GivenMoney) -> JSON:
    money = given.checked(field)
    return {"amount": int(money.minor), "currency": money.currency}


def _picture(picture: Picture) -> JSON:
    return {"fileId": picture.file_id} if picture.alt is None else {"fileId": picture.file_id, "alt": picture.alt}


def _check_details(fields: ProductFields, category: Change[str]) -> None:
    if fields.details is KEEP or fields.details is None or category is KEEP:
        return
    if fields.details.category != category:
        raise ValidationError("details", f"details takes what can be said of a {category}.")


@asynccontextmanager
async def _named_as_given(fields: ProductFields) -> AsyncIterator[None]:
    details = fields.details
    within = "" if details is KEEP or details is None else f"{details.category}."

    def given(field: str) -> str:
        name = field.removeprefix(_PROPERTIES)
        return f"{_DETAILS}{within}{name.removeprefix(_DETAILS)}" if name.startswith(_DETAILS) else name

    try:
        yield
    except ValidationError as error:
        raise ValidationError(given(error.field), error.message.replace(error.field, given(error.field))) from error
    except ConflictError as error:
        if error.field is None:
            raise
        raise ConflictError(error.message.replace(error.field, given(error.field)), field=given(error.field)) from error


CREATE_PRODUCT: Final[Making[Thing]] = Making("createProduct", lambda made: made.id, thing_again)
