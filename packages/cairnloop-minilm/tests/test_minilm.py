from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cairnloop_minilm import LONGEST_PIECES, EmptyText, MiniLM, batching

REFERENCE = Path(__file__).with_name("reference")
SENTENCES = (REFERENCE / "sentences.txt").read_text(encoding="utf-8").splitlines()
# Weights are rounded to 8 bits. Measured: 0.9973 at the least (a lone question mark), 0.9995 in the middle.
LEAST_COSINE = 0.996
MIDDLE_COSINE = 0.999
# The same text in another batch: float sums in another order.
SAME = 2e-6


@pytest.fixture(scope="module")
def embedder() -> MiniLM:
    return MiniLM()


def embed(embedder: MiniLM, *texts: str) -> np.ndarray:
    return np.array(embedder.embed(texts=texts))


class TestVectors:
    def test_are_those_of_the_full_model(self, embedder):
        cosines = (embed(embedder, *SENTENCES) * np.load(REFERENCE / "vectors.npy")).sum(axis=1)
        assert len(cosines) >= 50
        assert cosines.min() >= LEAST_COSINE, SENTENCES[int(cosines.argmin())]
        assert np.median(cosines) >= MIDDLE_COSINE

    def test_keep_what_is_near_near(self, embedder):
        ours, full = embed(embedder, *SENTENCES), np.load(REFERENCE / "vectors.npy")
        assert np.abs(ours @ ours.T - full @ full.T).max() < 0.02

    def test_have_length_one_whatever_the_text(self, embedder):
        vectors = embed(embedder, "a", "👍", "\x07 bell", "[PAD] [PAD]", "￿", "\ud800 half", "0" * 5000, "的" * 900)
        assert vectors.shape == (8, MiniLM.dimensions)
        assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5

    def test_are_lists_of_plain_numbers(self, embedder):
        (vector,) = embedder.embed(texts=["hello"])
        assert type(vector) is list and {type(number) for number in vector} == {float}

    def test_do_not_depend_on_the_texts_beside_them(self, embedder):
        together = embed(embedder, *SENTENCES)
        for at in (0, 7, 41, len(SENTENCES) - 1):
            assert np.abs(embed(embedder, SENTENCES[at])[0] - together[at]).max() < SAME

    def test_do_not_depend_on_the_number_of_threads(self, embedder):
        assert np.abs(embed(MiniLM(threads=2), *SENTENCES[:12]) - embed(embedder, *SENTENCES[:12])).max() < SAME

    def test_of_no_texts_are_none(self, embedder):
        assert embedder.embed(texts=[]) == []


class TestLongTexts:
    def test_are_cut_at_the_longest(self, embedder):
        words = ["parcel"] * (LONGEST_PIECES - 2)
        whole, more, fewer = embed(
            embedder, " ".join(words), " ".join([*words, "refund"]), " ".join([*words[:-1], "refund"])
        )
        assert np.abs(whole - more).max() < SAME
        assert np.abs(whole - fewer).max() > 0.001

    def test_are_not_read_to_their_end(self, embedder):
        word, far, late = embed(embedder, "parcel", "parcel" + " " * 20_000 + "refund", " " * 20_000 + "parcel")
        assert np.abs(word - far).max() < SAME
        assert np.abs(word - late).max() < SAME


class TestEmptyTexts:
    @pytest.mark.parametrize("empty", ["", "  \n\t", "\u200b\u2060", "\x00"])
    def test_are_refused_with_their_place(self, embedder, empty):
        with pytest.raises(EmptyText, match="Text 1 of 2"):
            embedder.embed(texts=["hello", empty])

    def test_one_string_is_not_a_list_of_letters(self, embedder):
        with pytest.raises(TypeError, match="one string"):
            embedder.embed(texts="hello")


class TestBatches:
    def test_stay_within_their_bound_and_hold_every_text_once(self):
        lengths = [3, 256, 7, 256, 256, 256, 256, 3, 90, 12, *range(3, 257)]
        batches = list(batching.batches_of([[1] * length for length in lengths]))
        assert max(batch.ids.size for batch in batches) <= batching.PIECES_AT_ONCE
        assert sorted(place for batch in batches for place in batch.places) == list(range(len(lengths)))
        for batch in batches:
            assert [lengths[place] for place in batch.places] == batch.mask.sum(axis=1).tolist()

    def test_waste_little_on_padding(self):
        lengths = list(range(3, 257)) * 4
        batches = list(batching.batches_of([[1] * length for length in lengths]))
        assert sum(batch.ids.size for batch in batches) < 1.05 * sum(lengths)


class TestEmbedder:
    def test_refuses_to_work_without_a_thread(self):
        with pytest.raises(ValueError, match="threads is 0"):
            MiniLM(threads=0)

    def test_loads_nothing_before_the_first_call(self):
        embedder = MiniLM()
        assert embedder._loaded is None
        embedder.embed(texts=["hello"])
        assert embedder._loaded is not None

    def test_serves_several_threads(self):
        embedder = MiniLM(threads=2)
        with ThreadPoolExecutor(6) as pool:
            results = list(pool.map(lambda at: embed(embedder, *SENTENCES[at : at + 4]), range(12)))
        expected = embed(embedder, *SENTENCES[:16])
        for at, vectors in enumerate(results):
            assert np.abs(vectors - expected[at : at + 4]).max() < SAME

    @pytest.mark.parametrize("threads", [1, 2])
    def test_works_in_a_forked_process(self, threads):
        assert run(FORKS.format(threads=threads)) == "same\n"

    def test_needs_neither_django_nor_a_network_and_says_nothing(self):
        assert run(ALONE) == "384\n"


FORKS = """
import os, signal
from cairnloop_minilm import MiniLM
embedder = MiniLM(threads={threads})
before = embedder.embed(texts=["hello there"])
embedder._turn.acquire()  # As if another thread was computing at this moment.
if os.fork() == 0:
    signal.alarm(60)
    print("same" if embedder.embed(texts=["hello there"]) == before else "other", flush=True)
    os._exit(0)
os.wait()
"""

ALONE = """
import sys, socket
def refuse(*_): raise AssertionError("network")
socket.socket.connect = refuse
from cairnloop_minilm import MiniLM
print(len(MiniLM().embed(texts=["hello"])[0]))
assert not {"django", "torch", "transformers", "cairnloop"} & set(sys.modules)
"""


def run(code: str) -> str:
    """Run Python and return what it printed; a warning or anything on stderr fails."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120, env={**os.environ}
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


class TestTheRuntime:
    def test_keeps_nothing_about_the_machine(self, tmp_path):
        # What it would report waits in a file below the home directory, beside an id for the machine.
        script = "from cairnloop_minilm import MiniLM; import time; MiniLM().embed(texts=['a']); time.sleep(2)"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}
        subprocess.run([sys.executable, "-c", script], env={**environment, "HOME": str(tmp_path)}, check=True)
        assert list(tmp_path.rglob("*")) == []
