"""Tools that touch nothing of the shop."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

from pydantic import Field

import cairnloop
from retail.tools.records import Closed, ShopTool

OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


class Calculate(ShopTool):
    """Sums, for an assistant that is bad at them."""

    name = "calculate"
    title = "Calculate"
    description = "The result of a sum, to the cent."
    risk = cairnloop.Risk.READ_ONLY
    scopes = frozenset({"retail.view_order"})

    class Input(Closed):
        """Numbers, + - * / and parentheses."""

        expression: str = Field(max_length=200)

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """The result, as text."""
        try:
            value = _value(ast.parse(input.expression.strip(), mode="eval").body)
            result = str(round(value, 2))
        except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError) as error:
            raise cairnloop.ToolFailure("Invalid expression") from error
        return cairnloop.ToolResult(summary=result, details={"result": result})


class TransferToHumanAgents(ShopTool):
    """The end of what an assistant may do."""

    name = "transfer_to_human_agents"
    title = "Hand over to a person"
    description = "For what no other tool can do, or when the customer asks for a person."
    risk = cairnloop.Risk.READ_ONLY
    scopes = frozenset({"retail.view_order"})

    class Input(Closed):
        """What whoever takes over should know."""

        summary: str

    def run(self, *, input: Input, context: cairnloop.ToolContext, run_key: str) -> cairnloop.ToolResult:
        """Nothing but the word for it: whose turn it is, the conversation shows."""
        return cairnloop.ToolResult(summary="Transfer successful", details={"result": "Transfer successful"})


def _value(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in OPERATORS:
            return OPERATORS[type(sign)](_value(operand))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in OPERATORS:
            return OPERATORS[type(sign)](_value(left), _value(right))
        case _:
            raise ValueError("no sum")
