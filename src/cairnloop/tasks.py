"""Every job of Cairnloop, where the job engine looks for them."""

from cairnloop.conversations import jobs as conversation_jobs
from cairnloop.drafting import jobs as drafting_jobs
from cairnloop.governance import jobs as governance_jobs
from cairnloop.ops import jobs as ops_jobs
from cairnloop.retrieval import jobs as retrieval_jobs

__all__ = ["conversation_jobs", "drafting_jobs", "governance_jobs", "ops_jobs", "retrieval_jobs"]
