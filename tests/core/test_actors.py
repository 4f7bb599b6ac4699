from __future__ import annotations

import pytest

import cairnloop


class TestActor:
    @pytest.mark.parametrize("ref", [7, None, "", "  ", "x" * 201])
    def test_refuses_what_identifies_nobody(self, ref):
        with pytest.raises(cairnloop.InvalidInput) as refusal:
            cairnloop.Actor.operator(ref)
        assert "ref" in refusal.value.message
