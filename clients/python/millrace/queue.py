"""A queue, with a method for each call on it."""

from __future__ import annotations

from typing import Union

from .calls.dead_letters import DeadLetterCalls
from .calls.messages import MessageCalls
from .calls.pushes import PushCalls
from .calls.settings import SettingsCalls


class Queue(SettingsCalls, MessageCalls, DeadLetterCalls, PushCalls):
    """One queue of the server; `Millrace.queue` makes it, without a call.

    The methods have the names and fields of PROTOCOL.md. All of them raise MillraceError. `timeout`
    is the time in seconds that the call may take in all, with its retries. `idempotency_key` makes a
    retry safe: a key of your own, or False for none where the client would make one.
    """

    def new_idempotency_key(self) -> Union[str, bool]:
        """A key for a call that you repeat yourself; False if the client makes no keys."""
        return self._caller.new_key() or False
