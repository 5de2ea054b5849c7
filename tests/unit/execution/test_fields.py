"""What Strawberry can hang on a field stays there: permissions, extensions, arguments, resolvers of any shape."""

from enum import Enum
from typing import Annotated, Generic, TypeVar, cast

import pytest
import strawberry
from graphql import parse
from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import SyncExtensionResolver
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig
from strawberry.types.field import StrawberryField

from execution.fields import attribute_of, method_of
from execution.schema import compiled
from tests.unit.execution.runs import AT_ONCE, compare, run_compiled, run_stock

T = TypeVar("T")


class Nobody(BasePermission):
    """Lets nobody in."""

    message = "not for you"

    def has_permission(self, source: object, info: strawberry.Info[None, None], **kwargs: object) -> bool:  # noqa: ARG002
        return False


class Louder(FieldExtension):
    """Shouts."""

    def resolve(
        self, next_: SyncExtensionResolver, source: object, info: strawberry.Info[None, None], **kwargs: object
    ) -> object:
        return str(next_(source, info, **kwargs)).upper()


class Counted(StrawberryField):
    """A field that answers something else than its attribute."""

    def get_result(self, source: object, info: object, args: list[object], kwargs: object) -> object:  # noqa: ARG002
        return 42


def of_root(root: object) -> str:
    return type(root).__name__


def of_parent(parent: strawberry.Parent[object]) -> str:
    return type(parent).__name__


def of_nothing() -> str:
    return "nothing"


def secret() -> str | None:
    return "secret"


async def secret_later() -> str | None:
    return "secret"


def said(word: str = "word") -> str:
    return word


@strawberry.enum
class Mood(Enum):
    """How somebody feels."""

    WELL = "well"


@strawberry.input
class Wish:
    """What somebody wants."""

    words: list[str]
    mood: Mood | None = None


@strawberry.type
class Pair(Generic[T]):
    """Two of a kind."""

    left: T
    right: T


@strawberry.type
class Query:
    """One field of each kind."""

    plain: str = "plain"
    louder_plain: str = strawberry.field(default="quiet", extensions=[Louder()])
    counted: int = cast("int", Counted(python_name="counted", default=1))
    root: str = strawberry.field(resolver=of_root)
    parent: str = strawberry.field(resolver=of_parent)
    nothing: str = strawberry.field(resolver=of_nothing)
    forbidden: str | None = strawberry.field(resolver=secret, permission_classes=[Nobody])
    forbidden_later: str | None = strawberry.field(resolver=secret_later, permission_classes=[Nobody])
    louder: str = strawberry.field(resolver=said, extensions=[Louder()])

    @strawberry.field
    def method(self) -> str:
        return "method"

    @strawberry.field
    async def asked(self, info: strawberry.Info[None, None]) -> str:
        return f"{info.field_name} at {info.path.as_list()} of {info.return_type} as {info.python_name}"

    @strawberry.field
    async def told(
        self,
        info: strawberry.Info[None, None],
        mood: Mood = Mood.WELL,
        words: list[str] | None = None,
        wish: Wish | None = None,
        how_often: Annotated[int, strawberry.argument(name="times")] = 1,
    ) -> str:
        if words is not None:
            words.append("changed")  # which is the resolver's own
        if wish is not None:
            wish.words.append("changed too")
        return f"{info.path.as_list()} {mood!r} {words} {wish} {how_often}"

    @strawberry.field
    @staticmethod
    def still() -> str:
        return "still"

    @strawberry.field
    @classmethod
    def of_class(cls) -> str:
        return cls.__name__

    @strawberry.field
    def pair(self) -> Pair[int]:
        return Pair(left=1, right=2)

    @strawberry.field
    def pairs(self) -> list[Pair[str]]:
        return [Pair(left="a", right="b")]


ALL = """{
    plain louderPlain counted root parent nothing method asked forbidden forbiddenLater
    louder quiet: louder(word: "other") still ofClass pair { left right __typename } pairs { left right __typename }
}"""


def _core(schema: strawberry.Schema) -> object:
    return schema._schema  # noqa: SLF001 - to run it


async def test_every_kind_of_field_answers_what_it_does_without() -> None:
    core, document = _core(strawberry.Schema(query=Query)), parse(ALL)
    stock = await run_stock(core, document, root=Query())
    compare(stock, await run_compiled(core, document, root=Query()), in_order=True)
    assert stock.data is not None
    assert (stock.data["louderPlain"], stock.data["counted"], stock.data["forbidden"]) == ("QUIET", 42, None)


TOLD = """query ($mood: Mood!, $words: [String!], $wish: Wish, $times: Int = 3) { pairs { left }
    told written: told(mood: WELL, words: ["a"], wish: {words: ["b"], mood: WELL}, times: 2)
    given: told(mood: $mood, words: $words, wish: $wish, times: $times)
}"""


@pytest.mark.parametrize("wish", [None, {"words": ["z"]}, {"words": [], "mood": "WELL"}])
async def test_arguments_are_converted_as_strawberry_does_and_belong_to_their_resolver(wish: object) -> None:
    core = _core(strawberry.Schema(query=Query))
    document, given = parse(TOLD), {"mood": "WELL", "words": ["x"], "wish": wish}
    stock = await run_stock(core, document, root=Query(), variables=given)
    for _ in range(2):
        compare(stock, await run_compiled(core, document, root=Query(), variables=given))
    assert stock.data is not None
    assert str(stock.data["given"]).startswith("['given'] <Mood.WELL: 'well'> ['x', 'changed'] ")


async def test_a_default_resolver_of_the_schema_is_asked() -> None:
    def shouted(source: object, name: str) -> object:
        return f"{name} of {type(source).__name__}"

    schema = strawberry.Schema(query=Query, config=StrawberryConfig(default_resolver=shouted))
    core, document = _core(schema), parse("{ plain }")
    stock = await run_stock(core, document, root=Query())
    compare(stock, await run_compiled(core, document, root=Query()))
    assert stock.data == {"plain": "plain of Query"}


def test_only_what_is_plain_is_called_without_strawberry() -> None:
    core = strawberry.Schema(query=Query)._schema  # noqa: SLF001 - to look at its fields
    assert core.query_type is not None
    fields = core.query_type.fields
    assert {name for name, field in fields.items() if attribute_of(field)} == {"plain"}
    assert {name for name, field in fields.items() if method_of(field)} == {
        "nothing",
        "method",
        "asked",
        "told",
        "still",
        "ofClass",
        "pair",
        "pairs",
    }


@pytest.mark.parametrize("cancel", [True, False])
async def test_a_schema_runs_compiled_from_the_second_time_on(cancel: bool) -> None:
    stock = strawberry.Schema(query=Query)
    schema = compiled(stock, AT_ONCE, cancel=cancel)
    expected = await stock.execute(ALL, root_value=Query())
    for _ in range(3):
        answered = await schema.execute(ALL, root_value=Query())
        assert repr(answered.data) == repr(expected.data)
        assert [str(error) for error in answered.errors or []] == [str(error) for error in expected.errors or []]
    assert stock.execution_context_class is not schema.execution_context_class


def test_a_schema_also_runs_without_a_loop() -> None:
    schema = compiled(strawberry.Schema(query=Query), AT_ONCE)
    answered = schema.execute_sync("{ plain method pair { left } }", root_value=Query())
    assert answered.errors is None
    assert answered.data == {"plain": "plain", "method": "method", "pair": {"left": 1}}
