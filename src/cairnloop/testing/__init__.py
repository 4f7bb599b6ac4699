"""The test kit for hosts: fakes to plug in, and a way to run the jobs that wait."""

from cairnloop.testing.fakes import RecordingNotifier
from cairnloop.testing.jobs import forget_jobs, run_waiting_jobs

__all__ = ["RecordingNotifier", "forget_jobs", "run_waiting_jobs"]
