"""The expressions of program rules: `d2:hasValue(#{weight}) && #{weight} > 100`.

An expression is parsed into a tree of plain nodes, which is evaluated against a context.
Source: `expression-parser` and `rule-engine` of DHIS2, which are described in its documentation ("Program rules").
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

Value = float | str | bool | None
"""Numbers are always floats; dates are texts (`2026-01-31`)."""


class ExpressionError(Exception):
    """An expression that cannot be read, or not be worked out with the values that there are."""


class Context(Protocol):
    """What an expression refers to."""

    def variable(self, kind: str, name: str) -> Value:
        """The value of `#{name}` (`#`), `A{name}`, `C{name}` or `V{name}`."""
        ...

    def call(self, name: str, args: list[Node]) -> Value:
        """The value of a function of the `d2:` family, without that prefix."""
        ...


@dataclass(frozen=True)
class Constant:
    """A number, a text, `true` or `false`."""

    value: Value


@dataclass(frozen=True)
class Variable:
    """`#{name}`, `A{name}`, `C{name}` or `V{name}`."""

    kind: str
    name: str


@dataclass(frozen=True)
class FunctionCall:
    """`d2:name(argument, …)`."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True)
class Unary:
    """`!x`, `-x`, `+x`."""

    operator: str
    operand: Node


@dataclass(frozen=True)
class Binary:
    """`x + y`."""

    operator: str
    left: Node
    right: Node


Node = Constant | Variable | FunctionCall | Unary | Binary

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<variable>[#ACV]\{[^}]*\})"
    r"|(?P<function>d2:\w+)"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<operator>&&|\|\||[=!<>]=|[-+*/%^!<>(),]))"
)
_BINDING = {
    "||": 1,
    "&&": 2,
    "==": 3,
    "!=": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "%": 6,
    "^": 8,
}
_UNARY_BINDING = 7
_ATOMS: dict[str, Callable[[str], Node]] = {
    "number": lambda piece: Constant(float(piece)),
    "text": lambda piece: Constant(re.sub(r"\\(.)", r"\1", piece[1:-1])),
    "truth": lambda piece: Constant(piece == "true"),
    "variable": lambda piece: Variable(piece[0], piece[2:-1].strip()),
}
_WORDS = {"and": "&&", "or": "||", "not": "!"}


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of an expression.

    Raises:
        ExpressionError: it is none.
    """
    parser = _Parser(_tokens(text))
    node = parser.expression(0)
    parser.end()
    return node


def variables_of(node: Node) -> list[Variable]:
    """The variables in a tree, from left to right."""
    if isinstance(node, Variable):
        return [node]
    if isinstance(node, FunctionCall):
        return [variable for arg in node.args for variable in variables_of(arg)]
    if isinstance(node, Unary):
        return variables_of(node.operand)
    return variables_of(node.left) + variables_of(node.right) if isinstance(node, Binary) else []


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionError(f"Unexpected input at position {at + 1}")
        kind = match.lastgroup or ""
        piece = match[kind]
        if piece in {"true", "false"}:
            kind = "truth"
        found.append(("operator", _WORDS[piece]) if piece in _WORDS else (kind, piece))
        at = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def expression(self, binding: int) -> Node:
        left = self._operand()
        while (operator := self._operator()) in _BINDING and _BINDING[operator] > binding:
            self._at += 1
            right = self.expression(_BINDING[operator] - (1 if operator == "^" else 0))
            left = Binary(operator, left, right)
        return left

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise ExpressionError(f"Unexpected input: {self._tokens[self._at][1]}")

    def _operator(self) -> str:
        if self._at >= len(self._tokens):
            return ""
        kind, piece = self._tokens[self._at]
        return piece if kind == "operator" else ""

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise ExpressionError("Unexpected end of the expression")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, piece: str) -> None:
        found = self._next()[1]
        if found != piece:
            raise ExpressionError(f"Expected {piece}, found {found}")

    def _operand(self) -> Node:
        kind, piece = self._next()
        if kind in _ATOMS:
            return _ATOMS[kind](piece)
        if kind == "function":
            return FunctionCall(piece.removeprefix("d2:"), self._arguments())
        if kind == "operator" and piece in "!-+":
            return Unary(piece, self.expression(_UNARY_BINDING))
        if piece != "(":
            raise ExpressionError(f"Unexpected input: {piece}")
        inner = self.expression(0)
        self._expect(")")
        return inner

    def _arguments(self) -> tuple[Node, ...]:
        self._expect("(")
        args: list[Node] = []
        if self._operator() == ")":
            self._at += 1
            return ()
        while True:
            args.append(self.expression(0))
            piece = self._next()[1]
            if piece not in "),":
                raise ExpressionError(f"Expected , or ), found {piece}")
            if piece.startswith(")"):
                return tuple(args)


def evaluate(node: Node, context: Context) -> Value:
    """The value of a tree.

    Raises:
        ExpressionError: the values are not of the kind that an operator or function needs.
    """
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Variable):
        return context.variable(node.kind, node.name)
    if isinstance(node, FunctionCall):
        return context.call(node.name, list(node.args))
    return _unary(node, context) if isinstance(node, Unary) else _binary(node, context)


def _unary(node: Unary, context: Context) -> Value:
    operand = evaluate(node.operand, context)
    if node.operator == "!":
        return not truth(operand)
    return -number(operand) if node.operator == "-" else number(operand)


def _binary(node: Binary, context: Context) -> Value:
    left = evaluate(node.left, context)
    if node.operator == "&&":
        return truth(left) and truth(evaluate(node.right, context))
    if node.operator == "||":
        return truth(left) or truth(evaluate(node.right, context))
    return _ARITHMETIC[node.operator](left, evaluate(node.right, context))


def truth(value: Value) -> bool:
    """A value as yes or no."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if isinstance(value, float):
        return bool(value)
    raise ExpressionError(f"Could not cast value '{text(value)}' to a boolean")


