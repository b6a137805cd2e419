"""The worker and what its handlers use."""

from .handling import default_backoff
from .health import Health
from .lease import Context, Lost
from .outcomes import Reject, Retry
from .worker import Worker

__all__ = ["Context", "Health", "Lost", "Reject", "Retry", "Worker", "default_backoff"]
