"""Which texts go through the model together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Padding included. Bounds the memory of one run, and how long another thread waits for its turn.
PIECES_AT_ONCE = 1024


@dataclass(frozen=True)
class Batch:
    """Texts as one rectangle of piece ids: a row per text, padded where `mask` is zero; `places` are their indexes."""

    places: list[int]
    ids: npt.NDArray[np.int64]
    mask: npt.NDArray[np.int64]


def batches_of(pieces: Sequence[Sequence[int]]) -> Iterator[Batch]:
    """Yield all texts, those of like length together, at most PIECES_AT_ONCE pieces at a time."""
    by_length = sorted(range(len(pieces)), key=lambda place: len(pieces[place]))
    start = 0
    while start < len(by_length):
        end = start + 1
        while end < len(by_length) and (end + 1 - start) * len(pieces[by_length[end]]) <= PIECES_AT_ONCE:
            end += 1
        yield _rectangle(by_length[start:end], pieces)
        start = end


def _rectangle(places: list[int], pieces: Sequence[Sequence[int]]) -> Batch:
    shape = (len(places), len(pieces[places[-1]]))
    ids, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for row, place in enumerate(places):
        length = len(pieces[place])
        ids[row, :length] = pieces[place]
        mask[row, :length] = 1
    return Batch(places=places, ids=ids, mask=mask)
