"""A schema that has one of everything, over data that is often not what it should be."""

import asyncio
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from random import Random
from typing import Annotated, Generic, TypeVar, cast

import strawberry
from aiodataloader import DataLoader
from strawberry.scalars import JSON

T = TypeVar("T")


@strawberry.enum
class Mood(Enum):
    """How somebody feels."""

    GLAD = "glad"
    SAD = "sad"


class Later(Generic[T]):
    """Something to await as often as you like."""

    def __init__(self, value: T, ticks: int) -> None:
        self.value, self.ticks = value, ticks

    def __repr__(self) -> str:
        return f"Later({self.value!r})"

    def __await__(self) -> Generator[object, None, T]:
        for _ in range(self.ticks):
            yield from asyncio.sleep(0).__await__()
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


class Odd:
    """Nothing that a schema knows."""

    def __repr__(self) -> str:
        return "Odd()"


class Letters(Odd):
    """Some letters, in no list."""

    def __iter__(self) -> Iterator[str]:
        return iter("ab")


@dataclass
class Data:
    """What the resolvers find in their context."""

    people: "list[Person]"
    shielded: bool
    loader: "DataLoader[int, Person | None]" = field(init=False)

    def __post_init__(self) -> None:
        self.loader = DataLoader(self._load)

    async def load(self, key: int) -> "Person | None":
        """One of the people. Shielded, others keep it when somebody who waits for it is cancelled."""
        loading = self.loader.load(key)
        return await (asyncio.shield(loading) if self.shielded else loading)

    async def _load(self, keys: list[int]) -> "list[Person | None]":
        await asyncio.sleep(0)
        return [found(self.people[key % len(self.people)].loaded) for key in keys]


Info = strawberry.Info[Data, None]


def found(value: object) -> "Person | None":
    """As the type checker wants it: the data is not what it should be."""
    return cast("Person | None", value)


@strawberry.input
class Wish:
    """An input object."""

    what: str
    often: int = 1


@strawberry.type
class Cat:
    """A pet."""

    name: str
    lives: int


@strawberry.type
class Dog:
    """Another."""

    name: str
    good: bool

    @strawberry.field
    async def owner(self, info: Info) -> "Person | None":
        return await info.context.load(len(self.name))


@strawberry.interface
class Being:
    """Who has a name."""

    id: strawberry.ID
    name: str


@strawberry.type
class Robot(Being):
    """A being that has no more than its name."""

    serial: int | None


@strawberry.type
class Person(Being):
    """Has everything."""

    age: int | None
    height: float
    active: bool | None
    mood: Mood | None
    born: datetime | None
    extra: JSON | None
    tags: list[str] | None
    matrix: list[list[int | None] | None]
    pet: Annotated[Cat | Dog, strawberry.union("Pet")] | None
    pets: list[Annotated[Cat | Dog, strawberry.union("Pet")]] | None
    boss: "Person | None"
    deputy: "Person"
    team: "list[Person | None]"
    beings: list[Being] | None
    seed: strawberry.Private[int]
    loaded: strawberry.Private[object] = None
    answer: strawberry.Private[object] = None

    @strawberry.field
    def best(self) -> "Being | None":
        return found(self.answer)

    @strawberry.field
    def sure(self) -> "Person":
        return cast("Person", self.answer)

    @strawberry.field
    async def friend(self, info: Info) -> "Person | None":
        return await info.context.load(self.seed)

    @strawberry.field
    async def partner(self, info: Info) -> "Person":
        return cast("Person", await info.context.load(self.seed + 1))

    @strawberry.field
    async def friends(self, info: Info, first: int = 2) -> "list[Person]":
        return cast(
            "list[Person]", await asyncio.gather(*(info.context.load(self.seed + each) for each in range(first)))
        )

    @strawberry.field
    async def slow(self) -> "Being | None":
        return found(await Later(self.answer, self.seed % 4))

    @strawberry.field
    def greeting(self, word: str = "hi", times: int | None = None, moods: list[Mood] | None = None) -> str:
        return f"{word} {times} {[mood.name for mood in moods or []]}"

    @strawberry.field
    async def granted(self, wish: Wish, at: datetime | None = None) -> str | None:
        if wish.often > 3:
            raise ValueError("too often")
        return f"{wish.what} {wish.often} {at}"

    @strawberry.field
    def secret(self) -> str:
        if isinstance(self.answer, Exception):
            raise self.answer
        return "secret"


