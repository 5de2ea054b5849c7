"""What holds for products beyond the schema of their type, however somebody makes or changes them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

from domain.errors import AppError, ConflictError, ValidationError
from domain.events import EventType
from domain.files import IMAGES
from domain.ids import EVENT_PREFIX, new_id, thing_prefix
from domain.product_details import NEEDED
from domain.products import PRODUCT, delivered, shown
from domain.slugs import free_slug, slug_of
from domain.things import Thing, ThingStatus
from domain.values import JSON
from graph import products
from graph.locks import LockedRow
from graph.store import Transaction
from graph.thing_changes import ThingInUse
from services.rights import Rights, needed_role

SLUG: Final = "slug"


def is_product(identifier: str) -> bool:
    """Whether that is the id of a product."""
    return identifier.startswith(f"{thing_prefix(PRODUCT)}_")


def check_product(thing: Thing) -> None:
    """See that a product is as it may be. ValidationError."""
    properties = thing.properties
    price, sale = (cast("Mapping[str, JSON] | None", properties.get(name)) for name in ("price", "salePrice"))
    if price is not None and sale is not None and price["currency"] != sale["currency"]:
        path = "properties.salePrice.currency"
        raise ValidationError(path, f"{path} takes the currency of the price, {price['currency']}.")
    ids = shown(properties)
    if len(set(ids)) < len(ids):
        raise ValidationError("properties.images", "properties.images takes each file once.")
    if thing.status is ThingStatus.PUBLISHED:
        details = cast("Mapping[str, JSON]", properties.get("details", {}))
        category = str(properties["category"])
        missing = [name for name in NEEDED.get(category, ()) if name not in details]
        if missing:
            raise ValidationError(
                f"properties.details.{missing[0]}",
                f"A {category} is published with its {', '.join(missing)}, which properties.details has to say.",
            )


def told_of(before: ThingStatus | None, thing: Thing) -> EventType | None:
    """What else is told of a product that was, or was not there, and now is so; None of all other things."""
    if thing.type != PRODUCT or before is thing.status:
        return None
    if thing.status is ThingStatus.PUBLISHED:
        return EventType.PRODUCT_PUBLISHED
    return EventType.PRODUCT_ARCHIVED if thing.status is ThingStatus.ARCHIVED else None


def thing_in_use(identifier: str) -> ThingInUse:
    """A thing to archive with its group, of which that is told, and of a product that nobody can buy it any more."""
    event_id = new_id(EVENT_PREFIX)
    return ThingInUse(id=identifier, eventId=event_id, alsoId=new_id(EVENT_PREFIX) if is_product(identifier) else None)


async def with_slugs(transaction: Transaction, things: Sequence[Thing]) -> list[Thing | AppError]:
    """New things, of which each product has a slug now: its own, or one that its name makes.

    Their groups are locked. ConflictError in place of a product whose own slug another one of its group has.
    """
    wished = {each.id: _wish(each) for each in things if each.type == PRODUCT}
    if not wished:
        return list(things)
    asked = [(each.group_id, wished[each.id]) for each in things if each.id in wished]
    taken = await products.slugs_like(transaction, asked)
    taken_error = ConflictError("Another product of this group has this slug.", field=f"properties.{SLUG}")
    outcomes: dict[str, Thing | AppError] = dict.fromkeys(wished, taken_error)
    # Those that are given go first, so that none that is made stands in their way.
    for each in sorted(things, key=lambda thing: SLUG not in thing.properties):
        if each.id not in wished:
            continue
        others = taken.setdefault(each.group_id, set())
        slug = wished[each.id] if SLUG in each.properties else free_slug(wished[each.id], others)
        if slug not in others:
            outcomes[each.id] = replace(each, properties={**each.properties, SLUG: slug})
        others.add(slug)
    return [outcomes.get(each.id, each) for each in things]


def _wish(product: Thing) -> str:
    return str(product.properties.get(SLUG) or slug_of(product.name, PRODUCT))


def keeping_slug(product: Thing, properties: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """New properties of a product, which keeps its slug where they do not name one; those of another thing."""
    slug = product.properties.get(SLUG) if product.type == PRODUCT else None
    return properties if slug is None or SLUG in properties else {**properties, SLUG: slug}


def new_files(before: Thing | None, thing: Thing) -> set[str]:
    """The ids of the files that a product shows, or delivers, and did not show, or deliver, before."""
    if thing.type != PRODUCT:
        return set()
    old: Mapping[str, JSON] = {} if before is None else before.properties
    pictures = {*shown(thing.properties)} - {*shown(old)}
    return pictures | ({*delivered(thing.properties)} - {*delivered(old)})


async def refused_files(
    transaction: Transaction, rights: Rights, wanted: Iterable[tuple[Thing, set[str]]], locked: Mapping[str, LockedRow]
) -> dict[str, AppError]:
    """Why some of these products may not show or deliver files that are new to them and locked, by their ids.

    A product gives files to whom they are not shown otherwise: so it takes the right to change each of them.
    """
    by_product = [(thing, new & locked.keys()) for thing, new in wanted]
    ids = {file_id for _, new in by_product for file_id in new}
    if not ids:
        return {}
    held = await rights.roles(transaction, {str(locked[each]["groupId"]) for each in ids})
    kinds = await products.media_types(transaction, ids)
    refused: dict[str, AppError] = {}
    for thing, new in by_product:
        groups = sorted({str(locked[each]["groupId"]) for each in new})
        error = rights.refusal(held, groups, needed_role(rights.action, "file"))
        path = _no_picture(thing, new, kinds)
        if error is not None:
            refused[thing.id] = error
        elif path is not None:
            refused[thing.id] = ValidationError(
                path, f"{path} takes a file of one of these: {', '.join(sorted(IMAGES))}."
            )
    return refused


def _no_picture(thing: Thing, new: set[str], kinds: Mapping[str, str]) -> str | None:
    for index, file_id in enumerate(shown(thing.properties)):
        if file_id in new and kinds.get(file_id) not in IMAGES:
            return f"properties.images.{index}.fileId"
    return None
