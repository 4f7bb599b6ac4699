"""ONNX Runtime, told to report to nobody before it begins: by itself it names the machine and counts what it runs."""

from __future__ import annotations

import os

# Read while it is imported; then it makes no device id, keeps no events and sends none. A host may say otherwise.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime

__all__ = ["onnxruntime"]
