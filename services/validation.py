"""What input has to look like. Every failure names the field and says what would be right."""

import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, cast

import jsonschema_rs
import orjson

from domain.errors import ValidationError
from domain.ids import NodeKind, kind_of
from domain.people import SERVICE_DOMAIN
from domain.values import JSON, JSONObject

MAX_NAME = 200
MAX_TEXT = 10_000
MAX_LOCALE = 35
MAX_DOCUMENT = 1_000_000
MAX_JSON_BYTES = 64 * 1024
MAX_JSON_DEPTH = 32
MAX_SAFE_INTEGER: Final = 2**53 - 1

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,59}")

# What nobody sees in a name and what makes two names look the same, or one look like another: controls of direction,
# spaces and joiners without width, soft hyphens, letters that are blank, and separators of lines.
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_JOINERS = "\u200c\u200d"
# Tag characters are right in the flags of regions: https://www.unicode.org/reports/tr51/#emoji_tag_sequence
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
# Scripts whose words need joiners: https://www.unicode.org/reports/tr31/#Layout_and_Format_Control_Characters
_JOINED = frozenset(
    "ARABIC SYRIAC MONGOLIAN NKO DEVANAGARI BENGALI GURMUKHI GUJARATI ORIYA TAMIL TELUGU KANNADA MALAYALAM SINHALA "
    "TIBETAN MYANMAR KHMER BALINESE JAVANESE SUNDANESE THAANA MANDAIC".split()
)


def client_name(attribute: str) -> str:
    """The name of an attribute as clients write it: `joinPolicy` for join_policy."""
    first, *others = attribute.split("_")
    return first + "".join(other.capitalize() for other in others)


def identifier(field: str, value: str, *kinds: NodeKind) -> str:
    """An id of one of the kinds."""
    kind = kind_of(value)
    if kind not in kinds:
        wanted = " or ".join(_with_article(each) for each in kinds)
        found = "not an id at all" if kind is None else f"the id of {_with_article(kind)}"
        raise ValidationError(field, f"{field} takes the id of {wanted}; this is {found}.")
    return value


def _with_article(kind: NodeKind) -> str:
    return "an event" if kind is NodeKind.EVENT else "knowledge" if kind is NodeKind.KNOWLEDGE else f"a {kind}"


def name(field: str, value: str) -> str:
    """One line of text in any script, trimmed: 1 to 200 characters, all of which somebody can see."""
    value = unicodedata.normalize("NFC", value).strip()
    if not value or len(value) > MAX_NAME:
        raise ValidationError(field, f"{field} takes 1 to {MAX_NAME} characters; this has {len(value)}.")
    _refuse_unprintable(field, value, allowed="")
    _refuse_hidden(field, value)
    return value


def text(field: str, value: str) -> str:
    """Text of any number of lines: at most 10,000 characters."""
    value = unicodedata.normalize("NFC", value)
    if len(value) > MAX_TEXT:
        raise ValidationError(field, f"{field} takes at most {MAX_TEXT} characters; this has {len(value)}.")
    _refuse_unprintable(field, value, allowed="\n\r\t")
    return value


def document(field: str, value: str) -> str:
    """Text of any number of lines that says something: at most a million characters."""
    value = unicodedata.normalize("NFC", value)
    if not value.strip() or len(value) > MAX_DOCUMENT:
        raise ValidationError(
            field, f"{field} takes 1 to {MAX_DOCUMENT:,} characters, not all of them blank; this has {len(value):,}."
        )
    _refuse_unprintable(field, value, allowed="\n\r\t")
    return value


def label(field: str, value: str) -> str:
    """A label, `category:value`: the category in lower case, both trimmed, at most 200 characters in all."""
    category, colon, rest = unicodedata.normalize("NFC", value).partition(":")
    found = f"{category.strip().lower()}:{rest.strip()}"
    if not (category.strip() and colon and rest.strip()) or len(found) > MAX_NAME:
        raise ValidationError(field, f"{field} takes a label, which is category:value; this is {value!r:.60}.")
    _refuse_unprintable(field, found, allowed="")
    return found


def slug(field: str, value: str) -> str:
    """A URL-safe name, in lower case whatever the input's."""
    value = value.strip().lower()
    if len(value) > MAX_NAME or not _SLUG.fullmatch(value):
        raise ValidationError(field, f"{field} takes letters a-z, digits and single hyphens between them.")
    return value


def email(field: str, value: str) -> str:
    """An e-mail address of a human, in lower case whatever the input's."""
    value = address(field, value)
    if value.endswith(f"@{SERVICE_DOMAIN}"):
        raise ValidationError(field, f"{field} takes an address that gets mail; this is of a service account.")
    return value


def address(field: str, value: str) -> str:
    """An e-mail address, also one at which nobody gets mail."""
    value = unicodedata.normalize("NFC", value.strip().lower())
    if len(value) > MAX_NAME or not value.isprintable() or not _EMAIL.fullmatch(value):
        raise ValidationError(field, f"{field} takes an e-mail address.")
    return value


def username(field: str, value: str) -> str:
    """A name to sign in with: 2 to 60 letters, digits, underscores, dots and hyphens."""
    if not _USERNAME.fullmatch(value):
        raise ValidationError(field, f"{field} takes 2 to 60 letters, digits, underscores, dots and hyphens.")
    return value


def locale(field: str, value: str) -> str:
    """A language tag (BCP 47), in the case that is usual: `de`, `pt-BR`, `zh-Hant-TW`."""
    parts = value.strip().split("-")
    if len(value) > MAX_LOCALE or not _LOCALE.fullmatch(value.strip()):
        raise ValidationError(field, f"{field} takes a language tag such as en or de-AT; this is {value[:60]!r}.")
    return "-".join([parts[0].lower(), *(_subtag(each) for each in parts[1:])])


