"""The model's file and its tokenizer, loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from cairnloop_minilm.batching import Batch
from cairnloop_minilm.runtime import onnxruntime

MODEL = Path(__file__).with_name("model")
_ONLY_ERRORS = 3


@dataclass(frozen=True)
class Loaded:
    """A model ready to run. Any number of threads may use it at the same time."""

    tokenizer: Tokenizer
    session: Any

    def pieces_of(self, text: str) -> list[int]:
        """Return the ids of a text's pieces, framed and cut off at the longest."""
        # One text at a time: the tokenizer's own batches start threads, as many as there are cores.
        ids: list[int] = self.tokenizer.encode(text).ids
        return ids

    def vectors_of(self, batch: Batch) -> npt.NDArray[np.float32]:
        """Return a vector of length one for each row."""
        vectors: npt.NDArray[np.float32]
        (vectors,) = self.session.run(None, {"input_ids": batch.ids, "attention_mask": batch.mask})
        return vectors


def load(*, threads: int, longest_pieces: int) -> Loaded:
    """Read the files beside this module. Nothing is written and nothing fetched."""
    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    # The file asks for padding to 128 and cutting at 128. Both are the caller's matter here.
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest_pieces)
    return Loaded(tokenizer=tokenizer, session=_session(threads))


def _session(threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ONLY_ERRORS
    # Freed after each run, not kept for the next: a worker embeds now and then, and lives for days.
    options.enable_cpu_mem_arena = False
    # A thread without work sleeps. The default burns a core while it waits.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(MODEL / "model.onnx"), options, providers=["CPUExecutionProvider"])
