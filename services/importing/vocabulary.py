"""The vocabulary of a mapping: where a value is taken from, and what its text becomes."""

import re
from collections.abc import Mapping
from datetime import UTC, tzinfo
from pathlib import PurePosixPath
from typing import Annotated, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")


class Part(BaseModel):
    """A part of a mapping: it takes what it knows and refuses every other key."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


def _one_of(*keys: str) -> Discriminator:
    """Tell forms apart by the one key that each must have; what is no mapping is the form tagged `<plain>`.

    The angle brackets keep tags from being taken for keys of the document, in the path of an error.
    """

    def tag(value: object) -> str | None:
        if isinstance(value, Mapping):
            return next((f"<{key}>" for key in keys if key in value), None)
        return None if isinstance(value, list) else "<plain>"

    forms = ", ".join(f"{{{key}: …}}" for key in keys)
    return Discriminator(tag, "form", f"takes a plain value, or one of {forms}")


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.name:
        raise ValueError("takes the name of a file inside the folder of the import")
    return name


def _zone(name: str) -> str:
    try:
        time_zone(name)
    except (OSError, KeyError, ValueError) as error:
        raise ValueError("takes the name of a time zone, such as UTC or Europe/Berlin") from error
    return name


def time_zone(name: str) -> tzinfo:
    """The time zone of that name; UTC is there even where the machine has no list of them."""
    return UTC if name == "UTC" else ZoneInfo(name)


FileName: TypeAlias = Annotated[str, AfterValidator(_inside)]
Currency: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3,5}$")]


class ToMinor(Part):
    """An amount in whole units of a currency becomes a number of its smallest units: 18.00 is 1800."""

    minor: Currency


class ToMoney(Part):
    """An amount in whole units of a currency becomes money: 18.00 is `{amount: 1800, currency: USD}`."""

    money: Currency


class ToTime(Part):
    """A time written in the strptime format `time`; where it has no offset, it is a time in `zone`."""

    time: str
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"


class ToSlug(Part):
    """Letters become a-z in lower case, digits stay, and what is between them becomes `slug`."""

    slug: Annotated[str, StringConstraints(pattern=r"^[-._]$")]


Conversion: TypeAlias = Annotated[
    Annotated[Literal["text", "integer", "number", "decimal", "boolean", "time", "slug"], Tag("<plain>")]
    | Annotated[ToMinor, Tag("<minor>")]
    | Annotated[ToMoney, Tag("<money>")]
    | Annotated[ToTime, Tag("<time>")]
    | Annotated[ToSlug, Tag("<slug>")],
    _one_of("minor", "money", "time", "slug"),
]


class _Converted(Part):
    conversion: Conversion | None = Field(default=None, alias="as")


class Column(_Converted):
    """What a column of the row holds."""

    column: str


class Template(_Converted):
    """A text with `{column}` in it, or `{name}` of a value in `with`; nothing where one of them is nothing."""

    template: str
    given: "dict[str, Value]" = Field(default_factory=dict, alias="with")

    def names(self) -> list[str]:
        """What stands in braces."""
        return _PLACEHOLDER.findall(self.template)


class Ref(Part):
    """The id of the node that a step makes, or made, of the row with that key."""

    ref: str
    key: "Value" = None


class Lookup(_Converted):
    """The column `take` of the first row in another file whose column `by` holds `key`."""

    lookup: FileName
    by: str
    key: "Value"
    take: str


class Rows(Part):
    """A list: `each`, for every row of another file whose column `by` holds `key`, in the order of that file."""

    rows: FileName
    by: str
    key: "Value"
    each: "Value"


class Object(Part):
    """A JSON object of values; one that is nothing is left out."""

    members: "dict[str, Value]" = Field(alias="object")


class List(Part):
    """A list of values; one that is nothing is left out."""

    items: "list[Value]" = Field(alias="list")


class Case(Part):
    """By what `case` is: one of the texts in `of`, nothing (`missing`), or anything else (`otherwise`, or itself)."""

    case: "Value"
    of: "dict[str, Value]" = Field(default_factory=dict)
    missing: "Value" = None
    otherwise: "Value" = None


Value: TypeAlias = Annotated[
    Annotated[str | int | float | bool | None, Tag("<plain>")]
    | Annotated[Column, Tag("<column>")]
    | Annotated[Template, Tag("<template>")]
    | Annotated[Ref, Tag("<ref>")]
    | Annotated[Lookup, Tag("<lookup>")]
    | Annotated[Rows, Tag("<rows>")]
    | Annotated[Object, Tag("<object>")]
    | Annotated[List, Tag("<list>")]
    | Annotated[Case, Tag("<case>")],
    _one_of("column", "template", "ref", "lookup", "rows", "object", "list", "case"),
]

for _form in (Template, Ref, Lookup, Rows, Object, List, Case):
    _form.model_rebuild()
