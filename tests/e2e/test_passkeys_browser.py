"""Passkeys in a real browser with a virtual authenticator, over the real server."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from typing import cast
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.async_api import CDPSession, Page, async_playwright

from domain.values import JSON
from tests.client import Api
from tests.conftest import missing
from tests.e2e.servers import Served
from tests.e2e.test_explorer_browser import CHROMIUM, CHROMIUM_FLAGS

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(300)]

PASSWORD = "violet anchor 94 meadow"
TRIES = 300
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
ASK = """async ({query, variables}) => {
    const response = await fetch('/graphql', {
        method: 'POST',
        headers: {'Content-Type': 'application/json'},
        body: JSON.stringify({query, variables}),
    });
    return await response.json();
}"""
CREATE = """async (options) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    try { return (await navigator.credentials.create({publicKey})).toJSON(); } catch (error) { return error.name; }
}"""
GET = """async (options) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    return (await navigator.credentials.get({publicKey})).toJSON();
}"""


@pytest.fixture
async def page(served: Served) -> AsyncIterator[Page]:
    """A page of the server's, at a name that passkeys can be for."""
    if not CHROMIUM.exists():
        missing(f"{CHROMIUM} is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        page = await browser.new_page()
        await page.goto(f"http://localhost:{urlsplit(served.url).port}/health/live")
        yield page
        await browser.close()


async def plug_in(page: Page) -> tuple[CDPSession, str]:
    """A virtual authenticator, and the way to it."""
    control = await page.context.new_cdp_session(page)
    await control.send("WebAuthn.enable")
    added = await control.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return control, str(added["authenticatorId"])


async def ask(page: Page, query: str, **variables: JSON) -> Mapping[str, JSON]:
    """What the page is answered, with its cookies."""
    body = cast("Mapping[str, JSON]", await page.evaluate(ASK, {"query": query, "variables": variables}))
    assert "errors" not in body, body
    return cast("Mapping[str, Mapping[str, JSON]]", body["data"])["answer"]


async def join(served: Served) -> None:
    """Sign up, and prove the address by the mail that came."""
    async with httpx2.AsyncClient(base_url=served.url) as client:
        new = {"email": "nia@one.example", "username": "nia", "displayName": "Nia", "password": PASSWORD}
        assert (await Api(client).change("signUp", new))["__typename"] == "SignUpSuccess"
        found: list[str] = []
        for _ in range(TRIES):
            found = re.findall(r'href="(/mailbox/\w+)"', (await client.get("/mailbox")).text)
            if found:
                break
            await asyncio.sleep(0.05)
        [token] = set(re.findall(r"#token=([\w-]+)", (await client.get(found[0])).text))
        assert (await Api(client).change("verifyEmail", {"token": token}))["__typename"] == "VerifyEmailSuccess"


async def options(page: Page, mutation: str) -> JSON:
    answer = await ask(
        page, f"mutation {{ answer: {mutation} {{ ... on {mutation[0].upper()}{mutation[1:]}Success {{ options }} }} }}"
    )
    return answer["options"]


async def test_a_browser_makes_a_passkey_and_signs_in_with_it(served: Served, page: Page) -> None:
    await join(served)
    control, authenticator = await plug_in(page)
    signed_in = await ask(
        page,
        """mutation ($password: String!) {
            answer: signIn(input: {email: "nia@one.example", password: $password, delivery: cookie}) { __typename }
        }""",
        password=PASSWORD,
    )
    assert signed_in == {"__typename": "SignInSuccess"}
    credential = await page.evaluate(CREATE, await options(page, "beginPasskeyRegistration"))
    register = """mutation ($credential: JSON!) {
        answer: completePasskeyRegistration(input: {credential: $credential, name: "Chromium"}) {
            __typename ... on CompletePasskeyRegistrationSuccess { method { kind name } } ... on AppError { message }
        }
    }"""
    made = await ask(page, register, credential=credential)
    assert made.get("method") == {"kind": "passkey", "name": "Chromium"}, made
    [kept] = (await control.send("WebAuthn.getCredentials", {"authenticatorId": authenticator}))["credentials"]
    assert (kept["rpId"], kept["isResidentCredential"]) == ("localhost", True)
    # The authenticator has one of that person already.
    assert await page.evaluate(CREATE, await options(page, "beginPasskeyRegistration")) == "InvalidStateError"
    assert await ask(page, "mutation { answer: signOut { __typename } }") == {"__typename": "SignOutSuccess"}

    who = "{ answer: viewer { person { username } } }"
    sign_in = """mutation ($credential: JSON!) {
        answer: signInWithPasskey(input: {credential: $credential, delivery: cookie}) {
            __typename ... on AppError { message }
        }
    }"""
    for _ in range(2):
        signed = await page.evaluate(GET, await options(page, "beginPasskeySignIn"))
        answer = await ask(page, sign_in, credential=signed)
        assert answer == {"__typename": "SignInWithPasskeySuccess"}, answer
        assert (await ask(page, who))["person"] == {"username": "nia"}
        assert (await ask(page, sign_in, credential=signed))["__typename"] == "AuthError"  # once only
        await ask(page, "mutation { answer: signOut { __typename } }")
