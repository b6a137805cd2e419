"""What all calls of a queue share."""

from __future__ import annotations

from datetime import datetime, timezone
from enum import Enum
from typing import Any, Dict, Optional, Union

from ..caller import Caller, segment
from ..records import Delivery, QueueMessage, Time


class Unset(Enum):
    """Stands for a setting that is not given, where None clears it."""

    UNSET = "unset"


UNSET = Unset.UNSET


class OnQueue:
    """Knows the name of a queue and how to call the server."""

    def __init__(self, caller: Caller, name: str) -> None:
        if not name:
            raise ValueError("name must be the name of a queue")
        self._caller = caller
        self.name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def _path(self, verb: str, *more: str) -> str:
        return "/".join(["/v1/queue", verb, segment(self.name), *map(segment, more)])


def without_unset(fields: Dict[str, Any]) -> Dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not UNSET}


def time_text(time: Optional[Time]) -> Union[str, int, None]:
    """The text of a datetime; other forms of a time are left to the server."""
    if not isinstance(time, datetime):
        return time
    if time.tzinfo is None:
        raise ValueError("a datetime must have a time zone, like datetime.now(timezone.utc)")
    utc = time.astimezone(timezone.utc).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"


def delivery_of(message: Union[QueueMessage, Delivery, str]) -> Dict[str, Any]:
    """The id of a message and, if it was consumed, the receipt of that delivery."""
    if isinstance(message, str):
        return {"message_id": message}
    delivery: Dict[str, Any] = {"message_id": message["message_id"]}
    receipt = message.get("receipt")
    if receipt is not None:
        delivery["receipt"] = receipt
    return delivery