def _subtag(part: str) -> str:
    return part.upper() if len(part) == 2 else part.title() if len(part) == 4 and part.isalpha() else part.lower()  # noqa: PLR2004 - regions have two letters, scripts four


def password(field: str, value: str) -> str:
    """A password: keyboards and systems write the same letters with different code points, which NFC makes one."""
    _refuse_unprintable(field, value, allowed="")
    return unicodedata.normalize("NFC", value)


def version(value: int) -> int:
    """The version that the caller read."""
    if value < 1:
        raise ValidationError("version", "version takes the version that you read, which is 1 or more.")
    return value


def fraction(field: str, value: float) -> float:
    """A number from 0 to 1."""
    if not 0 <= value <= 1:
        raise ValidationError(field, f"{field} takes a number from 0 to 1.")
    return value


def moment(field: str, value: datetime) -> datetime:
    """A time with an offset, in UTC."""
    try:
        if value.tzinfo is not None:
            return value.astimezone(UTC)
    except OverflowError:
        pass
    raise ValidationError(field, f"{field} takes a time with an offset, such as 2026-01-31T09:30:00Z.")


def json_object(field: str, value: object) -> JSONObject:
    """A JSON object that reads back equal: no NaN, no integer beyond 2^53, no nul, not too deep and not too large."""
    if not isinstance(value, Mapping):
        raise ValidationError(field, f"{field} takes a JSON object.")
    _check_json(field, value, MAX_JSON_DEPTH)
    if len(orjson.dumps(value)) > MAX_JSON_BYTES:
        raise ValidationError(field, f"{field} takes at most {MAX_JSON_BYTES // 1024} KiB of JSON.")
    return cast("JSONObject", value)


def json_value(field: str, value: JSON) -> JSON:
    """One JSON value that reads back equal, as `json_object` has it."""
    _check_json(field, value, MAX_JSON_DEPTH)
    return value


def properties(field: str, schema: JSONObject, value: object) -> JSONObject:
    """A JSON object that fits a JSON Schema (2020-12)."""
    checked = json_object(field, value)
    for error in _validator_of(schema).iter_errors(cast("dict[str, JSON]", checked)):
        path = ".".join((field, *(str(step) for step in error.instance_path)))
        raise ValidationError(path, f"{path}: {error.message}")
    return checked


def _validator_of(schema: JSONObject) -> jsonschema_rs.Draft202012Validator:
    found = _known.get(id(schema))
    if found is None:
        if len(_known) >= _MAX_KNOWN:
            _known.clear()
        # The schema is kept beside its validator, so that no other object can come to have its id.
        found = _known[id(schema)] = (schema, _validator(json.dumps(schema)))
    return found[1]


_MAX_KNOWN: Final = 1_000
_known: Final[dict[int, tuple[JSONObject, jsonschema_rs.Draft202012Validator]]] = {}


@lru_cache(maxsize=_MAX_KNOWN)
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    # The engine of `regex` takes time linear in its input: no pattern can make it explode.
    return jsonschema_rs.Draft202012Validator(
        json.loads(schema), validate_formats=True, pattern_options=jsonschema_rs.RegexOptions()
    )


def _check_json(path: str, value: object, depth: int) -> None:
    if depth == 0:
        raise ValidationError(path, f"{path} is nested more than {MAX_JSON_DEPTH} levels deep.")
    match value:
        case str():
            _refuse_unprintable(path, value, allowed="\n\r\t")
        case Mapping():
            for key, item in value.items():
                _refuse_unprintable(path, str(key), allowed="")
                _check_json(f"{path}.{key}", item, depth - 1)
        case Sequence():
            for index, item in enumerate(value):
                _check_json(f"{path}.{index}", item, depth - 1)
        case _:
            _check_scalar(path, value)


def _check_scalar(path: str, value: object) -> None:
    match value:
        case bool() | None:
            return
        case float() if not math.isfinite(value):
            raise ValidationError(path, f"{path} is not a finite number.")
        case int() | float() if abs(value) > MAX_SAFE_INTEGER:
            raise ValidationError(path, f"{path} is beyond 2^53, where numbers lose digits: send it as a string.")
        case int() | float():
            return
        case _:
            raise ValidationError(path, f"{path} is not JSON.")


def _refuse_unprintable(field: str, value: str, *, allowed: str) -> None:
    if value.isprintable():
        return
    for character in value:
        # Cc: control characters, nul among them. Cs: halves of a surrogate pair, which are not text at all.
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in allowed:
            raise ValidationError(field, f"{field} must not contain the character U+{ord(character):04X}.")


def _refuse_hidden(field: str, value: str) -> None:
    without_flags = _FLAG.sub("", value)
    for match in _HIDDEN.finditer(without_flags):
        around = without_flags[: match.start()][-1:], without_flags[match.end() :][:1]
        if not (match[0] in _JOINERS and _joins(*around)):
            raise ValidationError(
                field, f"{field} must not contain the character U+{ord(match[0]):04X}, which nobody can see."
            )


def _joins(before: str, after: str) -> bool:
    """Whether a joiner stands where it makes a difference: in a word of a script that needs it, or in an emoji."""
    if not before or not after:
        return False
    script = unicodedata.name(before, "").partition(" ")[0]
    in_word = script in _JOINED and unicodedata.name(after, "").partition(" ")[0] == script
    in_emoji = unicodedata.category(after) == "So" and unicodedata.category(before) in {"So", "Sk", "Mn"}
    return in_word or in_emoji
