"""A condition over the numbers of a run, `chi2 > 1.2 and state == "finished"`: parsed, checked, and worked out here.

Python's grammar says how it is read; of its parts only those in `_PARTS` are known, and none of it is run as Python.
A name is that of a number or text of the run; dots are part of it (`lens.mass.einstein_radius`), and one that is no
word is written `value("einstein radius")`.

What a run does not have, or what is not a number, is neither greater nor smaller nor equal to anything: a part of a
condition that depends on it is unknown, `not` of it is, too, and a run for which all is unknown is not chosen.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from autoviz_render.spool.errors import AutovizError
from autoviz_render.spool.text import cut, printable

Value = float | str | bool | None
"""None is unknown."""

Look = Callable[[str], Value]
"""Gives the value of a name; None if there is none."""

_LONGEST = 2000  # characters
_DEEPEST = 60  # parts within parts: Python's own parser is not asked for more

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}
_COMPUTE: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}


class ExpressionError(AutovizError, ValueError):
    """A condition cannot be read, or compares what cannot be compared. The message is one line, with the place."""


@dataclass(frozen=True)
class Expression:
    """A condition.

    Attributes:
        text: As it was written.
    """

    text: str
    _tree: ast.expr

    @classmethod
    def of(cls, text: str) -> Expression:
        """Read one.

        Raises:
            ExpressionError: It cannot be read.
        """
        if len(text) > _LONGEST:
            raise ExpressionError(f"where: has {len(text):,} characters, more than the {_LONGEST:,} that are read")
        try:
            tree = ast.parse(f"({text}\n)", mode="eval").body  # in brackets it may go over several lines
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ExpressionError(_told(text, _place(error, text), _hint(text, error))) from None
        made = cls(text, tree)
        _check(made, tree)
        return made

    @property
    def names(self) -> tuple[str, ...]:
        """The names in it, in their order."""
        found = (name for node in _parts(self._tree) if (name := _name(node)) is not None)
        return tuple(dict.fromkeys(found))

    def is_true(self, look: Look) -> bool:
        """Whether it is true of a run, beyond doubt.

        Raises:
            ExpressionError: It compares a text with a number.
        """
        return _evaluate(self, self._tree, look) is True or _is_number(_evaluate(self, self._tree, look))


def _is_number(value: object) -> bool:
    """Whether a value that stands alone counts as true: a number other than zero, a text that is not empty."""
    return (isinstance(value, str) and value != "") or (
        isinstance(value, float) and value != 0 and not math.isnan(value)
    )


def _parts(tree: ast.expr) -> Iterator[ast.expr]:
    """The expressions in one, itself first; a name with dots is one."""
    yield tree
    if _name(tree) is None:
        for child in tree.args if isinstance(tree, ast.Call) else ast.iter_child_nodes(tree):
            if isinstance(child, ast.expr):
                yield from _parts(child)


def _name(node: ast.AST) -> str | None:
    """The name that a part of an expression is; None if it is none."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _name(node.value) if isinstance(node.value, (ast.Name, ast.Attribute)) else None
        return None if before is None else f"{before}.{node.attr}"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "value":
        words = [each.value for each in node.args if isinstance(each, ast.Constant)]
        if len(words) == len(node.args) == 1 and not node.keywords and isinstance(words[0], str):
            return words[0]
    return None


def _check(expression: Expression, tree: ast.expr, depth: int = 0) -> None:
    """Raises ExpressionError for a part that is not known."""
    if depth > _DEEPEST:
        raise ExpressionError(_told(expression.text, _at(tree), "has too many brackets in brackets"))
    if _name(tree) is not None:
        return
    match tree:
        case ast.Constant(value=bool() | int() | float() | str()):
            parts: list[ast.expr] = []
        case ast.BoolOp(values=values):
            parts = values
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd(), operand=operand):
            parts = [operand]
        case ast.BinOp(op=how, left=left, right=right) if type(how) in _COMPUTE:
            parts = [left, right]
        case ast.Compare(ops=ops, left=left, comparators=others) if all(type(each) in _COMPARE for each in ops):
            parts = [left, *others]
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements) if depth:
            parts = elements
        case ast.Call(func=ast.Name(id="abs"), args=[inner], keywords=[]):
            parts = [inner]
        case _:
            known = "write comparisons of names, numbers and texts, with and, or, not, + - * / % **, abs(x), in"
            raise ExpressionError(_told(expression.text, _at(tree), f"is not understood: {known}"))
    for part in parts:
        _check(expression, part, depth + 1)


