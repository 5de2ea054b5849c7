"""Settings: from the environment or a `.env` file, each named ONE_…; an unknown or a bad one is named in the error."""

import os
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.chain_settings import read_chains
from app.passkeys import is_within
from app.production import problems as unfit_for_production
from app.provider_settings import ProviderSettings, read_providers
from domain.files import UPLOAD_LIMIT
from domain.knowledge import MAX_DIMENSION
from domain.people import PlatformRole
from domain.sign_in_policy import LONGEST_SESSION
from domain.trusted_documents import DocumentPolicy
from schema.limits import Limits
from services.kept_answers import KEPT_BYTES
from services.sealing import read_key

PREFIX = "ONE_"
CHECKOUT = Path(__file__).parent.parent


class SettingsError(Exception):
    """Settings that cannot be used; the message is one line that names each and says what is wrong with it."""


def _address(value: str) -> str:
    if not re.match(r"(neo4j|bolt)(\+s|\+ssc)?://", value):
        raise ValueError("takes neo4j://HOST:PORT or bolt://HOST:PORT")
    return value


Address = Annotated[str, AfterValidator(_address)]


class Settings(BaseSettings):
    """Everything about a server that an operator may choose."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=CHECKOUT / ".env", env_ignore_empty=True, extra="forbid", frozen=True
    )

    host: str = Field("127.0.0.1", description="The address to listen at.")
    port: int = Field(8000, ge=0, le=65_535, description="The port to listen at; 0 picks a free one.")
    data: Path = Field(CHECKOUT / "data", description="The folder of the local store and of what belongs to it.")
    demo: bool = Field(True, description="Whether to fill an empty store with a demo world.")
    production: bool = Field(False, description="Whether to refuse settings that are good enough for development only.")
    store: Address | None = Field(None, description="The Neo4j to use instead of a local one.")
    store_user: str = Field("neo4j", description="The user of that Neo4j.")
    store_password: SecretStr | None = Field(None, description="The password of that user.")
    store_database: str | None = Field(None, description="The database in that Neo4j; its default where not given.")
    store_timeout: float = Field(30, gt=0, description="How many seconds one statement may take in the store.")
    secret_keys: Annotated[tuple[SecretStr, ...] | None, NoDecode] = Field(
        None, description="What encrypts secrets in the store, in base64, by commas: the first does, all decrypt."
    )
    maven_mirror: str | None = Field(None, pattern="^https?://", description="Where to fetch Neo4j's jars from.")
    java_home: Path | None = Field(None, description="The Java that runs the local store, if not the packaged one.")
    explorer: bool = Field(True, description="Whether a browser gets GraphiQL at /graphql.")
    allowed_origins: Annotated[tuple[str, ...] | None, NoDecode] = Field(
        None, description="Pages of which origins may use the cookies of who is signed in: https://…, by commas."
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="Proxies whose X-Forwarded-For tells where a request comes from, by commas."
    )
    redis_url: str | None = Field(
        None, pattern="^rediss?://", description="The Redis in which several servers count tries and wake each other."
    )
    app_url: str | None = Field(
        None, pattern="^https?://", description="Where the pages are that links in mails lead to; else the server."
    )
    passkey_domain: str | None = Field(
        None,
        pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$",
        description="The domain that passkeys are for; else the host of ONE_APP_URL.",
    )
    chain_rpc_urls: Annotated[Mapping[int, SecretStr] | None, NoDecode] = Field(
        None,
        description="Where to ask chains about wallets that are contracts: a JSON object of ids and addresses.",
    )
    smtp_host: str | None = Field(None, description="The mail server; without one, mails wait, or go to /mailbox.")
    smtp_port: int = Field(587, gt=0, le=65_535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", description="How to encrypt what goes there.")
    smtp_user: str | None = Field(None, description="The user there, if it asks for one.")
    smtp_password: SecretStr | None = Field(None, description="The password of that user.")
    resend_key: SecretStr | None = Field(None, description="The API key of Resend, to send mails by it instead.")
    resend_webhook_secret: SecretStr | None = Field(
        None, description="The secret of the webhook by which Resend tells what became of mails: whsec_…"
    )
    mail_from: str = Field("ONE <one@localhost>", description="Who mails are from.")
    sign_in_providers: Annotated[tuple[ProviderSettings, ...] | None, NoDecode] = Field(
        None, description="Where people may sign in with an account that they have there: a JSON list."
    )
    session_days: int = Field(
        LONGEST_SESSION.days, ge=1, le=365, description="How many days a session lasts at the most, however it is used."
    )
    second_factor_of: Annotated[tuple[PlatformRole, ...] | None, NoDecode] = Field(
        None, description="Who needs a second factor: all, or people of these platform roles, by commas."
    )
    password_words: Annotated[tuple[str, ...] | None, NoDecode] = Field(
        None, description="Words that no password may lean on, such as names of the organization, by commas."
    )
    body_limit: int = Field(1_000_000, gt=0, description="How many bytes the body of a request may have.")
    files: str | None = Field(
        None, description="Where files are kept: file:///folder or s3://bucket/path; else in the data folder."
    )
    upload_limit: int = Field(UPLOAD_LIMIT, gt=0, description="How many bytes a file may have that is uploaded.")
    max_tokens: int = Field(5_000, gt=0, description="How many tokens a query's text may have.")
    max_depth: int = Field(15, gt=0, description="How many levels deep an operation may be; introspection is free.")
    max_fields: int = Field(1_000, gt=0, description="How many fields an operation may have, fragments spread.")
    max_aliases: int = Field(100, ge=0, description="How many aliases an operation may have, fragments spread.")
    max_directives: int = Field(50, ge=0, description="How many directives an operation may have, fragments spread.")
    max_root_fields: int = Field(100, gt=0, description="How many fields an operation may have at its root.")
    max_cost: int = Field(50_000, gt=0, description="How many points an operation may cost.")
    points: int = Field(500_000, gt=0, description="How many points a person, a key or an address may spend at once.")
    points_per_second: int = Field(50_000, gt=0, description="How many of them come back in a second.")
    introspection: bool = Field(
        True, description="Whether clients may ask for the schema; where not, errors suggest no names of it either."
    )
    max_operations: int = Field(500, gt=0, description="How many operations this server has under way at a time.")
    max_operations_of_one: int = Field(100, gt=0, description="How many of these may be of one person or address.")
    operation_seconds: float = Field(30, gt=0, description="How many seconds a query or a mutation may take.")
    max_sockets: int = Field(200, gt=0, description="How many WebSockets one person or address may have open.")
    max_subscriptions: int = Field(50, gt=0, description="How many operations one WebSocket or stream may have open.")
    heartbeat_seconds: float = Field(15, gt=0, description="How often a subscription shows that it is alive.")
    patience_seconds: float = Field(
        30, gt=0, description="How long a client may not read what it subscribed to before it is cut off."
    )
    poll_seconds: float = Field(
        1, gt=0, description="How often to look for events of other processes of which no Redis tells."
    )
    webhook_loopback: bool = Field(
        False, description="Whether webhooks may be on this machine, by plain HTTP: for development only."
    )
    webhook_pause_hours: float = Field(
        48, gt=0, description="How many hours every try has to fail before a webhook is paused."
    )
    webhook_seconds: float = Field(15, gt=0, le=60, description="How many seconds a webhook may take to answer.")
    documents: Literal["any", "trusted"] = Field(
        "any", description="What runs: any operation, or trusted documents alone, which `one documents push` registers."
    )
    persisted_queries: bool = Field(
        True, description="Whether clients may send a hash in place of a text that they have sent before."
    )
    compiled_execution: bool = Field(True, description="Whether operations that come again run compiled.")
    federation: bool = Field(
        False, description="Whether a router of federated graphs may take the schema in, and ask for entities."
    )
    embedding_dimension: int | None = Field(
        None, ge=1, le=MAX_DIMENSION, description="How many numbers a vector has: chosen once for a store."
    )
    embedding_url: str | None = Field(
        None, pattern="^https?://", description="An OpenAI-compatible endpoint, without /embeddings, that embeds texts."
    )
    embedding_model: str | None = Field(None, min_length=1, description="The model to ask that endpoint for.")
    embedding_key: SecretStr | None = Field(None, description="The key that the endpoint wants, if it does.")
    workers: int = Field(1, ge=1, le=64, description="How many processes serve the port.")
    kept_bytes: int = Field(
        KEPT_BYTES, ge=0, description="How many bytes of answers to keep until something changes; 0 keeps none."
    )
    scan_limit: int = Field(100_000, gt=0, description="How many rows a list may look at for one page of a filter.")
    platform_fee: Decimal = Field(
        Decimal("0.05"), ge=0, le=1, decimal_places=4, description="The part of what is sold that the platform keeps."
    )
    unpaid_hours: float = Field(
        24, gt=0, le=8_760, description="How many hours an order waits to be paid before it expires."
    )
    cart_days: float = Field(30, gt=0, le=3_650, description="How many days a cart is kept after it was last changed.")
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="How to log: text for people in a terminal, JSON for programs elsewhere."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is logged.")

    @property
    def limits(self) -> Limits:
        """How large an operation may be."""
        return Limits(
            tokens=self.max_tokens,
            depth=self.max_depth,
            fields=self.max_fields,
            aliases=self.max_aliases,
            directives=self.max_directives,
            root_fields=self.max_root_fields,
            cost=min(self.max_cost, self.points),
            introspection=self.introspection,
        )

    @property
    def document_policy(self) -> DocumentPolicy:
        """Which documents run."""
        return DocumentPolicy(only_trusted=self.documents == "trusted", automatic=self.persisted_queries)

    @field_validator("allowed_origins", "secret_keys", "password_words", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("second_factor_of", mode="before")
    @classmethod
    def _roles(cls, value: object) -> object:
        if isinstance(value, str) and value.strip() == "all":
            return tuple(PlatformRole)
        return cls._split(value)

    @field_validator("sign_in_providers", mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        return read_providers(value) if isinstance(value, str) else value

    @field_validator("chain_rpc_urls", mode="before")
    @classmethod
    def _read_chains(cls, value: object) -> object:
        return read_chains(value) if isinstance(value, str) else value

    @field_validator("resend_webhook_secret")
    @classmethod
    def _webhook_secret(cls, value: SecretStr | None) -> SecretStr | None:
        text = value.get_secret_value() if value else None
        if text is not None and not re.fullmatch(r"whsec_[A-Za-z0-9+/]{32,}={0,2}", text):
            raise ValueError("takes the signing secret of a webhook, whsec_…")
        return value

    @field_validator("files")
    @classmethod
    def _files(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"file:///[^?#]+|s3://[a-z0-9.-]+(/[^?#]*)?", value):
            raise ValueError("takes file:///folder or s3://bucket/path")
        return value

    @field_validator("secret_keys")
    @classmethod
    def _keys(cls, value: tuple[SecretStr, ...] | None) -> tuple[SecretStr, ...] | None:
        keys = [read_key(each.get_secret_value()) for each in value or ()]
        if len(set(keys)) < len(keys):
            raise ValueError("names a key twice")
        return value or None

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for origin in value or ():
            if not re.fullmatch(r"https?://[a-z0-9.-]+(:\d+)?", origin):
                raise ValueError(f"takes origins such as https://app.example.com; {origin[:60]!r} is none")
        return value


def load_settings(**given: object) -> Settings:
    """The settings, with what is given on the command line before what the environment says."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)
    if unknown:
        raise SettingsError(f"Unknown setting {', '.join(unknown)}. Known: {', '.join(sorted(known))}.")
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        settings = Settings(**chosen)  # type: ignore[arg-type] # pydantic checks each value
    except ValidationError as error:
        problems = [f"{_setting(str(problem['loc'][0]))}: {problem['msg']}" for problem in error.errors()]
        raise SettingsError(f"Bad settings. {'; '.join(problems)}.") from error
    _check_passkey_domain(settings)
    if settings.resend_key is not None and settings.smtp_host is not None:
        raise SettingsError("Bad settings. ONE_RESEND_KEY: set it or ONE_SMTP_HOST, and not both.")
    if settings.resend_webhook_secret is not None and settings.resend_key is None:
        raise SettingsError("Bad settings. ONE_RESEND_WEBHOOK_SECRET: only for mails by Resend; set ONE_RESEND_KEY.")
    unfit = list(_unfit(settings)) if settings.production else []
    if unfit:
        raise SettingsError(f"Not fit for production. {'; '.join(unfit)}.")
    return settings


