"""Values that are certainly no awaitable and no exception, told by their class."""

from types import AsyncGeneratorType, CoroutineType, GeneratorType

from graphql.pyutils import UndefinedType

_MOST = 10_000  # classes can be made without end, too

PLAIN: set[type] = set()
"""The classes that `is_plain` found to be so: look here first."""

_BUILT_IN = frozenset(each.__getattribute__ for each in (object, dict, list, tuple, set, str, int, float, bytes))
_ODD = (BaseException, CoroutineType, GeneratorType, AsyncGeneratorType, UndefinedType, type(None))


def is_plain(value: object) -> bool:
    """Whether the class of a value says that it can be neither; a class that makes up attributes never does."""
    cls = type(value)
    if cls in PLAIN:
        return True
    made_up = hasattr(cls, "__getattr__") or cls.__getattribute__ not in _BUILT_IN
    if made_up or issubclass(cls, _ODD) or hasattr(cls, "__await__"):
        return False
    if len(PLAIN) >= _MOST:
        PLAIN.clear()
    PLAIN.add(cls)
    return True
