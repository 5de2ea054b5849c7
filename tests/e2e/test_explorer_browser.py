"""GraphiQL in a real browser, over the real server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Route, async_playwright, expect

from tests.conftest import missing
from tests.e2e.servers import Account, Served

BUILD_SECONDS = 240

# The first run on a machine installs the page's npm packages.
pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(300)]

CHECKOUT = Path(__file__).parents[2]
SCREENSHOT = CHECKOUT / "artifacts" / "graphiql.png"
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Visit:
    """A page in a browser that reaches no host but the server's, and what went wrong on it."""

    page: Page
    foreign_requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    if not CHROMIUM.exists():
        missing(f"{CHROMIUM} is not installed")


@pytest.fixture
def account(served: Served) -> Account:
    """The platform owner of the demo world."""
    return served.accounts[0]


@pytest.fixture
async def server_url(served: Served) -> str:
    """The address of a running server, without a path, once it has GraphiQL at /graphql."""
    async with httpx2.AsyncClient(headers={"Accept": "text/html"}) as client:
        deadline = asyncio.get_running_loop().time() + BUILD_SECONDS
        answer = await client.get(f"{served.url}/graphql")
        while "Retry-After" in answer.headers and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(1)
            answer = await client.get(f"{served.url}/graphql")
    if answer.status_code != 200:
        missing("GraphiQL could not be built, see explorer/dist/build.log")
    return served.url


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def visit(browser: Browser, server_url: str) -> AsyncIterator[Visit]:
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    visit = Visit(await context.new_page())

    async def keep_home(route: Route) -> None:
        if urlsplit(route.request.url).netloc == urlsplit(server_url).netloc:
            await route.continue_()
        else:
            visit.foreign_requests.append(route.request.url)
            await route.abort()

    def note_error(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            visit.errors.append(message.text)

    await context.route("**/*", keep_home)
    visit.page.on("console", note_error)
    visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
    await visit.page.goto(f"{server_url}/graphql")
    await expect(editor(visit.page, "Headers")).to_contain_text('"Authorization": "Bearer "')
    yield visit
    await context.close()
    assert visit.foreign_requests == []
    assert visit.errors == []


def editor(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


async def enter_key(page: Page, key: str) -> None:
    await editor(page, "Headers").get_by_text("Bearer").click()
    for press in ("Control+Home", "ArrowDown", "End", "ArrowLeft"):
        await page.keyboard.press(press)
    await page.keyboard.type(key)


async def test_graphiql_runs_an_example_with_the_key_from_the_header_editor(visit: Visit, account: Account) -> None:
    page = visit.page
    await expect(page).to_have_title("ONE · GraphiQL")
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await page.locator(".graphiql-doc-explorer").get_by_text("Query", exact=True).click()
    await expect(page.locator(".graphiql-doc-explorer")).to_contain_text("viewer")

    await expect(editor(page, "Operation Editor")).to_contain_text("query WhoAmI")
    await enter_key(page, account.secret)
    await page.get_by_role("button", name="Execute query").click()
    await expect(editor(page, "Result Window")).to_contain_text("Ada Operator")
    SCREENSHOT.parent.mkdir(exist_ok=True)
    await page.screenshot(path=SCREENSHOT)


async def test_a_new_tab_has_the_key_and_an_explorer_and_the_next_visit_still_has_the_key(
    visit: Visit, account: Account
) -> None:
    page = visit.page
    await enter_key(page, account.secret)
    await page.get_by_role("tab", name="Products").click()
    await expect(editor(page, "Operation Editor")).to_contain_text("query Products")
    await expect(editor(page, "Headers")).to_contain_text(account.secret)
    await page.get_by_role("button", name="New tab").click()
    await expect(editor(page, "Headers")).to_contain_text(account.secret)
    await page.get_by_role("button", name="Show GraphiQL Explorer").click()
    await page.locator(".graphiql-explorer-root").get_by_text("viewer", exact=True).click()
    await expect(editor(page, "Operation Editor")).to_contain_text("viewer")
    await page.reload()
    await expect(editor(page, "Headers")).to_contain_text(account.secret)
