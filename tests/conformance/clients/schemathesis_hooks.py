"""What Schemathesis has to know of this schema: values of its scalars, and which answers are a fault of the server."""

import schemathesis
from graphql import NameNode, ObjectFieldNode
from hypothesis import strategies as st
from schemathesis.graphql import nodes

FAULTS = {"INTERNAL", "UNAVAILABLE", "OVERLOADED", "DEADLINE_EXCEEDED"}

texts = st.text(max_size=50)
names = st.from_regex(r"\A[a-z]{1,9}\Z").map(lambda name: NameNode(value=name))
values = st.recursive(
    texts.map(nodes.String) | st.integers().map(nodes.Int) | st.booleans().map(nodes.Boolean) | st.just(nodes.Null),
    lambda inner: (
        st.lists(inner, max_size=3).map(nodes.List)
        | st.lists(
            st.builds(lambda name, value: ObjectFieldNode(name=name, value=value), names, inner), max_size=3
        ).map(nodes.Object)
    ),
    max_leaves=6,
)

schemathesis.graphql.scalar("DateTime", (st.datetimes().map(lambda at: f"{at.isoformat()}Z") | texts).map(nodes.String))
schemathesis.graphql.scalar("Decimal", (st.decimals().map(str) | texts).map(nodes.String))
schemathesis.graphql.scalar("JSON", values)
schemathesis.graphql.scalar("Upload", st.just(nodes.Null))


@schemathesis.check
def no_fault(_context: object, response: schemathesis.Response, _case: schemathesis.Case) -> None:
    """Whatever was sent, no answer says that the server is at fault, and each error has a code."""
    assert response.status_code < 500, response.status_code
    for error in response.json().get("errors", ()):
        assert error["extensions"]["code"] not in FAULTS, error
