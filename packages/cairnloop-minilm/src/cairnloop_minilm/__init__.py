"""Sentence vectors from all-MiniLM-L6-v2, computed here: no key, no download, no torch."""

from cairnloop_minilm.minilm import LONGEST_PIECES, EmptyText, MiniLM

__all__ = ["LONGEST_PIECES", "EmptyText", "MiniLM"]
