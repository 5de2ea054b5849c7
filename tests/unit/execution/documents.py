"""Documents made at random over the schema of `people`: valid, with fragments, aliases, variables and conditions."""

from random import Random

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLUnionType, get_named_type, is_leaf_type

from tests.unit.execution.people import schema

CORE = schema._schema  # noqa: SLF001 - graphql-core's, to which documents are put
VARIABLES = (
    '$yes: Boolean!, $no: Boolean = false, $word: String = "so", '
    "$times: Int, $moods: [Mood!], $id: ID = 1, $wish: Wish!"
)
_ARGUMENTS = {
    "greeting": [
        "",
        '(word: "x")',
        "(word: $word, times: $times)",
        "(moods: $moods)",
        "(moods: [GLAD, SAD], times: 3)",
    ],
    "granted": [
        '(wish: {what: "w"})',
        "(wish: $wish)",
        "(wish: {what: $word2, often: 9})",
        '(wish: {what: "v"}, at: "2020-01-01T00:00:00Z")',
    ],
    "friends": ["", "(first: 1)", "(first: $times2)"],
    "person": ["(id: 1)", "(id: $id)"],
    "rename": ['(name: "n")'],
}
_CONDITIONS = [
    " @skip(if: $yes)",
    " @include(if: $yes)",
    " @skip(if: $no)",
    " @include(if: $no)",
    " @skip(if: false)",
    " @include(if: false)",
]
Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType


class Documents:
    """Makes one document."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._aliases = 0
        self._fragments: list[tuple[str, str, str]] = []

    def made(self) -> str:
        """The text of a document with one operation."""
        random = self._random
        for name in random.sample(["Person", "Being", "Robot", "Cat", "Pet", "Dog"], random.randrange(4)):
            type_ = CORE.type_map[name]
            assert isinstance(type_, Composite)
            self._fragments.append((f"F{len(self._fragments)}", name, self._selection(type_, 1)))
        kind = "mutation" if random.random() < 0.15 else "query"
        root = CORE.mutation_type if kind == "mutation" else CORE.query_type
        assert root is not None
        operation = (
            f"{kind} Q({VARIABLES}, $word2: String!, $times2: Int!) {self._selection(root, random.randrange(1, 4))}"
        )
        fragments = [f"fragment {name} on {on} {selection}" for name, on, selection in self._fragments]
        return "\n".join([operation, *fragments])

    def _condition(self) -> str:
        return self._random.choice(_CONDITIONS) if self._random.random() < 0.12 else ""

    def _selection(self, type_: Composite, depth: int) -> str:
        random = self._random
        parts = [self._part(type_, depth) for _ in range(random.randrange(1, 5))]
        return "{ " + " ".join(part for part in parts if part) + " __typename }"

    def _part(self, type_: Composite, depth: int) -> str:
        random = self._random
        chance = random.random()
        possible = [type_.name, *(each.name for each in self._possible(type_))]
        if chance < 0.12:
            on = random.choice(possible)
            inner = CORE.type_map[on]
            assert isinstance(inner, Composite)
            condition = f" on {on}" if on != type_.name or random.random() < 0.5 else ""
            return f"...{condition}{self._condition()} {self._selection(inner, depth)}"
        spreads = [name for name, on, _ in self._fragments if on in possible]
        if chance < 0.25 and spreads:
            return f"...{random.choice(spreads)}{self._condition()}"
        if isinstance(type_, GraphQLUnionType):
            return "__typename"
        name = random.choice(list(type_.fields))
        inner = get_named_type(type_.fields[name].type)
        arguments = random.choice(_ARGUMENTS.get(name, [""]))
        alias = ""
        if arguments or random.random() < 0.2:
            self._aliases += 1
            alias = f"a{self._aliases}: "
        if is_leaf_type(inner):
            return f"{alias}{name}{arguments}{self._condition()}"
        if depth == 0:
            return ""
        assert isinstance(inner, Composite)
        return f"{alias}{name}{arguments}{self._condition()} {self._selection(inner, depth - 1)}"

    def _possible(self, type_: Composite) -> list[GraphQLObjectType]:
        return [] if isinstance(type_, GraphQLObjectType) else list(CORE.get_possible_types(type_))


def variables(random: Random) -> dict[str, object]:
    """Values for the variables, some of which are left to their defaults."""
    given: dict[str, object] = {
        "yes": random.random() < 0.5,
        "word2": "w",
        "times2": random.randrange(3),
        "wish": {"what": "x", "often": random.randrange(6)},
    }
    optional: dict[str, list[object]] = {
        "no": [True, False],
        "word": ["y", None],
        "times": [None, 4],
        "moods": [None, ["SAD"]],
        "id": ["2"],
    }
    for name, values in optional.items():
        if random.random() < 0.4:
            given[name] = random.choice(values)
    return given
