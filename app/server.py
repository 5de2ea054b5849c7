"""Serving until told to stop: the store, the demo world, the port, and a shutdown that finishes what is in flight."""

import asyncio
import contextlib
import importlib
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import timedelta

import uvicorn
from obstore.exceptions import BaseError
from rich.console import Console
from starlette.routing import Route

from app.chain_rpc import asking_chains
from app.connections import HttpProtocol, WebSocketProtocol
from app.demo_accounts import DemoAccounts
from app.embedding import embedding
from app.explorer import Explorer
from app.file_contents import ObjectContents
from app.file_worker import erasing
from app.garbage import collecting, settle
from app.mail_senders import Mailbox, SmtpSender
from app.mail_worker import delivering
from app.order_worker import expiring
from app.passkeys import page_origins, relying_party
from app.providers import signing_in
from app.resend import resending
from app.resend_webhook import ResendWebhook
from app.secret_keys import secret_box
from app.settings import CHECKOUT, Settings
from app.stores import opened_store
from app.wake import following
from app.webhook_worker import telling_webhooks
from app.worker_processes import serving_too
from domain.errors import StoreError
from domain.sign_in_policy import SignInPolicy
from domain.values import now
from graph.migrate import read_migrations, up
from graph.secrets import ensure_secret
from graph.store import Store
from services.carts import CartExpiry
from services.demo import seed
from services.file_erasing import Erasing
from services.filling import fill_columns
from services.keys import Keys
from services.mail import Mails, Sender
from services.mail_delivery import MailDeliveries
from services.order_ending import Expiry
from services.orders import Terms
from services.rate_limits import RateLimits
from services.sealing import SecretBox
from services.secret_rotation import require_keys

log = logging.getLogger("one.server")

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
GRACE_SECONDS = 2
"""How long a request in flight may still take once the server was told to stop."""


class Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it, so that being told to stop is a success."""

    def __init__(
        self,
        config: uvicorn.Config,
        started: Callable[[], Awaitable[None]],
        stopping: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(config)
        self._tell_started = started
        self._tell_stopping = stopping

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so once requests are answered."""
        await super().startup(sockets)
        await self._tell_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so before requests in flight are waited for: subscriptions would never end."""
        await self._tell_stopping()
        await super().shutdown(sockets)


async def serve(settings: Settings, console: Console) -> None:
    """Serve until SIGINT or SIGTERM. StoreError, in one line, where that cannot begin."""
    with bound_socket(settings.host, settings.port) as listener:
        await _serve(settings, console, listener, share=False)


async def work(settings: Settings, listener: socket.socket) -> None:
    """Serve too, at the socket of a server whose store is there, until that ends or says so."""
    stop_with_parent()
    await _serve(settings, Console(quiet=True), listener, share=True)


async def _serve(settings: Settings, console: Console, listener: socket.socket, *, share: bool) -> None:
    """Serve at a socket; with `share` the local store is that of another process."""
    with listener:
        address = f"http://{settings.host}:{listener.getsockname()[1]}"
        # The schema takes a second or two to build, which are better spent while Neo4j starts.
        loading = asyncio.create_task(asyncio.to_thread(importlib.import_module, "app.asgi"))
        async with opened_store(settings, owner=f"serve {address}", console=console, share=share) as store:
            applied = await up(store, read_migrations())
            if applied:
                console.print(f"Migrated the store: {', '.join(migration.title for migration in applied)}.")
            await fill_columns(store)
            box = secret_box(settings)
            await require_keys(store, box)
            policy = sign_in_policy(settings, box)
            if box.first is None:
                log.warning("nobody can get a second factor: set ONE_SECRET_KEYS")
            files = _file_contents(settings)
            accounts = DemoAccounts(settings.data)
            if settings.demo:
                with console.status("Looking for a world to serve …"):
                    accounts.remember(await seed(store))
            await loading
            from app.asgi import create_app  # noqa: PLC0415 - see above
            from app.load import LoadLimits  # noqa: PLC0415 - see above
            from app.subscriptions import LiveLimits  # noqa: PLC0415 - see above
            from services.budgets import BudgetLimits  # noqa: PLC0415 - see above

            app_url = (settings.app_url or address).rstrip("/")
            cursor_key = await ensure_secret(store, "cursor_key")
            async with (
                contextlib.AsyncExitStack() as stack,
                embedding(settings, store) as embedder,
                signing_in(settings.sign_in_providers or (), app_url) as providers,
                asking_chains(settings.chain_rpc_urls or {}) as chains,
                running(_explorer(settings)) as explorer,
                following(store, settings.redis_url, settings.poll_seconds) as events,
            ):
                sender = await stack.enter_async_context(_sending(settings, app_url))
                mailbox = sender if isinstance(sender, Mailbox) else None
                app = create_app(
                    store,
                    cursor_key,
                    explorer,
                    body_limit=settings.body_limit,
                    limits=settings.limits,
                    compiled_execution=settings.compiled_execution,
                    federation=settings.federation,
                    embedder=embedder,
                    scan_limit=settings.scan_limit,
                    origins=frozenset(settings.allowed_origins or ()),
                    wallet_origins=page_origins(app_url, settings.allowed_origins or ()),
                    chains=chains,
                    rate_limits=RateLimits.at(settings.redis_url),
                    providers=providers,
                    box=box,
                    party=relying_party(app_url, settings.passkey_domain, settings.allowed_origins or ()),
                    log=events,
                    terms=Terms(
                        settings.platform_fee,
                        timedelta(hours=settings.unpaid_hours),
                        timedelta(days=settings.cart_days),
                    ),
                    policy=policy,
                    files=files,
                    upload_limit=settings.upload_limit,
                    documents=settings.document_policy,
                    kept_bytes=settings.kept_bytes,
                    live=LiveLimits(
                        patience_seconds=settings.patience_seconds,
                        operations=settings.max_subscriptions,
                        sockets=settings.max_sockets,
                        heartbeat_seconds=settings.heartbeat_seconds,
                    ),
                    load=LoadLimits(
                        settings.max_operations,
                        settings.max_operations_of_one,
                        settings.operation_seconds,
                        BudgetLimits(settings.points, settings.points_per_second),
                    ),
                    more_routes=mailbox.routes if mailbox else _told(settings, store),
                    local_webhooks=settings.webhook_loopback,
                )
                config = uvicorn.Config(
                    app,
                    log_config=None,
                    access_log=False,
                    lifespan="off",
                    server_header=False,
                    forwarded_allow_ips=settings.trusted_proxies,
                    timeout_graceful_shutdown=GRACE_SECONDS,
                    http=HttpProtocol,
                    ws=WebSocketProtocol,
                    ws_per_message_deflate=False,  # it would keep two windows for each, and inflate what strangers send
                    ws_max_size=settings.body_limit,
                    ws_ping_interval=settings.heartbeat_seconds,
                    ws_ping_timeout=settings.patience_seconds,
                )

                async def started() -> None:
                    settle()
                    await accounts.show(console, Keys(store))
                    if mailbox:
                        console.print(f"\nMails are kept at {address}/mailbox", highlight=False)
                    console.print(f"\nONE serves {address}/graphql  (Ctrl-C stops it)", highlight=False)

                async def stopping() -> None:
                    await app.go_away()
                    events.close()

                async with (
                    delivering(Mails(store, now), sender, app_url),
                    erasing(Erasing(store, now, files)),
                    expiring(Expiry(store, now), CartExpiry(store, now)),
                    telling_webhooks(settings, store, events, box, cursor_key),
                    collecting(app.is_idle),
                    serving_too(settings, listener),
                ):
                    await _run(Server(config, started, stopping), listener)


def _explorer(settings: Settings) -> Explorer:
    folder, policy = CHECKOUT / "explorer", settings.document_policy
    return Explorer(folder, enabled=settings.explorer, only_trusted=policy.only_trusted)


def _file_contents(settings: Settings) -> ObjectContents:
    """Where the bytes of files are. StoreError where that cannot be."""
    try:
        return ObjectContents.at(settings.files or (settings.data.absolute() / "files").as_uri())
    except (OSError, BaseError) as error:
        raise StoreError(f"Files cannot be kept where ONE_FILES says: {error}") from error


@contextlib.asynccontextmanager
async def _sending(settings: Settings, app_url: str) -> AsyncIterator[Sender | None]:
    """Where mails go, if they go anywhere."""
    if settings.resend_key is not None:
        async with resending(settings.resend_key.get_secret_value(), settings.mail_from) as sender:
            yield sender
    elif settings.smtp_host is not None:
        yield _smtp(settings, settings.smtp_host)
    else:
        # Whoever reads it can take over every account: it is for who sits at this machine. And it is in one process.
        yield Mailbox(app_url) if settings.demo and settings.host in LOOPBACK and settings.workers == 1 else None


def _told(settings: Settings, store: Store) -> Sequence[Route]:
    """Where it is told what became of mails, if it is."""
    if settings.resend_webhook_secret is None:
        return ()
    return ResendWebhook(MailDeliveries(store, now), settings.resend_webhook_secret.get_secret_value()).routes


def _smtp(settings: Settings, host: str) -> SmtpSender:
    return SmtpSender(
        host,
        settings.smtp_port,
        settings.mail_from,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
    )


def sign_in_policy(settings: Settings, box: SecretBox) -> SignInPolicy:
    """What the settings ask of whoever signs in. StoreError where they ask for what the box cannot keep."""
    if settings.second_factor_of and box.first is None:
        raise StoreError("ONE_SECOND_FACTOR_OF needs ONE_SECRET_KEYS too: nobody could set a second factor up.")
    return SignInPolicy(
        longest_session=timedelta(days=settings.session_days),
        second_factor_of=frozenset(settings.second_factor_of or ()),
        words=settings.password_words or (),
    )


async def _run(server: Server, listener: socket.socket) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.force_exit = server.should_exit  # the second time means now
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    await server.serve(sockets=[listener])


def stop_with_parent() -> None:
    """Stop as if told to once nobody holds the other end of standard input any more."""
    loop = asyncio.get_running_loop()

    def ended() -> None:
        if not os.read(sys.stdin.fileno(), 1):
            loop.remove_reader(sys.stdin.fileno())
            os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(sys.stdin.fileno(), ended)


@contextlib.contextmanager
def bound_socket(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket. StoreError where the port is taken or the address is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, for only then does the event loop turn Nagle's algorithm off, which costs 40 ms an answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise StoreError(
            f"Cannot listen at {host}:{port}: {error.strerror}. Stop what does, or choose another with --port."
        ) from error
    with listener:
        yield listener


@contextlib.asynccontextmanager
async def running(explorer: Explorer) -> AsyncIterator[Explorer]:
    """The explorer, building its page if need be for as long as the server runs."""
    await explorer.start()
    try:
        yield explorer
    finally:
        await explorer.stop()
