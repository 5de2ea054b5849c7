"""What is in the demo world. A property `@name` stands for the id of what has that name here."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from domain.groups import GroupType, JoinPolicy, Plan, Visibility
from domain.people import PlatformRole
from domain.things import ThingStatus
from domain.values import JSON
from services.groups import NewGroup
from services.people import NewPerson
from services.things import NewThing

_PUBLISHED, _ACTIVE, _DRAFT = ThingStatus.PUBLISHED, ThingStatus.ACTIVE, ThingStatus.DRAFT


def _usd(cents: int) -> JSON:
    return {"amount": cents, "currency": "USD"}


def groups() -> Iterator[tuple[str, str | None, NewGroup]]:
    """Each group's name here, its parent's, and the group; parents come first."""
    organization, business, community = GroupType.ORGANIZATION, GroupType.BUSINESS, GroupType.COMMUNITY
    yield "aurora", None, NewGroup("aurora", "Aurora", organization, plan=Plan.ENTERPRISE)
    yield "studio", "aurora", NewGroup("aurora-studio", "Aurora Studio", business, plan=Plan.PRO)
    yield "shop", "studio", NewGroup("aurora-shop", "Aurora Shop", business, visibility=Visibility.PUBLIC)
    yield "academy", "aurora", NewGroup("aurora-academy", "Aurora Academy", business, plan=Plan.PRO)
    yield "cohort", "academy", NewGroup("storytelling-cohort", "Storytelling, spring cohort", community)
    yield (
        "makers",
        None,
        NewGroup("makers-dao", "Makers", GroupType.DAO, visibility=Visibility.PUBLIC, join_policy=JoinPolicy.OPEN),
    )
    yield "city", None, NewGroup("riverside", "City of Riverside", GroupType.GOVERNMENT, visibility=Visibility.PUBLIC)
    yield "supper", None, NewGroup("supper-club", "Supper club", GroupType.FRIEND_CIRCLE)


def below(group: NewGroup, parent_id: str | None) -> NewGroup:
    """The group under that parent."""
    return replace(group, parent_id=parent_id)


def people() -> dict[str, NewPerson]:
    """Everybody with an account, by the name here."""
    return {
        "ada": NewPerson("ada@one.example", "ada", "Ada Operator", PlatformRole.PLATFORM_OWNER),
        "olivia": NewPerson("olivia@one.example", "olivia", "Olivia Owner", PlatformRole.ORG_OWNER),
        "emil": NewPerson("emil@one.example", "emil", "Emil Editor", PlatformRole.ORG_USER),
        "vera": NewPerson("vera@one.example", "vera", "Vera Viewer", PlatformRole.ORG_USER),
        "carl": NewPerson("carl@one.example", "carl", "Carl Customer", PlatformRole.CUSTOMER),
    }


def things() -> Iterator[tuple[str, str, NewThing, tuple[str, ...]]]:
    """Each thing's name here, its group's, the thing, and its labels."""

    def thing(
        name: str, group: str, kind: str, title: str, status: ThingStatus, *labels: str, **properties: JSON
    ) -> tuple[str, str, NewThing, tuple[str, ...]]:
        return name, group, NewThing("", kind, title, status, properties), labels

    yield thing(
        "creator", "studio", "creator", "Olivia Owner", _ACTIVE, "skill:storytelling", "skill:audio",
        bio="Tells stories for a living.", niche="Storytelling", followers=48_000,
    )  # fmt: skip
    yield thing("clone", "studio", "ai_clone", "Olivia's AI clone", _ACTIVE, "skill:storytelling", model="local")
    yield thing("writer", "studio", "marketing_agent", "Newsletter writer", _ACTIVE, goal="One letter a week")
    yield thing("blog", "studio", "website", "aurora.example", _PUBLISHED, url="https://aurora.example")
    yield thing("post", "studio", "blog_post", "Why stories stay", _PUBLISHED, "topic:storytelling", words=900)
    yield thing("video", "studio", "video", "A story in three acts", _PUBLISHED, "topic:storytelling", seconds=612)
    yield thing("podcast", "studio", "podcast", "Told twice", _PUBLISHED, "topic:audio", episodes=24)
    yield thing("campaign", "studio", "campaign", "Spring launch", _DRAFT, goal="200 enrolments")
    yield thing("report", "studio", "report", "First quarter", _DRAFT, pages=12)
    yield thing(
        "cover", "studio", "file", "Course cover", _ACTIVE,
        fileName="cover.png", contentType="image/png", size=184_320,
    )  # fmt: skip
    yield thing(
        "course", "shop", "product", "Storytelling for makers", _PUBLISHED, "category:course", "topic:storytelling",
        category="course", price=_usd(14_900), description="Six weeks, one story.",
    )  # fmt: skip
    yield thing(
        "template", "shop", "product", "Story canvas", _PUBLISHED, "category:template",
        category="template", price=_usd(1_900), salePrice=_usd(900),
    )  # fmt: skip
    yield thing(
        "mug", "shop", "product", "Story mug", _PUBLISHED, "category:physical",
        category="physical", price=_usd(1_600), stock=120, sku="MUG-01",
    )  # fmt: skip
    yield thing(
        "session", "shop", "product", "An hour with Olivia", _DRAFT, "category:consultation",
        category="consultation", price=_usd(25_000),
    )  # fmt: skip
    yield thing(
        "order", "shop", "order", "Order 1001", _ACTIVE,
        number="1001", state="paid", currency="USD", placedAt="2026-03-02T09:30:00+00:00", customerId="@carl",
        lines=(
            {"productId": "@course", "name": "Storytelling for makers", "unitPrice": 14_900, "quantity": 1,
             "discount": "0.1"},
            {"productId": "@mug", "name": "Story mug", "unitPrice": 1_600, "quantity": 2},
        ),
    )  # fmt: skip
    yield thing(
        "payment", "shop", "payment", "Payment of order 1001", _ACTIVE,
        orderId="@order", amount=_usd(16_610), state="finalized", method="bank transfer", reference="ORDER 1001",
        customerId="@carl",
    )  # fmt: skip
    yield thing("cart", "shop", "cart", "Carl's cart", _ACTIVE, lines=({"productId": "@template", "quantity": 1},))
    yield thing(
        "hook", "shop", "webhook", "Bookkeeping", _ACTIVE,
        url="https://books.example/hook", eventTypes=("order_paid",),
    )  # fmt: skip
    for number, title in enumerate(("Find the question", "Raise the stakes", "Land the ending"), start=1):
        yield thing(f"lesson{number}", "academy", "lesson", title, _PUBLISHED, "topic:storytelling", position=number)
    yield thing(
        "membership", "academy", "subscription", "Academy membership", _ACTIVE,
        state="active", price=_usd(2_900), interval="month", startedAt="2026-01-15T00:00:00+00:00",
    )  # fmt: skip
    yield thing("invitation", "cohort", "invitation", "A seat in the cohort", _ACTIVE, role="viewer", state="pending")
    yield thing("talk", "cohort", "conversation", "Week one", _ACTIVE)
    yield thing("hello", "cohort", "message", "Hello all", _ACTIVE, text="Good to be here.")
    yield thing("token", "makers", "token", "Maker token", _ACTIVE, symbol="MAKE", supply="1000000")
    yield thing("mandate", "makers", "mandate", "Treasury mandate", _ACTIVE, limit="5000 MAKE a month")
    yield thing("notice", "city", "announcement", "Library opens on Sundays", _PUBLISHED, "topic:library")
    yield thing("dinner", "supper", "livestream", "Dumplings, live", _DRAFT)


def placed(thing: NewThing, group_id: str, properties: Mapping[str, JSON]) -> NewThing:
    """The thing in that group, with those properties."""
    return replace(thing, group_id=group_id, properties=properties)


def connections() -> Iterator[tuple[str, str, str, Mapping[str, JSON]]]:
    """From, type, to, properties."""
    for person, role, group in (
        ("ada", "owner", "aurora"),
        ("olivia", "owner", "aurora"),
        ("emil", "editor", "studio"),
        ("vera", "viewer", "academy"),
        ("carl", "viewer", "cohort"),
        ("olivia", "owner", "supper"),
        ("emil", "owner", "makers"),
        ("vera", "owner", "city"),
    ):
        yield person, "member_of", group, {"role": role}
    for product in ("course", "template", "session"):
        yield "olivia", "owns", product, {"revenueShare": 0.7}
    yield "studio", "owns", "mug", {}
    yield "studio", "owns", "blog", {}
    yield "clone", "clone_of", "olivia", {}
    yield "clone", "trained_on", "post", {}
    yield "clone", "trained_on", "podcast", {}
    yield "writer", "powers", "campaign", {}
    yield "olivia", "authored", "post", {}
    yield "emil", "authored", "video", {}
    yield "post", "published_to", "blog", {}
    yield "video", "references", "course", {}
    for number in (1, 2, 3):
        yield f"lesson{number}", "part_of", "course", {}
    yield "cover", "part_of", "course", {}
    yield "hello", "part_of", "talk", {}
    yield "hello", "created_by", "carl", {}
    yield "vera", "teaching", "course", {}
    yield "carl", "enrolled_in", "course", {"progress": 0.25}
    yield "carl", "purchased", "course", {}
    yield "carl", "transacted", "order", {"variant": "ordered"}
    yield "carl", "following", "creator", {}
    yield "emil", "reports_to", "olivia", {}
    yield "olivia", "manages", "campaign", {}
    yield "emil", "moderates", "makers", {}
    yield "emil", "holds_tokens", "token", {"balance": "1200"}
    yield "aurora", "collaborates_with", "city", {}
    yield "vera", "participated_in", "notice", {}
