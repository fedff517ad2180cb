"""Structured logs: one JSON object a line (or colours on a terminal), with request, organization and job ids.

Never secrets, never transcript text. Ids are bound once with `structlog.contextvars.bind_contextvars`.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

# SECURITY: who has such an address reads a shared text, joins an organization, confirms an address or sets a password.
KEYED_ADDRESS = re.compile(r"(/s/|/invitations/|/accounts/(?:password/reset/key|confirm-email|email/change)/)[^/\s]+")
SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def without_keys(text: str) -> str:
    """`text` with `***` in place of whatever opens something to the one who knows its address."""
    return KEYED_ADDRESS.sub(r"\1***", text)


def _hide_keys(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For the lines of others: Django writes "Not Found: /s/..."."""
    line["event"] = without_keys(str(line["event"]))
    return line


def logging_config(format: str, level: str) -> dict[str, Any]:
    """A `logging.config.dictConfig` dict. `format` is "json" or "console"."""
    final: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if format == "json"
        else [
            # Plain: the default prints local variables, and with them transcripts and secrets.
            structlog.dev.ConsoleRenderer(pad_event_to=0, exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structlog": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*SHARED, _hide_keys],
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structlog"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "celery": {"level": "WARNING"},
            "django.server": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "httpx2": {"level": "WARNING"},
            "faster_whisper": {"level": "WARNING"},
            "stripe": {"level": "WARNING"},
        },
    }


def configure(config: dict[str, Any]) -> None:
    """Apply `config` to the standard library's logging and send structlog through it.

    With `cache_loggers` False (tests) a logger asks for its processors each time, so that they can be listened to.
    """
    import logging.config

    logging.config.dictConfig(config)
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=config.get("cache_loggers", True),
    )
