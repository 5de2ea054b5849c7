from domain.errors import StoreError


class StoreUnavailableError(StoreError):
    """The registry of the jars cannot be reached, or does not hold what the lock names."""


class StoreInUseError(StoreError):
    """Another living process owns the data folder."""


class StoreEndedError(StoreError):
    """Java ended before the store answered."""
