"""What holds for things of some types beyond their schema: when they are made, and when they change."""

from domain.errors import ValidationError
from domain.files import FILE, FIXED, STORED, is_stored
from domain.products import PRODUCT
from domain.things import Thing
from services.product_rules import check_product


def check_made(thing: Thing) -> None:
    """See that somebody may make such a thing. ValidationError."""
    if thing.type == FILE and STORED in thing.properties:
        raise ValidationError(f"properties.{STORED}", "A file that this server keeps comes by uploadFile.")
    if thing.type == PRODUCT:
        check_product(thing)


def check_changed(before: Thing, after: Thing) -> None:
    """See that somebody may change the one into the other. ValidationError."""
    if after.type == FILE:
        _check_file(before, after)
    if after.type == PRODUCT:
        check_product(after)


def _check_file(before: Thing, after: Thing) -> None:
    fixed = FIXED if is_stored(before) else (STORED,)
    for name in fixed:
        if before.properties.get(name) != after.properties.get(name):
            raise ValidationError(
                f"properties.{name}", f"{name} says what this server keeps, and stays as it is: upload another file."
            )
