"""Rules that groups, people and things share, made for each of them."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import NoneType
from typing import Final, NotRequired, TypeAlias, TypeVar, cast, get_args, get_origin, get_type_hints

import orjson

from domain.catalogue import Catalogue
from domain.errors import ValidationError
from domain.events import Event
from domain.values import JSONObject, from_micros, to_micros
from domain.words import searchable
from graph.bulk import StoredRow
from graph.checks import mending
from graph.store import Transaction
from graph.values import sort_key
from services import validation
from services.checks.rules import Fault, Mend, Test, rule

A_PERSON_DECIDES = "A person decides."
_LATEST: Final = to_micros(datetime(2112, 1, 1, tzinfo=UTC))


N = TypeVar("N")

Change: TypeAlias = Callable[[Transaction, str, StoredRow], Awaitable[None]]
"""Gives a node other values."""


def row_of(found: object) -> StoredRow:
    """The stored properties in some facts."""
    return cast("Mapping[str, StoredRow]", found)["row"]


def set_values(identifier: str, values: StoredRow, change: Change = mending.change_entity) -> Mend:
    """A mend that gives a node other values."""

    async def apply(transaction: Transaction) -> Sequence[Event]:
        await change(transaction, identifier, values)
        return ()

    return Mend(", ".join(f"{'remove' if value is None else 'set'} {name}" for name, value in values.items()), apply)


def parsed(row: StoredRow, column: str) -> JSONObject | None:
    """The JSON object that a column holds; None where it holds none."""
    try:
        return validation.json_object(column, orjson.loads(str(row.get(column))))
    except (ValueError, ValidationError):
        return None


def columns(shape: type) -> Mapping[str, tuple[tuple[type, ...], bool]]:
    """Of each column of a TypedDict the types of its values, and whether it has to be there."""
    found = {}
    for name, hint in get_type_hints(shape, include_extras=True).items():
        optional = get_origin(hint) is NotRequired
        inner = get_args(hint)[0] if optional else hint
        kinds = tuple(get_origin(each) or each for each in (get_args(inner) if _is_union(inner) else (inner,)))
        found[name] = (tuple(kind for kind in kinds if kind is not NoneType), not optional and NoneType not in kinds)
    return found


def _is_union(hint: object) -> bool:
    return NoneType in get_args(hint) or len(get_args(hint)) > 1


def misshapen(row: StoredRow, shape: Mapping[str, tuple[tuple[type, ...], bool]]) -> Iterator[str]:
    """What a row lacks, or has of another type than it should, or as a time that is none."""
    for name, (kinds, needed) in shape.items():
        value = row.get(name)
        if value is None:
            if needed:
                yield f"{name} is missing"
        elif not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            yield f"{name} is of the type {type(value).__name__}"
        elif name in TIMES and not 0 <= cast("int", value) < _LATEST:
            yield f"{name} is no time"


TIMES: Final = frozenset(
    {
        *("createdAt", "updatedAt", "archivedAt", "validFrom", "validTo", "at"),
        *("changedAt", "authenticatedAt", "lastUsedAt", "rotatedAt", "accessExpiresAt", "expiresAt"),
        *("emailVerifiedAt", "issuedAt", "attemptsFrom", "dueAt", "sentAt", "enabledAt", "failedAt"),
        *("pausedAt", "failingSince", "formerUntil", "leasedUntil", "settledAt"),
        *("undeliverableAt", "delayedAt", "deliveredAt", "bouncedAt", "complainedAt"),
    }
)
"""Columns that hold microseconds since the epoch."""


def form(noun: str, shape: type, but: Sequence[str] = ()) -> Test[N]:
    """Everything that the row of this shape needs is there and of the right type, but what other rules look at."""
    wanted = {name: column for name, column in columns(shape).items() if name not in but}

    @rule(
        f"{noun}_form",
        f"Every value that a {noun} needs is there, and each is of its type.",
        f"{A_PERSON_DECIDES} What the value should be is not known to a machine.",
    )
    def find(found: N, _types: Catalogue) -> Iterator[Fault]:
        for wrong in misshapen(row_of(found), wanted):
            yield Fault(wrong, "Say what the value has to be.")

    return find


def no_lock(noun: str, change: Change = mending.change_entity, key: str = "id") -> Test[N]:
    """No lock was left behind."""

    @rule(f"{noun}_lock", f"No {noun} has a property that only a running transaction puts on it.", "It is removed.")
    def find(found: N, _types: Catalogue) -> Iterator[Fault]:
        if "_lock" in row_of(found):
            mend = set_values(str(row_of(found)[key]), {"_lock": None}, change)
            yield Fault("it has a property _lock", mend)

    return find


def sort_keys(noun: str) -> Test[N]:
    """Lists are in order of what they say they are."""

    @rule(
        f"{noun}_sort_key", f"The sort key of a {noun} is made of its time of creation and its id.", "It is made anew."
    )
    def find(found: N, _types: Catalogue) -> Iterator[Fault]:
        row = row_of(found)
        key = sort_key(from_micros(cast("int", row["createdAt"])), str(row["id"]))
        if row["sortKey"] != key:
            yield Fault("sortKey is another one", set_values(str(row["id"]), {"sortKey": key}))

    return find


def times(noun: str) -> Test[N]:
    """Nothing changed before it was there."""

    @rule(
        f"{noun}_times",
        f"A {noun} was created before it last changed.",
        "The time of the last change becomes that of the creation.",
    )
    def find(found: N, _types: Catalogue) -> Iterator[Fault]:
        row = row_of(found)
        created, updated = cast("int", row["createdAt"]), cast("int", row["updatedAt"])
        if updated < created:
            yield Fault("updatedAt is before createdAt", set_values(str(row["id"]), {"updatedAt": created}))

    return find


def versions(noun: str) -> Test[N]:
    """Versions count from one."""

    @rule(f"{noun}_version", f"The version of a {noun} is 1 or more.", "It becomes 1.")
    def find(found: N, _types: Catalogue) -> Iterator[Fault]:
        row = row_of(found)
        if cast("int", row["version"]) < 1:
            yield Fault(f"version is {row['version']}", set_values(str(row["id"]), {"version": 1}))

    return find


def archived(noun: str) -> Test[N]:
    """What is archived knows since when."""

    @rule(
        f"{noun}_archived_at",
        f"A {noun} has a time of archiving exactly if it is archived.",
        "The time of the last change is taken for it, or it is removed.",
    )
    def find(found: N, _types: Catalogue) -> Iterator[Fault]:
        row = row_of(found)
        is_archived, at = row["status"] == "archived", row.get("archivedAt")
        if is_archived is not (at is not None):
            values = {"archivedAt": row["updatedAt"] if is_archived else None}
            yield Fault(f"status is {row['status']}, archivedAt is {at}", set_values(str(row["id"]), values))

    return find


def one_of(noun: str, vocabulary: Mapping[str, Sequence[str]]) -> Test[N]:
    """Values of a closed vocabulary are in it."""
    known = {name: frozenset(values) for name, values in vocabulary.items()}
    said = "; ".join(f"{name} is one of {', '.join(values)}" for name, values in vocabulary.items())

    @rule(
        f"{noun}_vocabulary", f"Of a {noun} {said}.", f"{A_PERSON_DECIDES} The right value is not known to a machine."
    )
    def find(found: N, _types: Catalogue) -> Iterator[Fault]:
        for name, values in known.items():
            if row_of(found)[name] not in values:
                yield Fault(
                    f"{name} is {str(row_of(found)[name])[:60]!r}", f"Choose one of {', '.join(sorted(values))}."
                )

    return find


def texts(noun: str, checks: Mapping[str, Callable[[str, str], str]]) -> Test[N]:
    """Texts are as they are taken in: one line, trimmed, in a normal form, of a bounded length."""
    names = " and ".join(checks)

    @rule(
        f"{noun}_text",
        f"The {names} of a {noun} is such as the API takes.",
        f"Spaces around it go, and it gets its normal form. {A_PERSON_DECIDES} what else is wrong.",
    )
    def find(found: N, _types: Catalogue) -> Iterator[Fault]:
        row = row_of(found)
        for name, check in checks.items():
            value = row.get(name)
            if value is None:
                continue
            try:
                normal = check(name, str(value))
            except ValidationError as error:
                yield Fault(error.message, f"Choose another {name}.")
            else:
                if normal != value:
                    yield Fault(f"{name} is not in its normal form", set_values(str(row["id"]), {name: normal}))

    return find


def objects(noun: str, *names: str) -> Test[N]:
    """Free-form JSON is JSON."""

    @rule(
        f"{noun}_json",
        f"The {' and '.join(names)} of a {noun} is a JSON object that reads back equal.",
        f"{A_PERSON_DECIDES} What was meant is not known to a machine.",
    )
    def find(found: N, _types: Catalogue) -> Iterator[Fault]:
        for name in names:
            if parsed(row_of(found), name) is None:
                yield Fault(f"{name} is no JSON object", f"Write {name} anew.")

    return find


def labelled(found: object, wanted: Sequence[str]) -> Iterator[Fault]:
    """The fault of an entity that has other labels than these."""
    facts = cast("Mapping[str, Sequence[str]]", found)
    labels, identifier = set(facts["labels"]), str(facts["id"])
    wrong = sorted(labels - set(wanted))
    lacking = sorted(set(wanted) - labels)
    if wrong or lacking:

        async def apply(transaction: Transaction) -> Sequence[Event]:
            await mending.relabel(transaction, identifier, wrong, lacking)
            return ()

        yield Fault(f"its labels are {', '.join(sorted(labels))}", Mend(f"make them {', '.join(wanted)}", apply))


def search_words(noun: str, names: tuple[str, str], about: str) -> Test[N]:
    """That the words by which a group or a person is found follow from their names and what they say of themselves."""

    @rule(f"{noun}_words", f"The words by which a search finds a {noun} follow from its texts.", "They are made anew.")
    def find(found: N, _types: Catalogue) -> Iterator[Fault]:
        row = row_of(found)
        first, second, text = (cast("str | None", row.get(name)) for name in (*names, about))
        wanted = {"nameWords": searchable(first, second), "textWords": searchable(text)}
        if wrong := {name: words for name, words in wanted.items() if row.get(name) != words}:
            yield Fault(f"{', '.join(wrong)} does not follow from its texts", set_values(str(row["id"]), wrong))

    return find
