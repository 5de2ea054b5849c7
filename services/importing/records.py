"""From a row to what the store is to hold of it, checked by the rules that every write obeys."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias, TypeVar

from domain.catalogue import Catalogue
from domain.connection_types import ConnectionType
from domain.errors import ValidationError
from domain.groups import GroupType, JoinPolicy, Plan, Visibility
from domain.ids import GROUP_PREFIX, PERSON_PREFIX, NodeKind, connection_prefix, imported_id, kind_of, thing_prefix
from domain.people import PlatformRole
from domain.references import named_by
from domain.thing_types import ThingType
from domain.things import ThingStatus
from domain.values import JSON
from graph import connections, groups, people, things
from services import validation
from services.connections import NewConnection, new_connection
from services.groups import NewGroup, new_group
from services.importing.mapping import ConnectionStep, GroupStep, PersonStep, Step, ThingStep
from services.importing.rows import Row
from services.importing.values import Compiler, node_key
from services.people import NewPerson, new_person
from services.things import NewThing, new_thing

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Draft:
    """A node or a connection that a row asks for.

    `row` is what the store is to hold; `group_id` is the group in which it happens; `ends` are a connection's from and
    to; `labels` are a thing's, None where the mapping says nothing of them; `mentions` are the ids in its properties.
    """

    line: int
    id: str
    row: Mapping[str, object]
    group_id: str | None
    ends: tuple[str, str] = ("", "")
    labels: tuple[str, ...] | None = None
    mentions: tuple[str, ...] = ()


Make: TypeAlias = Callable[[int, Row], Draft]
"""Makes a draft of a row and its line. ValidationError or ValueError where the row is refused."""


def step_prefix(step: Step) -> str:
    """The prefix of the ids of what a step makes."""
    match step:
        case GroupStep():
            return GROUP_PREFIX
        case PersonStep():
            return PERSON_PREFIX
        case ThingStep():
            return thing_prefix(step.fields.type)
        case ConnectionStep():
            return connection_prefix(step.fields.type)


def maker(step: Step, compiler: Compiler, catalogue: Catalogue) -> Make:
    """The function that makes drafts of a step's rows, whose type is in the catalogue."""
    match step:
        case GroupStep():
            return _group_maker(step, compiler)
        case PersonStep():
            return _person_maker(step, compiler)
        case ThingStep():
            return _thing_maker(step, compiler, catalogue.thing_types[step.fields.type])
        case ConnectionStep():
            return _connection_maker(step, compiler, catalogue.connection_types[step.fields.type])


def _identifier(step: Step, compiler: Compiler) -> Callable[[Row], str]:
    prefix, source, name = step_prefix(step), compiler.source, step.step
    if step.file is None:
        only = imported_id(prefix, source, node_key(name, None))
        return lambda _row: only
    key = compiler.compile(step.key)

    def identify(row: Row) -> str:
        found = key(row)
        if found is None:
            raise ValidationError("key", "the key is missing")
        return imported_id(prefix, source, node_key(name, found))

    return identify


def _group_maker(step: GroupStep, compiler: Compiler) -> Make:
    identify, of = _identifier(step, compiler), compiler.compile
    fields = step.fields
    slug, name, type_, parent = of(fields.slug), of(fields.name), of(fields.type), of(fields.parent)
    description, visibility = of(fields.description), of(fields.visibility)
    join_policy, plan, metadata = of(fields.join_policy), of(fields.plan), of(fields.metadata)

    def make(line: int, row: Row) -> Draft:
        group = new_group(
            NewGroup(
                slug=_text("slug", slug(row)),
                name=_text("name", name(row)),
                type=_member(GroupType, "type", type_(row)),
                parent_id=_optional_text("parent", parent(row)),
                description=_optional_text("description", description(row)),
                visibility=_member(Visibility, "visibility", visibility(row), Visibility.PRIVATE),
                join_policy=_member(JoinPolicy, "joinPolicy", join_policy(row), JoinPolicy.INVITE_ONLY),
                plan=_member(Plan, "plan", plan(row), Plan.STARTER),
                metadata=_object("metadata", metadata(row)),
            )
        )
        group = replace(group, id=identify(row))
        return Draft(line, group.id, groups.to_row(group), group.id)

    return make