def as_environment(settings: Settings) -> dict[str, str]:
    """The environment of a process that serves beside another one: ours, with what the command line said."""
    given = {
        "data": settings.data.absolute(),
        "store": settings.store,
        "host": settings.host,
        "demo": False,
        "workers": 1,
    }
    told = {f"{PREFIX}{name}".upper(): str(value) for name, value in given.items() if value is not None}
    return {**os.environ, **told}


def _check_passkey_domain(settings: Settings) -> None:
    host = urlsplit(settings.app_url or "").hostname
    if settings.passkey_domain is not None and (host is None or not is_within(host, settings.passkey_domain)):
        raise SettingsError(
            "Bad settings. ONE_PASSKEY_DOMAIN: takes the host of ONE_APP_URL, or a domain that it is below."
        )


def _unfit(settings: Settings) -> Iterator[str]:
    return unfit_for_production(
        store=settings.store,
        store_password=settings.store_password,
        demo=settings.demo,
        has_secret_keys=settings.secret_keys is not None,
        app_url=settings.app_url,
        smtp_host=settings.smtp_host,
        resend_key=settings.resend_key,
        smtp_security=settings.smtp_security,
        smtp_user=settings.smtp_user,
        smtp_password=settings.smtp_password,
        providers=settings.sign_in_providers or (),
        webhook_loopback=settings.webhook_loopback,
    )


def _setting(name: str) -> str:
    # The file's unknown names arrive with their prefix, everything else without.
    return f"{PREFIX}{name.removeprefix(PREFIX.lower())}".upper()
