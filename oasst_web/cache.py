"""The cache that counts sign-in attempts; while its server is away people sign in uncounted, instead of not at all."""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError, TimeoutError

log = logging.getLogger(__name__)


class ForgetfulRedisCache(RedisCache):
    """Django's Redis cache, but empty while the server cannot be reached. Nothing that must last is kept in it."""

    def _forgiving(self, operation: str, fallback: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(super(), operation)(*args, **kwargs)
        except (ConnectionError, TimeoutError) as problem:
            log.warning("The cache is away: %s", problem)
            return fallback

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(self._forgiving("add", True, key, value, *args, **kwargs))

    def incr(self, key: Any, *args: Any, **kwargs: Any) -> int:
        """Raises ValueError, as for a key that is gone."""
        found = self._forgiving("incr", None, key, *args, **kwargs)
        if found is None:
            raise ValueError(f"{key} is not counted.")
        return int(found)

    def get(self, key: Any, default: Any = None, *args: Any, **kwargs: Any) -> Any:
        return self._forgiving("get", default, key, default, *args, **kwargs)

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        self._forgiving("set", None, key, value, *args, **kwargs)

    def delete(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(self._forgiving("delete", False, key, *args, **kwargs))