def number(value: Value) -> float:
    """A value as a number."""
    if isinstance(value, (float, bool)):
        return float(value)
    try:
        return float(value or "")
    except ValueError:
        raise ExpressionError(f"Could not cast value '{text(value)}' to a number") from None


def text(value: Value) -> str:
    """A value as a text: whole numbers without a fraction."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _divided(left: float, right: float) -> float:
    try:
        return left / right
    except ZeroDivisionError:
        return math.copysign(math.inf, left) if left else math.nan


def _modulo(left: float, right: float) -> float:
    return math.fmod(left, right) if right else math.nan


def _added(left: Value, right: Value) -> Value:
    try:
        return number(left) + number(right)
    except ExpressionError:
        if isinstance(left, str) and isinstance(right, str):
            return left + right
        raise


def _numeric(operation: Callable[[float, float], float]) -> Callable[[Value, Value], Value]:
    return lambda left, right: operation(number(left), number(right))


def equal(left: Value, right: Value) -> bool:
    """Whether two values are the same, a number and its text too."""
    if isinstance(left, float) != isinstance(right, float):
        try:
            return number(left) == number(right)
        except ExpressionError:
            return text(left) == text(right)
    return left == right or text(left) == text(right)


def _compared(test: Callable[[int], bool]) -> Callable[[Value, Value], Value]:
    def compare(left: Value, right: Value) -> Value:
        try:
            first, second = number(left), number(right)
            return test((first > second) - (first < second))
        except ExpressionError:
            if not isinstance(left, str) or not isinstance(right, str):
                raise
            return test((left > right) - (left < right))

    return compare


_ARITHMETIC: dict[str, Callable[[Value, Value], Value]] = {
    "+": _added,
    "-": _numeric(lambda left, right: left - right),
    "*": _numeric(lambda left, right: left * right),
    "/": _numeric(_divided),
    "%": _numeric(_modulo),
    "^": _numeric(lambda left, right: left**right),
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": _compared(lambda sign: sign < 0),
    "<=": _compared(lambda sign: sign <= 0),
    ">": _compared(lambda sign: sign > 0),
    ">=": _compared(lambda sign: sign >= 0),
}
