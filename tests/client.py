"""A GraphQL client for tests: it posts real requests to the real application."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import httpx2

from domain.values import JSON, JSONObject

SIGNING_IN = {"signIn", "signInByMail", "completeSignInWith", "signInWithWallet"}
"""Mutations that may ask for a second factor."""


class Attached(str):
    """A file that goes with an operation: among its variables it stands for the content."""

    __slots__ = ("content", "content_type", "name")
    content: bytes
    name: str
    content_type: str

    @classmethod
    def of(cls, content: bytes, name: str = "notes.txt", content_type: str = "text/plain") -> "Attached":
        """A file of that name, which is said to be of that type."""
        made = cls(content.decode("latin-1"))
        made.content, made.name, made.content_type = content, name, content_type
        return made


def attached(value: JSON, path: str = "variables") -> Iterator[tuple[str, Attached]]:
    """The files in variables, each with its place."""
    if isinstance(value, Attached):
        yield path, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from attached(each, f"{path}.{name}")
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, each in enumerate(value):
            yield from attached(each, f"{path}.{index}")


def _without_files(value: JSON) -> JSON:
    """Variables with null in place of the files."""
    if isinstance(value, Mapping):
        return {name: _without_files(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_without_files(each) for each in value]
    return None if isinstance(value, Attached) else value


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    body: Mapping[str, JSON]
    headers: Mapping[str, str]

    @property
    def data(self) -> Mapping[str, JSON]:
        """The data of an operation that met no error."""
        assert "errors" not in self.body, self.body["errors"]
        return cast("Mapping[str, JSON]", self.body["data"])

    @property
    def errors(self) -> list[Mapping[str, JSON]]:
        """The errors of one that did."""
        assert "errors" in self.body, self.body
        return cast("list[Mapping[str, JSON]]", self.body["errors"])

    @property
    def codes(self) -> list[JSON]:
        """The code of each error."""
        return [cast("Mapping[str, JSON]", error["extensions"])["code"] for error in self.errors]

    def at(self, path: str) -> JSON:
        """The value at a dotted path in the data, where a number is an index."""
        value: JSON = self.data
        for step in path.split("."):
            value = value[int(step)] if isinstance(value, list) else cast("Mapping[str, JSON]", value)[step]
        return value

    def each(self, path: str, key: str = "name") -> list[JSON]:
        """One value of every object in the list at a path."""
        return [item[key] for item in cast("list[Mapping[str, JSON]]", self.at(path))]


class Api:
    """Posts operations in the name of whoever has the key."""

    def __init__(self, http: httpx2.AsyncClient, secret: str | None = None) -> None:
        self.http = http
        self.secret = secret
        self._headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}

    @property
    def authorization(self) -> str:
        """The header that says who asks; empty for nobody."""
        return self._headers.get("Authorization", "")

    def as_holder_of(self, secret: str | None) -> "Api":
        """The same server, in another name."""
        return Api(self.http, secret)

    async def ask(self, query: str, variables: JSONObject | None = None, /, **more: JSON) -> Answer:
        """Post a query or a mutation; variables by name or as a mapping."""
        given: JSONObject = {**(variables or {}), **more}
        body: JSONObject = {"query": query, "variables": given}
        files = dict(attached(given))
        if files:
            response = await self._send(body, files)
        else:
            response = await self.http.post("/graphql", json=body, headers=self._headers)
        return Answer(response.status_code, response.json(), response.headers)

    async def _send(self, body: JSONObject, files: Mapping[str, Attached]) -> httpx2.Response:
        """Post an operation with files: https://github.com/jaydenseric/graphql-multipart-request-spec ."""
        places = {str(number): [path] for number, path in enumerate(files)}
        return await self.http.post(
            "/graphql",
            data={"operations": json.dumps(_without_files(body)), "map": json.dumps(places)},
            files={
                str(number): (each.name, each.content, each.content_type) for number, each in enumerate(files.values())
            },
            headers={**self._headers, "GraphQL-Require-Preflight": "1"},
        )

    async def change(self, field: str, given: JSONObject, answer: str = "") -> Mapping[str, JSON]:
        """Post one mutation with that input; `answer` selects from its success, of errors everything comes back."""
        name = field[0].upper() + field[1:]
        found = await self.ask(
            f"""mutation ($input: {name}Input!) {{ answer: {field}(input: $input) {{
                __typename {f"... on {name}Success {{ {answer} }}" if answer else ""}
                {"... on SecondFactorRequired { challenge expiresAt methods }" if field in SIGNING_IN else ""}
                ... on AppError {{
                    message
                    ... on ValidationError {{ field }}
                    ... on ConflictError {{ conflict: field }}
                    ... on NotFoundError {{ resource id }}
                    ... on RateLimitError {{ retryAfter }}
                }}
            }} }}""",
            input=given,
        )
        return cast("Mapping[str, JSON]", found.data["answer"])
