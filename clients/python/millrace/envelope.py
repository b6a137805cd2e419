"""Reads the envelope of an answer."""

from __future__ import annotations

import json
import logging
from typing import Any, Dict, List

from .connections import Answer
from .errors import MillraceError
from .retry import read_retry_after

log = logging.getLogger("millrace")

#: 502 and 504 come from a proxy that got no answer from the server.
_RETRYABLE_STATUSES = frozenset({429, 502, 503, 504})


def read_answer(answer: Answer) -> Dict[str, Any]:
    """The `data` of a success. Raises MillraceError for anything else."""
    body = _parse(answer)
    if answer.status == 200 and body.get("ok") is True and isinstance(body.get("data"), dict):
        for warning in _warnings_of(body.get("metadata")):
            log.warning("the server warns: %s: %s", warning.get("path"), warning.get("message"))
        data: Dict[str, Any] = body["data"]
        return data
    error = body.get("error")
    if isinstance(error, dict) and isinstance(error.get("code"), str):
        raise MillraceError(
            error["code"],
            str(error.get("message")),
            status=answer.status,
            hint=error.get("hint"),
            details=error.get("details"),
            request_id=answer.headers.get("X-Request-Id"),
            retryable=answer.status in _RETRYABLE_STATUSES,
            retry_after_seconds=read_retry_after(answer.headers.get("Retry-After")),
        )
    raise _invalid(answer, "it has no envelope")


def _warnings_of(metadata: Any) -> List[Dict[str, Any]]:
    """A warning that cannot be read must not fail a call that succeeded."""
    warnings = metadata.get("warnings") if isinstance(metadata, dict) else None
    return [one for one in warnings if isinstance(one, dict)] if isinstance(warnings, list) else []


def _parse(answer: Answer) -> Dict[str, Any]:
    try:
        body = json.loads(answer.body)
    except ValueError as error:
        if not answer.tells_its_end:
            raise MillraceError("NO_ANSWER", "the answer was cut", retryable=True) from error
        raise _invalid(answer, "it is not JSON") from error
    except RecursionError as error:
        raise _invalid(answer, "a payload in it is nested too deeply for Python") from error
    if not isinstance(body, dict):
        raise _invalid(answer, "it is not a JSON object")
    return body


def _invalid(answer: Answer, why: str) -> MillraceError:
    return MillraceError(
        "INVALID_ANSWER",
        f"the answer with status {answer.status} is not one of millrace: {why}",
        status=answer.status,
        hint="check that base_url leads to a millrace server and not to another program",
        retryable=answer.status in _RETRYABLE_STATUSES,
        retry_after_seconds=read_retry_after(answer.headers.get("Retry-After")),
    )
