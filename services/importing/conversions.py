"""What the text of a column becomes. Every failure is a ValueError that says what would be right."""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final, TypeAlias

from domain.money import parse_minor
from domain.values import JSON
from services.importing.vocabulary import Conversion, ToMinor, ToMoney, ToSlug, ToTime, time_zone

Converter: TypeAlias = Callable[[JSON], JSON]

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,30}")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]{1,60}(?:\.[0-9]{0,60})?|\.[0-9]{1,60})")
_BOOLEANS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# Letters that Unicode does not take apart into a letter a-z and an accent.
_LETTERS: Final = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ł": "l"})
_NOT_SLUG: Final = re.compile(r"[^a-z0-9]+")


def converter(conversion: Conversion) -> Converter:
    """The function that converts a value which is something; it is never called for nothing."""
    match conversion:
        case ToMinor(minor=currency):
            return lambda value: parse_minor(to_decimal(value), currency)
        case ToMoney(money=currency):
            return lambda value: {"amount": parse_minor(to_decimal(value), currency), "currency": currency}
        case ToTime(time=form, zone=zone):
            return _time_in(form, time_zone(zone))
        case ToSlug(slug=separator):
            return lambda value: to_slug(value, separator)
        case _:
            return _PLAIN[conversion]


def to_text(value: JSON) -> str:
    """A text as it is, a number or a boolean as JSON writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise ValueError(f"{_shown(value)} is not a text")


def to_integer(value: JSON) -> int:
    """A whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = to_text(value).strip()
    if not _INTEGER.fullmatch(text):
        raise ValueError(f"{_shown(value)} is not a whole number")
    return int(text)


def to_decimal(value: JSON) -> Decimal:
    """An exact decimal number, written with a point and without an exponent."""
    text = to_text(value).strip()
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{_shown(value)} is not a decimal number")
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{_shown(value)} is not a decimal number") from error


def to_decimal_text(value: JSON) -> str:
    """An exact decimal number as text, without zeros that say nothing: 0.10 is 0.1."""
    text = format(to_decimal(value), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def to_number(value: JSON) -> float:
    """A floating-point number."""
    number = float(to_decimal(value))
    if not math.isfinite(number):
        raise ValueError(f"{_shown(value)} is too large a number")
    return number


def to_boolean(value: JSON) -> bool:
    """True, yes and 1, or false, no and 0."""
    found = _BOOLEANS.get(to_text(value).strip().lower())
    if found is None:
        raise ValueError(f"{_shown(value)} is not one of true, yes, 1, false, no and 0")
    return found


def to_time(value: JSON) -> str:
    """An ISO 8601 time in UTC, from one with an offset or one in UTC."""
    text = to_text(value).strip()
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{_shown(value)} is not an ISO 8601 time") from error
    return _in_utc(time, UTC)


def to_slug(value: JSON, separator: str = "-") -> str:
    """The letters a-z and the digits of a text, accents taken off, and `separator` between what they are parts of."""
    plain = unicodedata.normalize("NFKD", to_text(value).lower().translate(_LETTERS))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    slug = _NOT_SLUG.sub(separator, letters.replace("'", "")).strip(separator)
    if not slug:
        raise ValueError(f"{_shown(value)} has no letter a-z and no digit")
    return slug


def _time_in(form: str, zone: tzinfo) -> Converter:
    def convert(value: JSON) -> str:
        try:
            time = datetime.strptime(to_text(value).strip(), form)  # noqa: DTZ007 - the zone is given beside it
        except ValueError as error:
            raise ValueError(f"{_shown(value)} is not a time of the form {form}") from error
        return _in_utc(time, zone)

    return convert


def _in_utc(time: datetime, zone: tzinfo) -> str:
    if time.tzinfo is None:
        time = time.replace(tzinfo=zone)
    try:
        return time.astimezone(UTC).isoformat()
    except OverflowError as error:
        raise ValueError(f"{time.isoformat()} is outside the years 1 to 9999") from error


def _shown(value: JSON) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - what fits a line of a report


_PLAIN: Mapping[str, Converter] = MappingProxyType(
    {
        "text": to_text,
        "integer": to_integer,
        "number": to_number,
        "decimal": to_decimal_text,
        "boolean": to_boolean,
        "time": to_time,
        "slug": to_slug,
    }
)
