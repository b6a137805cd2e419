"""Checks that a push comes from the server."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from typing import Any, Dict

_PREFIX = "whsec_"
_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


def verify_signature(
    headers: Any, raw_body: bytes, secret: str, *, tolerance_seconds: float = 300
) -> bool:
    """Whether a push was signed with the secret of its subscription, and lately.

    `headers` is anything with `items()`: a dict, or the headers of a request; case does not matter.
    `raw_body` is the body as it was received, before any parsing. The signature is the
    `webhook-signature` of Standard Webhooks, compared in constant time; after a change of the secret
    there are two, and one that matches is enough. A push that is older or newer than the tolerance is
    refused, so that nobody can repeat an old one.
    """
    if not isinstance(raw_body, (bytes, bytearray, memoryview)):
        raise TypeError("raw_body must be the bytes of the body as they were received")
    key = _key_of(secret)
    sent: Dict[str, Any] = {str(name).lower(): value for name, value in headers.items()}
    values = [sent.get(name) for name in _HEADERS]
    # A framework may give something else for bytes that it cannot decode.
    if not all(isinstance(value, str) for value in values):
        return False
    message_id, timestamp, signatures = map(str, values)
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
        return False
    if abs(time.time() - int(timestamp)) > tolerance_seconds:
        return False
    # No server can have signed a lone surrogate, which has no form in UTF-8.
    signed = f"{message_id}.{timestamp}.".encode("utf-8", "surrogatepass")
    mac = hmac.new(key, signed, hashlib.sha256)
    mac.update(raw_body)
    expected = b"v1," + base64.b64encode(mac.digest())
    given = signatures.encode("utf-8", "replace").split(b" ")
    # All of them are compared, so that the time tells nothing.
    return any([hmac.compare_digest(signature, expected) for signature in given])


def _key_of(secret: str) -> bytes:
    if not secret:
        raise ValueError("secret must be the secret of the subscription")
    if not secret.startswith(_PREFIX):
        return secret.encode("utf-8")
    encoded = secret[len(_PREFIX) :]
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        raise ValueError("secret must be base64 after whsec_") from None
    # Everybody could sign with an empty key, which is what an unset variable leaves.
    if not key:
        raise ValueError("secret must have a key after whsec_")
    return key