@strawberry.type
class Query:
    """Where to begin."""

    @strawberry.field
    async def people(self, info: Info) -> list[Person | None]:
        return list(info.context.people)

    @strawberry.field
    def everybody(self, info: Info) -> list[Being]:
        return list(info.context.people)

    @strawberry.field
    async def person(self, info: Info, id: strawberry.ID) -> Person:  # noqa: A002
        return info.context.people[int(id) % len(info.context.people)]

    @strawberry.field
    def version(self) -> str:
        return "1"


@strawberry.type
class Mutation:
    """What can be done, one after the other."""

    @strawberry.mutation
    async def rename(self, info: Info, name: str) -> Person | None:
        info.context.people[0].name += name
        return info.context.people[0]

    @strawberry.mutation
    def hire(self, info: Info) -> Person:
        return info.context.people[-1]

    @strawberry.mutation
    async def fire(self, info: Info) -> Being:
        return cast("Being", info.context.people[0].answer)


schema = strawberry.Schema(query=Query, mutation=Mutation, types=[Robot])


class Faulty(Person):
    """Fails when it is asked for one of its attributes."""

    @property
    def height(self) -> float:
        raise ValueError("no height")

    @height.setter
    def height(self, _value: float) -> None:
        pass


def _odd(random: Random) -> object:
    makers: list[Callable[[], object]] = [
        lambda: None,
        lambda: None,
        lambda: ValueError("a value"),
        Odd,
        lambda: "text",
        lambda: 2**40,
        lambda: float("nan"),
        lambda: True,
        list,
        lambda: {"name": "a dict"},
        lambda: Later(None, random.randrange(3)),
        lambda: Later("later", random.randrange(3)),
        lambda: Later(KeyError("later"), random.randrange(3)),
        Letters,
        lambda: "GLAD",
        lambda: "glad",
    ]
    return random.choice(makers)()


def _values(random: Random, wild: float) -> dict[str, object]:
    def or_odd(value: object) -> object:
        if random.random() >= wild:
            return value
        return Later(value, random.randrange(4)) if random.random() < 0.3 else _odd(random)

    def some(make: T, most: int = 3) -> list[object]:
        return [or_odd(make) for _ in range(random.randrange(most))]

    def pet() -> object:
        if random.random() < 0.5:
            return Cat(name=cast("str", or_odd("Tom")), lives=cast("int", or_odd(9)))
        return Dog(name="Rex", good=cast("bool", or_odd(False)))

    plain = {
        "id": strawberry.ID(str(random.randrange(100))),
        "name": "Ada",
        "age": random.choice([None, 7]),
        "height": 1.5,
        "active": random.choice([None, True, False]),
        "mood": random.choice([None, Mood.GLAD, Mood.SAD]),
        "born": random.choice([None, datetime(2000, 1, 2, tzinfo=UTC)]),
        "extra": random.choice([None, {"a": [1]}]),
        "tags": random.choice([None, some("tag")]),
        "matrix": [or_odd(some(3)) for _ in range(random.randrange(3))],
        "pet": random.choice([None, pet()]),
        "pets": random.choice([None, tuple(pet() for _ in range(random.randrange(3)))]),
    }
    return {name: or_odd(value) for name, value in plain.items()}


def made(random: Random, wild: float, *, shielded: bool) -> Data:
    """Some people, of whom `wild` says how much about them is odd."""
    people: list[Person] = []
    for seed in range(random.randrange(1, 4)):
        cls = Faulty if random.random() < wild else Person
        people.append(cls(**_values(random, wild), boss=None, deputy=None, team=[], beings=None, seed=seed))  # type: ignore[arg-type]
    for person in people:

        def anybody() -> object:
            return _odd(random) if random.random() < wild else random.choice(people)

        person.boss = found(random.choice([None, anybody()]))
        person.deputy = cast("Person", anybody())
        person.team = cast("list[Person | None]", [anybody() for _ in range(random.randrange(3))])
        robot = Robot(id=strawberry.ID("r"), name="Robby", serial=cast("int", anybody() if wild else 1))
        person.beings = cast("list[Being]", [random.choice([robot, anybody()]) for _ in range(random.randrange(3))])
        person.loaded, person.answer = anybody(), anybody()
    return Data(people, shielded)
