from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import cairnloop
from cairnloop.audit.bounding import ACTION
from cairnloop.web.audit_log.wording import (
    ACTIONS,
    EVIDENCE,
    GROUPS,
    SUBJECTS,
    action_said,
    evidence_label,
    evidence_text,
    subject_label,
    why,
)

SOURCE = Path(cairnloop.__file__).parent


def recordings() -> Iterator[tuple[str, ast.Call]]:
    """Every call of record() in the package, with where it stands."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record":
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", node


def words_in(node: ast.AST) -> set[str]:
    return {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def actions_of(call: ast.Call, module: ast.Module) -> set[str]:
    """What a call may record: an action or two that stand there, or else those that its module names."""
    named = call.args[0]
    choices = [named.body, named.orelse] if isinstance(named, ast.IfExp) else [named]
    if isinstance(named, ast.Name):
        told = {id(inside) for each in ast.walk(module) if is_told_elsewhere(each) for inside in ast.walk(each)}
        choices = [each for each in ast.walk(module) if is_action(each) and id(each) not in told]
    # What is put together from parts would escape this test.
    return {each.value if is_action(each) else "written out of parts" for each in choices}


def is_action(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(ACTION.fullmatch(node.value))


def is_told_elsewhere(node: ast.AST) -> bool:
    """Counters and loggers have dotted names too."""
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("telemetry.", "logging."))


class TestEveryAction:
    def test_has_words_and_a_group(self):
        found = list(recordings())
        assert len(found) > 15
        for where, call in found:
            module = ast.parse((SOURCE / where.rpartition(":")[0]).read_text())
            actions = actions_of(call, module)
            assert actions, where
            assert actions <= set(ACTIONS), f"{where}: no words for {actions - set(ACTIONS)}"

    def test_has_words_for_its_evidence(self):
        for where, call in recordings():
            given = next((each.value for each in call.keywords if each.arg == "evidence"), None)
            keys = {key.value for key in getattr(given, "keys", ()) if isinstance(key, ast.Constant)}
            assert keys <= set(EVIDENCE), f"{where}: no words for {keys - set(EVIDENCE)}"

    def test_belongs_to_one_group(self):
        for action in ACTIONS:
            homes = [name for name, group in GROUPS.items() if action.partition(".")[0] in group.parts]
            assert len(homes) == 1, action

    def test_is_about_a_subject_with_words(self):
        for where, call in recordings():
            subject = next(each.value for each in call.keywords if each.arg == "subject")
            kinds = {word.partition(":")[0] for word in words_in(subject) if ":" in word}
            assert kinds <= set(SUBJECTS), where


class TestTheWords:
    def test_fall_back_to_the_name_of_what_is_not_known(self):
        assert action_said("billing.seat_granted").label == "Seat granted"
        assert subject_label("seat_request:9") == "Seat request 9"
        assert subject_label("automation:replies") == "Automatic replies"
        assert subject_label("conversation:42") == "#42"
        assert evidence_label("seat_count") == "Seat count"

    @pytest.mark.parametrize(
        ("key", "value", "text"),
        [
            ("sequence", 3, "3"),
            ("policy_failed", True, "Yes"),
            ("policy_failed", False, "No"),
            ("restored_number", None, "None"),
            ("assignee_ref", "", "None"),
            ("because", "not_verified", "A sentence has no source"),
            ("verdict", "require_approval", "Require approval"),
            ("model", "Gpt_x-4", "Gpt_x-4"),
            ("changed", ["tags", "visibility"], "tags, visibility"),
            ("revision_ids", [], "None"),
            ("revision_ids", list(range(14)), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 4 more"),
        ],
    )
    def test_say_evidence_plainly_and_not_at_any_length(self, key, value, text):
        assert evidence_text(key, value) == text

    def test_say_why_from_the_evidence_where_nobody_gave_a_reason(self):
        assert why("Paid by phone.", {"reason": "wrong"}) == "Paid by phone."
        assert why("", {"sequence": 2, "cause": "answered"}) == "The customer was answered"
        assert why("", {"sequence": 2}) == ""
