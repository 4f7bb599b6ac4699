"""The tool that comes with the package: a note for colleagues."""

from __future__ import annotations

from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, Field

from cairnloop.conversations.messaging import add_note
from cairnloop.conversations.models import Conversation
from cairnloop.core.errors import CairnloopError
from cairnloop.governance.permissions import Permissions
from cairnloop.hooks.tool import Risk, Tool, ToolContext, ToolFailure, ToolResult


class InternalNote(Tool):
    """Leave an internal note in the conversation; the customer never sees it."""

    name = "internal_note"
    title = "Internal note"
    description = "Leave a note for colleagues in this conversation. The customer never sees it."
    risk = Risk.LOW_WRITE
    transactional = True
    writes = ("cairnloop.Message", "cairnloop.Conversation")
    # Others write in the conversation meanwhile; the note is the same.
    unsteady = frozenset({"cairnloop.Conversation", "cairnloop.Message.sequence"})

    class Input(BaseModel):
        """What the note says."""

        text: Annotated[str, Field(min_length=1, max_length=2_000, description="What colleagues should know.")]

    def authorize(self, *, input: Any, context: ToolContext) -> bool:
        """Whoever may leave a note in this conversation themselves."""
        if context.conversation is None:
            return False
        conversation = Conversation.objects.filter(pk=context.conversation.id).first()
        return Permissions(context.actor).can_note(conversation)

    def preview(self, *, input: Any, context: ToolContext) -> str:
        """Say that only colleagues see it."""
        return _("A note is left in this conversation. Only operators see it.")

    def run(self, *, input: Any, context: ToolContext, run_key: str) -> ToolResult:
        """Leave the note, once for a run key."""
        assert context.conversation is not None  # authorize refused what has none
        try:
            message = add_note(
                conversation_id=context.conversation.id, text=input.text, by=context.actor, client_id=run_key
            )
        except CairnloopError as error:
            raise ToolFailure(error.message) from error
        return ToolResult(summary=_("The note was left."), details={"sequence": message.sequence})