def _person_maker(step: PersonStep, compiler: Compiler) -> Make:
    identify, of = _identifier(step, compiler), compiler.compile
    fields = step.fields
    email, username, display_name = of(fields.email), of(fields.username), of(fields.display_name)
    role, bio, avatar_url = of(fields.role), of(fields.bio), of(fields.avatar_url)
    locale, timezone, settings = of(fields.locale), of(fields.timezone), of(fields.settings)

    def make(line: int, row: Row) -> Draft:
        person = new_person(
            NewPerson(
                email=_text("email", email(row)),
                username=_text("username", username(row)),
                display_name=_text("displayName", display_name(row)),
                role=_member(PlatformRole, "role", role(row)),
            )
        )
        about = _optional_text("bio", bio(row))
        picture = _optional_text("avatarUrl", avatar_url(row))
        language = _optional_text("locale", locale(row))
        zone = _optional_text("timezone", timezone(row))
        person = replace(
            person,
            id=identify(row),
            bio=None if about is None else validation.text("bio", about),
            avatar_url=None if picture is None else validation.text("avatarUrl", picture),
            locale=None if language is None else validation.name("locale", language),
            timezone=None if zone is None else validation.name("timezone", zone),
            settings=validation.json_object("settings", _object("settings", settings(row))),
        )
        return Draft(line, person.id, people.to_row(person), None)

    return make


def _thing_maker(step: ThingStep, compiler: Compiler, thing_type: ThingType) -> Make:
    identify, of = _identifier(step, compiler), compiler.compile
    fields = step.fields
    group, name, status = of(fields.group), of(fields.name), of(fields.status)
    properties, labels = of(fields.properties), of(fields.labels)
    labelled = fields.labels is not None

    def make(line: int, row: Row) -> Draft:
        wanted = _member(ThingStatus, "status", status(row), ThingStatus.ACTIVE)
        archived = wanted is ThingStatus.ARCHIVED
        thing = new_thing(
            NewThing(
                group_id=_text("group", group(row)),
                type=fields.type,
                name=_text("name", name(row)),
                # One is archived after it was made; an import does both at once.
                status=ThingStatus.ACTIVE if archived else wanted,
                properties=_object("properties", properties(row)),
            ),
            thing_type,
            imported=True,
        )
        thing = replace(thing, id=identify(row), status=wanted, archived_at=thing.created_at if archived else None)
        return Draft(
            line,
            thing.id,
            things.to_row(thing, thing_type),
            thing.group_id,
            labels=_labels(labels(row)) if labelled else None,
            mentions=tuple(sorted(set(named_by(thing_type, thing.properties).values()))),
        )

    return make


def _connection_maker(step: ConnectionStep, compiler: Compiler, connection_type: ConnectionType) -> Make:
    of, fields = compiler.compile, step.fields
    from_, to, properties = of(fields.from_id), of(fields.to_id), of(fields.properties)
    strength, metadata = of(fields.strength), of(fields.metadata)
    prefix, source, name = step_prefix(step), compiler.source, step.step
    identify = None if step.key is None else _identifier(step, compiler)

    def make(line: int, row: Row) -> Draft:
        connection = new_connection(
            NewConnection(
                type=fields.type,
                from_id=_text("from", from_(row)),
                to_id=_text("to", to(row)),
                properties=_object("properties", properties(row)),
                strength=_optional_number("strength", strength(row)),
                metadata=_object("metadata", metadata(row)),
            ),
            connection_type,
            created_by=None,
        )
        ends = (connection.from_id, connection.to_id)
        identifier = imported_id(prefix, source, node_key(name, " ".join(ends))) if identify is None else identify(row)
        connection = replace(connection, id=identifier)
        group_id = next((end for end in reversed(ends) if kind_of(end) is NodeKind.GROUP), None)
        return Draft(line, identifier, connections.to_edge(connection, connection_type), group_id, ends)

    return make


def _text(field: str, value: JSON) -> str:
    text = _optional_text(field, value)
    if text is None:
        raise ValidationError(field, f"{field} is missing")
    return text


def _optional_text(field: str, value: JSON) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ValidationError(field, f"{field} takes a text; {value!r:.60} is none: convert it with `as: text`")


def _optional_number(field: str, value: JSON) -> float | None:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise ValidationError(field, f"{field} takes a number; {value!r:.60} is none: convert it with `as: number`")


def _member(of: type[E], field: str, value: JSON, default: E | None = None) -> E:
    if value is None and default is not None:
        return default
    try:
        return of(_text(field, value))
    except ValueError as error:
        raise ValidationError(field, f"{field} takes one of {', '.join(of)}; this is {value!r:.60}") from error


def _object(field: str, value: JSON) -> Mapping[str, JSON]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ValidationError(field, f"{field} takes an object")
    return value


def _labels(value: JSON) -> tuple[str, ...]:
    """Labels without repetition, each `category:value`."""
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise ValidationError("labels", "labels takes a list")
    labels: dict[str, None] = {}
    for item in value:
        labels[validation.label("labels", _text("labels", item))] = None
    return tuple(labels)
