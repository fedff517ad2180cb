"""Settings out of the environment. What cannot be read is told by its name, before anything starts with it."""

from __future__ import annotations

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

KINDS = {bool: "true or false", int: "a whole number", float: "a number"}
FALSE = frozenset({"false", "off", "no", "n", "0"})


class Environment(environ.FileAwareEnv):
    """An empty number, or yes or no, is one that is not set: compose files hand on `NAME=`."""

    def get_value(self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, *args: Any, **more: Any) -> Any:
        """Raises ImproperlyConfigured."""
        try:
            if _is_plain(cast) and not self.ENVIRON.get(var, "-").strip():
                return default
            return super().get_value(var, cast, default, *args, **more)
        except OSError as error:
            raise ImproperlyConfigured(f"{var}_FILE names a file that cannot be read: {error}.") from error
        except (TypeError, ValueError) as error:
            raise ImproperlyConfigured(f"{var} {self._wanted(var, cast)}. See .env.example.") from error

    @classmethod
    def parse_value(cls, value: Any, cast: Any) -> Any:
        """The library takes every word that it does not know for a no. Raises ValueError."""
        if cast is bool and value.strip().lower() not in FALSE.union(cls.BOOLEAN_TRUE_STRINGS):
            raise ValueError(value)
        return super().parse_value(value, cast)

    def _wanted(self, var: str, cast: Any) -> str:
        # SECURITY: lists and JSON may hold keys and passwords, so only what is plainly none of them is repeated.
        return f"is “{self.ENVIRON[var]}”. It takes {KINDS[cast]}" if _is_plain(cast) else "cannot be read"


def _is_plain(cast: Any) -> bool:
    return isinstance(cast, type) and cast in KINDS
