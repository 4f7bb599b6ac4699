"""The test kit for hosts: fakes to plug in, and what tests that commit need."""

from cairnloop.testing.fakes import RecordingNotifier
from cairnloop.testing.flushing import allow_flush
from cairnloop.testing.jobs import forget_jobs, run_waiting_jobs

__all__ = ["RecordingNotifier", "allow_flush", "forget_jobs", "run_waiting_jobs"]
