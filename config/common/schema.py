"""What every operation of the OpenAPI document has in common: how it refuses.

A hook and not a decorator on each view, so that no operation can be without.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from config.common.api import OPENAI_PREFIX, PROBLEM

Json = dict[str, Any]
# Status -> (name of the response in the document, what it means).
REFUSALS = {
    400: ("Malformed", "The request cannot be understood."),
    401: ("NotAuthenticated", "Credentials are missing or not valid (any more)."),
    402: ("QuotaExceeded", "The organization's minutes are used up."),
    403: ("NotAllowed", "The role, or the scopes of the key, do not allow this."),
    404: ("NotFound", "There is no such object, or it belongs to somebody else."),
    405: ("MethodNotAllowed", "This address does not know the method."),
    406: ("NotAcceptable", "The API answers JSON."),
    409: ("Conflict", "The object is not in a state for this."),
    412: ("Stale", "It was changed in the meantime."),
    413: ("TooLarge", "More bytes than allowed."),
    415: ("UnsupportedType", "The body is not of a kind that this address reads."),
    422: ("Invalid", "Some fields are not right; `errors` names each."),
    428: ("PreconditionRequired", "Send the version that you changed in If-Match."),
    429: ("TooManyRequests", "Wait for `Retry-After` seconds."),
    503: ("Unavailable", "Try again after `Retry-After` seconds."),
}
OPENAI_REFUSALS = {
    "4XX": ("OpenAIRefusal", "Refused, in the shape that OpenAI's clients know."),
    "503": ("OpenAIUnavailable", "Too many requests wait. Try again after `Retry-After` seconds."),
    "504": ("OpenAITimeout", "It takes longer than a request may wait; the message names the job, which goes on."),
}
METHODS = frozenset({"get", "put", "post", "delete", "patch"})


def document_refusals(result: Json, generator: Any, request: Any, public: bool) -> Json:
    """For POSTPROCESSING_HOOKS of drf-spectacular."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {}).update({"Problem": _problem(), "OpenAIError": _openai_error()})
    components.setdefault("responses", {}).update(_responses())
    for path, operation in _operations(result):
        theirs = path.startswith(OPENAI_PREFIX)
        for status, (name, _meaning) in (OPENAI_REFUSALS if theirs else REFUSALS).items():
            operation["responses"].setdefault(str(status), {"$ref": f"#/components/responses/{name}"})
    return result


def _operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield path, operation


def _responses() -> Json:
    ours = {name: _response(meaning, PROBLEM, "Problem") for name, meaning in REFUSALS.values()}
    theirs = {name: _response(meaning, "application/json", "OpenAIError") for name, meaning in OPENAI_REFUSALS.values()}
    return {**ours, **theirs}


def _response(meaning: str, media_type: str, schema: str) -> Json:
    return {"description": meaning, "content": {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _object(**properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _problem() -> Json:
    """RFC 9457, with what we add. Some problems carry more, such as `max_size`."""
    text, number = {"type": "string"}, {"type": "integer", "minimum": HTTPStatus.BAD_REQUEST, "maximum": 599}
    error_type = {**text, "description": "Stable; docs/api.md lists them."}
    errors = {"type": "array", "items": _object(field=text, message=text, code=text)}
    return {
        **_object(
            type=text,
            title=text,
            status=number,
            detail=text,
            instance=text,
            error_type=error_type,
            status_code=number,
            request_id=text,
            errors=errors,
        ),
        "additionalProperties": True,
    }


def _openai_error() -> Json:
    text, maybe = {"type": "string"}, {"type": ["string", "null"]}
    return _object(error=_object(message=text, type=text, param=maybe, code=text))