def _evaluate(expression: Expression, tree: ast.expr, look: Look) -> object:
    """The value of a part: a float, a text, a truth value, a list of these; None if it is unknown."""
    if (name := _name(tree)) is not None:
        return _known(look(name))
    if isinstance(tree, ast.Constant):
        return _known(tree.value if isinstance(tree.value, str | bool) else _float(tree.value))
    if isinstance(tree, ast.Tuple | ast.List | ast.Set):
        return [_evaluate(expression, each, look) for each in tree.elts]
    if isinstance(tree, ast.BoolOp | ast.Compare) or (isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not)):
        return _decided(expression, tree, look)
    return _reckoned(expression, tree, look)


def _decided(expression: Expression, tree: ast.expr, look: Look) -> bool | None:
    """Whether what is said holds; None if that is not known."""
    match tree:
        case ast.BoolOp(op=how, values=values):
            return _joined((_truth(_evaluate(expression, each, look)) for each in values), isinstance(how, ast.Or))
        case ast.Compare(ops=ops, left=left, comparators=others):
            sides = [_evaluate(expression, each, look) for each in (left, *others)]
            pairs = zip(ops, sides[:-1], sides[1:], others, strict=True)
            return _joined((_compared(expression, *pair) for pair in pairs), is_or=False)
        case ast.UnaryOp(operand=operand):
            truth = _truth(_evaluate(expression, operand, look))
            return None if truth is None else not truth
    raise AssertionError(tree)  # `_check` knows the same parts


def _reckoned(expression: Expression, tree: ast.expr, look: Look) -> float | None:
    """The number that comes out; None if it is unknown."""
    match tree:
        case ast.UnaryOp(op=how, operand=operand):
            value = _number(expression, operand, look)
            return value if value is None or isinstance(how, ast.UAdd) else -value
        case ast.BinOp(op=how, left=left, right=right):
            return _computed(how, _number(expression, left, look), _number(expression, right, look))
        case ast.Call(args=[inner]):
            value = _number(expression, inner, look)
            return None if value is None else abs(value)
    raise AssertionError(tree)


def _compared(expression: Expression, how: ast.cmpop, one: object, other: object, at: ast.expr) -> bool | None:
    if one is None or other is None:
        return None
    try:
        return _COMPARE[type(how)](one, other) if _is_like(how, one, other) else _refuse(expression, at)
    except TypeError:
        return _refuse(expression, at)


def _is_like(how: ast.cmpop, one: object, other: object) -> bool:
    """Whether two values can be compared: a text is never less than a number, nor equal to one."""
    if isinstance(how, (ast.In, ast.NotIn)):
        return isinstance(other, list) or (isinstance(one, str) and isinstance(other, str))
    return isinstance(one, str) == isinstance(other, str) and not isinstance(other, list)


def _refuse(expression: Expression, at: ast.expr) -> bool:
    raise ExpressionError(_told(expression.text, _at(at), "cannot be compared with that: texts with texts, in quotes"))


def _number(expression: Expression, tree: ast.expr, look: Look) -> float | None:
    value = _evaluate(expression, tree, look)
    if value is None or isinstance(value, bool | float):
        return None if value is None else float(value)
    raise ExpressionError(_told(expression.text, _at(tree), "is no number to reckon with"))


def _computed(how: ast.operator, one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return None
    try:
        made = _COMPUTE[type(how)](one, other)
    except (ArithmeticError, ValueError):
        return None
    return None if isinstance(made, complex) or math.isnan(made) else made


def _joined(truths: Iterator[bool | None], is_or: bool) -> bool | None:
    """Kleene's `or` and `and`: what is unknown matters only if the others do not decide."""
    known = list(truths)
    if is_or in known:
        return is_or
    return None if None in known else not is_or


def _truth(value: object) -> bool | None:
    return value if value is None or isinstance(value, bool) else _is_number(value)


def _known(value: Value) -> Value:
    return None if isinstance(value, float) and math.isnan(value) else value


def _float(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # a number that was typed
    except OverflowError:
        return math.inf


def _at(node: ast.expr) -> int:
    """The place of a part in the text, in characters from 1."""
    return max(1, node.col_offset) if node.lineno == 1 else 1


def _place(error: BaseException, text: str) -> int:
    """Where it cannot be read on; a bracket of ours that is not closed says that something lacks at its end."""
    offset = error.offset if isinstance(error, SyntaxError) and error.lineno == 1 else None
    return offset - 1 if offset is not None and offset > 1 else len(text) + 1


def _hint(text: str, error: BaseException) -> str:
    if isinstance(error, SyntaxError) and re.search(r"(?<![=!<>])=(?!=)", text):
        return "write == to compare"
    return "cannot be read: write it as chi2 > 1.2 and state == 'finished'"


def _told(text: str, place: int, what: str) -> str:
    """A fault in a line, with the text from where it is."""
    return f"where: {printable(cut(text[place - 1 :].strip() or 'its end', 40))!r}, at character {place}, {what}"
