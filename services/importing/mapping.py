"""The mapping of an import: a YAML file that says which node or connection the rows of which file become."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import pydantic
import yaml
from pydantic import Field, StringConstraints

from domain.catalogue import Catalogue
from domain.errors import ValidationError
from services.importing.vocabulary import FileName, Part, Ref, Value
from services.things import MADE_BY_OPERATORS

StepName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class GroupFields(Part):
    """What becomes of a row that makes a group."""

    slug: Value
    name: Value
    type: Value
    parent: Value = None
    description: Value = None
    visibility: Value = None
    join_policy: Value = Field(default=None, alias="joinPolicy")
    plan: Value = None
    metadata: Value = None


class PersonFields(Part):
    """What becomes of a row that makes a person."""

    email: Value
    username: Value
    display_name: Value = Field(alias="displayName")
    role: Value
    bio: Value = None
    avatar_url: Value = Field(default=None, alias="avatarUrl")
    locale: Value = None
    timezone: Value = None
    settings: Value = None


class ThingFields(Part):
    """What becomes of a row that makes a thing."""

    type: str
    group: Value
    name: Value
    status: Value = None
    properties: Value = None
    labels: Value = None


class ConnectionFields(Part):
    """What becomes of a row that makes a connection."""

    type: str
    from_id: Value = Field(alias="from")
    to_id: Value = Field(alias="to")
    properties: Value = None
    strength: Value = None
    metadata: Value = None


class _Step(Part):
    """`file` is None for a step that makes one node of nothing but plain values.

    A row is passed over where `when` is nothing or false. Without a `key` a connection is known by its two ends.
    """

    step: StepName
    file: FileName | None = Field(default=None, alias="from")
    key: Value = None
    when: Value = True


class GroupStep(_Step):
    """Makes groups."""

    make: Literal["group"]
    fields: GroupFields = Field(alias="set")


class PersonStep(_Step):
    """Makes people."""

    make: Literal["person"]
    fields: PersonFields = Field(alias="set")


class ThingStep(_Step):
    """Makes things."""

    make: Literal["thing"]
    fields: ThingFields = Field(alias="set")


class ConnectionStep(_Step):
    """Makes connections."""

    make: Literal["connection"]
    fields: ConnectionFields = Field(alias="set")


Step: TypeAlias = Annotated[GroupStep | PersonStep | ThingStep | ConnectionStep, Field(discriminator="make")]


class FileOptions(Part):
    """How a file is read.

    `unquoted_commas` says what happens to a CSV row with more fields than the header has: it is refused, or what a
    comma followed by a space has torn apart is put back together.
    """

    format: Literal["csv", "jsonl"] | None = None
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    unquoted_commas: Literal["refuse", "rejoin"] = Field(default="refuse", alias="unquotedCommas")


class ImportMapping(Part):
    """A whole mapping. `source` is part of every id: the same key of the same source is always the same node."""

    source: StepName
    nulls: tuple[str, ...] = ("",)
    files: dict[FileName, FileOptions] = Field(default_factory=dict)
    steps: Annotated[list[Step], Field(min_length=1)]


def read_mapping(path: Path) -> ImportMapping:
    """Read a mapping. ValidationError, whose field is the path in the file, where it is not one."""
    try:
        raw: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValidationError("mapping", f"The mapping {path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValidationError("mapping", f"{path.name} is not YAML: {' '.join(str(error).split())}") from error
    return parse_mapping(raw)


def parse_mapping(raw: object) -> ImportMapping:
    """The mapping that a YAML document holds. ValidationError as `read_mapping`."""
    try:
        mapping = ImportMapping.model_validate(raw)
    except pydantic.ValidationError as error:
        problems = error.errors()
        first = problems[0]
        field = _path(raw, first["loc"])
        message = "this key is not known here" if first["type"] == "extra_forbidden" else first["msg"]
        more = f" ({len(problems) - 1} more of the like)" if len(problems) > 1 else ""
        raise ValidationError(field, f"{field}: {message.removeprefix('Value error, ')}{more}") from error
    _check_steps(mapping)
    return mapping


def check_types(mapping: ImportMapping, catalogue: Catalogue) -> None:
    """See that the types that a mapping names are there. ValidationError, whose field is the path in the file."""
    for index, step in enumerate(mapping.steps):
        match step:
            case ThingStep():
                found = catalogue.thing_types.values()
                known = [each.name for each in found if each.creatable or each.name in MADE_BY_OPERATORS]
                _check_type(index, step.fields.type, "thing", known)
            case ConnectionStep():
                _check_type(index, step.fields.type, "connection", list(catalogue.connection_types))
            case _:
                continue


def _check_type(index: int, name: str, what: str, known: Sequence[str]) -> None:
    if name not in known:
        field = f"steps.{index}.set.type"
        raise ValidationError(field, f"{field}: takes one of the {what} types {', '.join(known)}")


def _path(raw: object, steps: Sequence[str | int]) -> str:
    """The place in the document; pydantic's own names for the alternatives of a union are left out."""
    names: list[str] = []
    for position, step in enumerate(steps):
        if isinstance(raw, Mapping) and step in raw:
            raw = raw[step]
        elif isinstance(raw, list):
            raw = raw[int(step)]
        elif not isinstance(raw, Mapping) or position < len(steps) - 1:
            continue
        names.append(str(step))
    return ".".join(names) or "mapping"


def _check_steps(mapping: ImportMapping) -> None:
    kinds: dict[str, str] = {}
    for index, step in enumerate(mapping.steps):
        if step.step in kinds:
            raise ValidationError(f"steps.{index}.step", f"steps.{index}.step: there is a step {step.step!r} already")
        kinds[step.step] = step.make
    for index, step in enumerate(mapping.steps):
        for ref in _refs(step):
            if kinds.get(ref.ref, "connection") == "connection":
                known = ", ".join(name for name, kind in kinds.items() if kind != "connection")
                raise ValidationError(
                    f"steps.{index}", f"steps.{index}: ref takes a step that makes nodes ({known}), not {ref.ref!r}"
                )


def _refs(part: object) -> Iterator[Ref]:
    if isinstance(part, Ref):
        yield part
    if isinstance(part, Part):
        for name in type(part).model_fields:
            yield from _refs(getattr(part, name))
    elif isinstance(part, Mapping):
        for item in part.values():
            yield from _refs(item)
    elif isinstance(part, list):
        for item in part:
            yield from _refs(item)
