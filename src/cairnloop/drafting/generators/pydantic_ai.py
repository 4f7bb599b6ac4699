"""Drafts by a language model that a provider serves, through pydantic-ai: Anthropic, OpenAI, Google and others.

The question, the last turns with personal data masked, and passages of articles leave for the provider. Whatever it
answers is sealed like everything else: what it claims without a quote that stands in a passage can be sent by nobody.
"""

from __future__ import annotations

import logging
import os
import re
from threading import Lock

from django.core.exceptions import ImproperlyConfigured
from pydantic import BaseModel, ConfigDict, Field

from cairnloop.conf import get_settings
from cairnloop.core.providers import Failure, Line, provider_of, what_is_missing
from cairnloop.drafting.generators.prompting import INSTRUCTIONS, prompt_of
from cairnloop.drafting.single_sentence import without_marker
from cairnloop.hooks.draft_generator import DraftClaim, DraftRequest, DraftResult, DraftUsage, GenerationFailed

try:
    from pydantic_ai import Agent, capture_run_messages
    from pydantic_ai.exceptions import IncompleteToolCall, UnexpectedModelBehavior
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import Model, infer_model
    from pydantic_ai.settings import ModelSettings
    from pydantic_ai.usage import RunUsage, UsageLimits
except ImportError as error:
    raise ImportError("pydantic-ai is not installed. Install it: pip install 'cairnloop[ai]'") from error

logger = logging.getLogger("cairnloop.drafting")

ATTEMPTS = 3
MODEL_CHARS = 100
SENTENCES = 12
SENTENCE_CHARS = 600
QUOTE_CHARS = 1_500
INDENTATION = re.compile(r"[ \t]*(?=\S)")


class Sentence(BaseModel):
    """One sentence of the reply, and what it rests on."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=SENTENCE_CHARS)
    passage: int = Field(description="The number of the passage it rests on.")
    quote: str = Field(max_length=QUOTE_CHARS, description="Words of that passage's text, copied letter for letter.")
    begins_paragraph: bool = False


class Answer(BaseModel):
    """The reply, sentence by sentence; without sentences there is no answer in the passages."""

    model_config = ConfigDict(extra="forbid")

    sentences: list[Sentence] = Field(max_length=SENTENCES)


class PydanticAIGenerator:
    """Words drafts with a model such as "anthropic:claude-sonnet-5-5".

    The model is that of DRAFT_MODEL unless given: a name, or a model of pydantic-ai, such as one with fallbacks. Its
    key is read from where pydantic-ai reads it, such as ANTHROPIC_API_KEY.
    """

    def __init__(self, model: str | Model | None = None) -> None:
        self._model = model or get_settings().draft_model or ""
        self.name = self._model if isinstance(self._model, str) else self._model.model_name
        _refuse(self._model)
        self._building = Lock()
        self._agent: Agent[object, Answer] | None = None
        self._line: Line | None = None

    def generate(self, *, request: DraftRequest) -> DraftResult:
        """Return the greeting, the model's sentences and the closing; nothing if it finds no answer in the sources.

        Asked again, up to twice, after what passes: too many requests, a time-out, a fault of the provider. Raises
        GenerationFailed after that, and at once for a refusal and for an answer that is cut off or malformed.
        """
        line, agent = self._connected()
        configured, spent = get_settings(), RunUsage()

        async def sentences() -> list[Sentence]:
            with capture_run_messages() as said:
                try:
                    run = await agent.run(
                        prompt_of(request),
                        model_settings=ModelSettings(max_tokens=configured.draft_model_tokens),
                        usage=spent,
                        # One request a run: about a malformed answer nobody argues. The line counts attempts.
                        usage_limits=UsageLimits(request_limit=spent.requests + 1),
                    )
                except UnexpectedModelBehavior as error:
                    # What is cut off may be whole by chance, and then looks like an answer in another form.
                    raise (IncompleteToolCall("cut off") if _is_cut_off(said) else error) from None
            return run.output.sentences

        answer = line.ask(sentences, seconds=configured.draft_model_seconds, attempts=ATTEMPTS, logger=logger)
        usage = DraftUsage(model=self.name, input_tokens=spent.input_tokens, output_tokens=spent.output_tokens)
        if isinstance(answer, Failure):
            raise GenerationFailed(answer.kind, usage=usage)
        if not answer:
            return DraftResult(claims=(), usage=usage)
        opening, closing = DraftClaim(text=request.opening), DraftClaim(text=request.closing, begins_paragraph=True)
        return DraftResult(claims=(opening, *_claims(answer), closing), usage=usage)

    def prepare(self) -> None:
        """Make the client, without asking the provider. Raises GenerationFailed, and logs what is missing."""
        self._connected()

    def _connected(self) -> tuple[Line, Agent[object, Answer]]:
        with self._building:
            # A forked process has the object, and not the thread.
            if self._line is None or self._agent is None or self._line.process_id != os.getpid():
                self._agent, self._line = _agent(_built(self._model)), Line()
            return self._line, self._agent


def _is_cut_off(said: list[ModelMessage]) -> bool:
    return any(isinstance(each, ModelResponse) and each.finish_reason == "length" for each in said)


def _claims(sentences: list[Sentence]) -> list[DraftClaim]:
    return [
        DraftClaim(
            text=_on_one_line(sentence.text),
            source=sentence.passage,
            quote=sentence.quote,
            begins_paragraph=sentence.begins_paragraph or at == 0,
        )
        for at, sentence in enumerate(sentences)
    ]


def _on_one_line(text: str) -> str:
    """Return a text on one line, with the indentation that says of which item it is one, or a part."""
    line = " ".join(text.split())
    before = INDENTATION.search(text)
    indentation = before[0].expandtabs(4) if before else ""
    # So far in, only an item is no code.
    return line if len(indentation) > 3 and without_marker(line) == line else indentation + line


def _agent(model: Model) -> Agent[object, Answer]:
    return Agent(model, output_type=Answer, instructions=INSTRUCTIONS, retries=0)


def _refuse(model: str | Model) -> None:
    if isinstance(model, Model):
        return
    if ":" not in model:
        raise ImproperlyConfigured(
            f"CAIRNLOOP['DRAFT_MODEL'] is {model!r}. Give provider and model, such as 'anthropic:claude-sonnet-5-5'."
        )
    if len(model) > MODEL_CHARS:
        raise ImproperlyConfigured(f"The name of a model has {MODEL_CHARS} characters at most. {model!r} is longer.")


def _built(model: str | Model) -> Model:
    missing = ""
    try:
        return infer_model(model, provider_factory=provider_of)
    except Exception as error:
        missing = what_is_missing(error)
    # Raised out here: what the libraries said must not be its cause.
    logger.warning("the client of %s could not be made: %s", model, missing)
    raise GenerationFailed("failed")
