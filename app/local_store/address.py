from dataclasses import dataclass, field


@dataclass(frozen=True)
class StoreAddress:
    """Where a local store answers Bolt, and the credentials to use."""

    port: int
    user: str
    password: str = field(repr=False)

    @property
    def uri(self) -> str:
        """The address as drivers take it."""
        return f"bolt://127.0.0.1:{self.port}"
