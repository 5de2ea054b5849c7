"""What is compiled, and that nothing a client sends makes what is kept grow without bound."""

from dataclasses import replace

import pytest
from graphql import DocumentNode, OperationDefinitionNode, build_schema, execute_sync, parse
from graphql.execution import Executor

from execution.cache import Bounds, Plans
from execution.documents import Documents
from execution.executor import CompiledExecution

SCHEMA = build_schema("type Query { a: Int, b: Query, c(x: Int): Int }")
ROOT = {"a": 1, "b": {"a": 2, "b": {"a": 3}}, "c": 4}


class Clock:
    """A time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.each = 0.0  # how much passes whenever somebody looks

    def __call__(self) -> float:
        self.seconds += self.each
        return self.seconds


class Server:
    """Answers documents, and says what became of them."""

    def __init__(self, bounds: Bounds, clock: Clock | None = None) -> None:
        self.plans = Plans(bounds, clock or Clock())

        class Compiled(CompiledExecution):
            plans = self.plans

        self.executor: type[Executor[None]] = Compiled

    def answers(self, document: DocumentNode, variables: dict[str, object] | None = None) -> object:
        answered = execute_sync(SCHEMA, document, ROOT, variable_values=variables, executor_class=self.executor)
        assert answered.errors is None
        return answered.data

    @property
    def documents(self) -> int:
        return self.plans.size[0]

    @property
    def characters(self) -> int:
        return self.plans.size[1]

    @property
    def fields(self) -> int:
        return self.plans.size[2]


def test_compiles_a_document_when_it_comes_again() -> None:
    server, document = Server(Bounds()), parse("{ a b { a } }")
    assert server.answers(document) == {"a": 1, "b": {"a": 2}}
    assert server.fields == 0
    assert server.answers(document) == {"a": 1, "b": {"a": 2}}
    assert server.fields == 3
    server.answers(document)
    assert server.fields == 3


def test_never_compiles_what_is_new_every_time() -> None:
    server = Server(Bounds(documents=20))
    for _ in range(100):
        server.answers(parse("{ a }"))
    assert (server.documents, server.fields) == (20, 0)


def test_compiles_a_trusted_document_at_once() -> None:
    server, document = Server(Bounds()), parse("{ a }")
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    server.plans.trust(operation, SCHEMA)
    server.answers(document)
    assert server.fields == 1


def test_keeps_the_documents_that_were_used_last() -> None:
    server = Server(Bounds(documents=2, sights=1))
    first, second, third = parse("{ a }"), parse("{ a b { a } }"), parse("{ c }")
    server.answers(first)
    server.answers(second)
    server.answers(first)
    server.answers(third)
    assert (server.documents, server.fields) == (2, 2)


def test_keeps_no_more_characters_than_it_may() -> None:
    server = Server(Bounds(characters=100, longest=50))
    for length in range(10, 60):
        server.answers(parse("{ a }".ljust(length)))
        assert server.characters <= 100
    assert server.documents == 2  # the last are of 50 and 49 characters, and longer ones are not kept at all


def test_keeps_no_more_compiled_fields_than_it_may() -> None:
    server = Server(Bounds(sights=1, fields=10))
    for _ in range(20):
        server.answers(parse("{ a b { a } }"))
        assert server.fields <= 10


def test_leaves_to_graphql_core_what_one_document_has_too_many_of() -> None:
    server, document = Server(Bounds(sights=1, fields_each=3)), parse("{ a b { a b { a } } }")
    assert server.answers(document) == {"a": 1, "b": {"a": 2, "b": {"a": 3}}}
    assert server.fields == 2


def test_compiles_few_combinations_of_conditions() -> None:
    names = [f"v{index}" for index in range(4)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    document = parse(f"query ({declared}) {{ {' '.join(f'{name}: a @include(if: ${name})' for name in names)} }}")
    server = Server(Bounds(sights=1, variants=3))
    for number in range(16):
        given: dict[str, object] = {name: bool(number >> index & 1) for index, name in enumerate(names)}
        assert server.answers(document, given) == {name: 1 for name, value in given.items() if value}
    assert server.fields == 2  # of none, of the first and of the second


def test_spends_a_share_of_the_time_on_compiling_at_the_most() -> None:
    clock = Clock()
    server = Server(Bounds(sights=1, burst=1.0, share=0.1), clock)
    clock.each = 0.5  # so long takes every compilation
    for _ in range(10):
        server.answers(parse("{ a }"))
    clock.each = 0.0
    compiled = server.fields
    assert compiled < 10
    server.answers(parse("{ a }"))
    assert server.fields == compiled
    clock.seconds += 60
    server.answers(parse("{ a }"))
    assert server.fields == compiled + 1


def test_arguments_of_one_request_are_not_those_of_another() -> None:
    seen: list[object] = []

    class Root:
        def c(self, _info: object, x: int) -> int:
            seen.append(x)
            return x

    plans = Plans(replace(Bounds(), sights=1))
    executor = type("Compiled", (CompiledExecution,), {"plans": plans})
    document = parse("query ($x: Int) { c(x: $x) d: c(x: 7) }")
    for value in (1, 2, 3):
        answered = execute_sync(SCHEMA, document, Root(), variable_values={"x": value}, executor_class=executor)
        assert answered.data == {"c": value, "d": 7}
    assert seen == [1, 7, 2, 7, 3, 7]


def test_documents_are_kept_parsed_within_bounds() -> None:
    documents = Documents(most=3, characters=100, longest=50)
    first = documents.parsed("{ a }", {})
    assert documents.parsed("{ a }", {}) is first
    assert documents.parsed("{ a }", {"max_tokens": 10}) is not first
    for length in range(10, 60):
        documents.parsed("{ a }".ljust(length), {})
        kept, characters = documents.size
        assert kept <= 3
        assert characters <= 100
    assert documents.parsed("{ a }", {}) is not first


def test_what_is_known_about_a_document_is_found_out_once() -> None:
    documents, asked = Documents(), []

    def find_out() -> int:
        asked.append(1)
        return 5

    kept, stranger = documents.parsed("{ a }", {}), parse("{ a }")
    assert [documents.about(kept, "size", find_out) for _ in range(3)] == [5, 5, 5]
    assert len(asked) == 1
    assert [documents.about(stranger, "size", find_out) for _ in range(2)] == [5, 5]
    assert len(asked) == 3


@pytest.mark.parametrize(
    "text",
    [
        "query @experimental_disableErrorPropagation { a }",
        "{ ...F @defer } fragment F on Query { a }",
        "{ ...F(x: 1) } fragment F($x: Int) on Query { c(x: $x) }",
    ],
)
def test_leaves_to_graphql_core_what_it_alone_can(text: str) -> None:
    server = Server(Bounds(sights=1))
    document = parse(text, experimental_fragment_arguments=True)
    server.answers(document)
    assert server.fields == 0
