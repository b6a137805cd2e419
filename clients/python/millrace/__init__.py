"""A client and a worker for millrace, the message queue over plain HTTP."""

from ._version import __version__
from .client import Millrace
from .errors import MillraceError
from .publisher import BatchingPublisher
from .queue import Queue
from .records import NewMessage, QueueMessage, QueueRecord, QueueStats
from .signatures import verify_signature
from .traces import current_traceparent
from .worker import Context, Health, Reject, Retry, Worker, default_backoff

__all__ = [
    "BatchingPublisher",
    "Context",
    "Health",
    "Millrace",
    "MillraceError",
    "NewMessage",
    "Queue",
    "QueueMessage",
    "QueueRecord",
    "QueueStats",
    "Reject",
    "Retry",
    "Worker",
    "__version__",
    "current_traceparent",
    "default_backoff",
    "verify_signature",
]
