#!/usr/bin/env python3
"""Compares Florin's statements (the expressions of scorecard rules) with Python, whose language they are.

Writes random statements, some of which make no sense, and gives them to Florin
(crates/domain/decisioning/examples/evaluate_statements.rs). Python's own parser decides what binds how; a checker of
kinds and an evaluator in exact fractions, written here from the rules of the language
(crates/domain/decisioning/src/expression/mod.rs), decide what a statement gives. Each value carries a bound of the
error that Florin's 28 digits may have, so that a comparison or a rounding that this error could turn round is left out
instead of being called right or wrong. Exits 1 when one differs. Standard library only.

    tests/independent/statement_check.py [COUNT [SEED]]    checks COUNT (default 15000) statements
"""

import ast
import json
import random
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from fractions import Fraction

from florin import example

LARGEST = Fraction(2**96 - 1)
SMALL = Fraction(1, 10**12)
LAST_PLACE = Fraction(1, 10**28)

INPUTS = {
    "boolean": {"yes": True, "no": False, "no_boolean": None},
    "number": {"whole": "42", "part": "-0.125", "zero": "0", "income": "24000.50", "no_number": None},
    "string": {"word": "florin", "letter": "o", "country": "GB", "no_string": None},
    "date": {"start": "2019-11-30", "end": "2024-02-29", "no_date": None},
}
KINDS = {name: kind for kind, names in INPUTS.items() for name in names}


def wire_inputs():
    return {
        name: {"type": kind, "value": value}
        for kind, names in INPUTS.items()
        for name, value in names.items()
        if value is not None
    }


# Statements at random. Parentheses are left out as often as not, so that precedence decides, and now and then a piece
# of another kind is put in, so that many statements have to be refused.


def statement(chance, kind, depth):
    if chance.random() < 0.02:
        kind = chance.choice(list(INPUTS))
    if depth == 0 or chance.random() < 0.15:
        return leaf(chance, kind)
    text = {"number": number, "boolean": boolean, "string": string, "date": day}[kind](chance, depth - 1)
    return f"({text})" if chance.random() < 0.45 else text


def leaf(chance, kind):
    if chance.random() < 0.5:
        known = list(INPUTS[kind])
        name = known[-1] if chance.random() < 0.04 else chance.choice(known[:-1])
        return "{{" + name + "}}"
    if kind == "boolean":
        return chance.choice(["True", "False"])
    if kind == "date":
        text = chance.choice(["2020-01-31", "2024-02-29", "1999-12-31"])
        return f"'{text}'" if chance.random() < 0.5 else f"date('{text}')"
    if kind == "string":
        return repr(chance.choice(["", "o", "GB", "florin", "Lo", "ab"]))
    return chance.choice(
        [str(chance.randrange(10)), str(chance.randrange(5000)), f"{chance.randrange(500) / 100:.2f}", ".5", "3.", "1e3"]
    )


def number(chance, depth):
    part = lambda kind="number": statement(chance, kind, depth)
    pick = chance.randrange(14)
    if pick < 6:
        return f"{part()} {chance.choice(['+', '-', '*', '/', '//', '%'])} {part()}"
    if pick == 6:
        return f"{part()} ** {chance.choice(['2', '3', '-1', '0', '-2', '12', part()])}"
    if pick == 7:
        return chance.choice("+-") + part()
    if pick == 8:
        return f"{part('date')} - {part('date')}"
    if pick == 9:
        return f"{chance.choice(['min', 'max'])}({part()}, {part()}{chance.choice(['', ',', ', ' + part()])})"
    if pick == 10:
        return chance.choice([f"abs({part()})", f"round({part()})", f"round({part()}, {chance.randrange(5)})"])
    if pick == 11:
        return f"len({part('string')})"
    return f"{part()} if {part('boolean')} else {part()}"


def boolean(chance, depth):
    part = lambda kind="boolean": statement(chance, kind, depth)
    pick = chance.randrange(10)
    order = lambda: chance.choice(["<", "<=", ">", ">=", "==", "!="])
    some = chance.choice(["number", "number", "string", "date"])
    if pick < 3:
        return f"{part()} {chance.choice(['and', 'or'])} {part()}"
    if pick == 3:
        return f"not {part()}"
    if pick == 4:
        return f"{part(some)} {order()} {part(some)}"
    if pick == 5:
        return f"{part(some)} {order()} {part(some)} {order()} {part(some)}"
    if pick == 6:
        return f"{part()} {order()} {part()}"
    if pick == 7:
        elements = ", ".join(part(some) for _ in range(chance.randrange(1, 4)))
        opening, closing = chance.choice(["()", "[]"])
        comma = chance.choice(["", ","])
        return f"{part(some)} {chance.choice(['in', 'not in'])} {opening}{elements}{comma}{closing}"
    if pick == 8:
        return f"{part('string')} {chance.choice(['in', 'not in'])} {part('string')}"
    return f"{part()} if {part()} else {part()}"


def string(chance, depth):
    part = lambda kind="string": statement(chance, kind, depth)
    pick = chance.randrange(3)
    if pick == 0:
        return f"{chance.choice(['lower', 'upper'])}({part()})"
    if pick == 1:
        return f"{chance.choice(['min', 'max'])}({part()}, {part()})"
    return f"{part()} if {part('boolean')} else {part()}"


def day(chance, depth):
    part = lambda kind="date": statement(chance, kind, depth)
    if chance.random() < 0.5:
        return f"{chance.choice(['min', 'max'])}({part()}, {part()})"
    return f"{part()} if {part('boolean')} else {part()}"


# Kinds, on Python's tree. A string literal beside a date is a date: the tree is changed accordingly.


class Refused(Exception):
    pass


ORDERS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


def literal_string(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def align(left, right):
    """The kinds of two sides that have to be of one kind."""
    kinds = [kind_of(left), kind_of(right)]
    for node, at in ((left, 0), (right, 1)):
        if kinds[at] == "string" and kinds[1 - at] == "date" and literal_string(node):
            node.value = read_date(node.value)
            kinds[at] = "date"
    return kinds


def same_kind(left, right):
    kinds = align(left, right)
    if kinds[0] != kinds[1]:
        raise Refused(f"{kinds}")
    return kinds[0]


def read_date(text):
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise Refused("not a date")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused("not a date") from error


def need(kind, node):
    if kind_of(node) != kind:
        raise Refused(f"needs a {kind}")


def kind_of(node):
    if isinstance(node, ast.Constant):
        by_type = {bool: "boolean", int: "number", float: "number", str: "string", date: "date"}
        return by_type[type(node.value)]
    if isinstance(node, ast.Name):
        return KINDS[node.id.removeprefix("input_")]
    if isinstance(node, ast.UnaryOp):
        kind = "boolean" if isinstance(node.op, ast.Not) else "number"
        need(kind, node.operand)
        return kind
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Sub) and align(node.left, node.right) == ["date", "date"]:
            return "number"
        need("number", node.left)
        need("number", node.right)
        return "number"
    if isinstance(node, ast.BoolOp):
        for value in node.values:
            need("boolean", value)
        return "boolean"
    if isinstance(node, ast.IfExp):
        need("boolean", node.test)
        return same_kind(node.body, node.orelse)
    if isinstance(node, ast.Compare):
        return kind_of_comparison(node)
    if isinstance(node, ast.Call):
        return kind_of_call(node)
    raise Refused(type(node).__name__)


def kind_of_comparison(node):
    sides = [node.left, *node.comparators]
    if any(isinstance(op, (ast.In, ast.NotIn)) for op in node.ops):
        if len(node.ops) > 1:
            raise Refused("chained in")
        whole = sides[1]
        if not isinstance(whole, (ast.Tuple, ast.List)):
            need("string", sides[0])
            need("string", whole)
        elif not whole.elts:
            raise Refused("empty list")
        else:
            kind = same_kind(sides[0], whole.elts[0])
            if any(kind_beside(kind, element) != kind for element in whole.elts):
                raise Refused("list of kinds")
        return "boolean"
    kind = same_kind(sides[0], sides[1])
    for op, right in zip(node.ops, sides[1:]):
        if kind_beside(kind, right) != kind:
            raise Refused("chain of kinds")
        if kind == "boolean" and not isinstance(op, (ast.Eq, ast.NotEq)):
            raise Refused("order of booleans")
    return "boolean"


def kind_beside(kind, node):
    """The kind of a node beside something of a kind that is settled."""
    if kind == "date" and literal_string(node):
        node.value = read_date(node.value)
    return kind_of(node)


def kind_of_call(node):
    name, arguments = node.func.id, node.args
    if name == "date":
        node.value = read_date(arguments[0].value)
        return "date"
    if name in ("min", "max"):
        kind = same_kind(arguments[0], arguments[1])
        if kind == "boolean" or any(kind_beside(kind, argument) != kind for argument in arguments):
            raise Refused("min of kinds")
        return kind
    if name == "round" and len(arguments) == 2:
        need("number", arguments[0])
        return "number"
    need("number" if name in ("abs", "round") else "string", arguments[0])
    return "string" if name in ("lower", "upper") else "number"


# Values: booleans, strings, dates, and numbers as a fraction with a bound of Florin's error.


class Failed(Exception):
    pass


class TooClose(Exception):
    """Florin's error decides."""


def representable(value):
    digits = value * 10**28
    if digits.denominator != 1:
        return False
    digits = abs(digits.numerator)
    places = 28
    while places and digits % 10 == 0:
        digits //= 10
        places -= 1
    return digits < 2**96


def result(value, error=Fraction(0)):
    """A number as Florin has it: rounded when it needs more digits, a failure when it cannot be said."""
    if error or not representable(value):
        error += abs(value) * Fraction(1, 10**27) + LAST_PLACE
    if abs(value) - error > LARGEST:
        raise Failed("overflow")
    if abs(value) + error > LARGEST:
        raise TooClose
    return value, error


def product(value, error):
    """A result that must not vanish."""
    if 0 < abs(value) < SMALL or (error and abs(value) <= error):
        raise TooClose
    return result(value, error)


def sure(value, error, mark):
    """Whether the value certainly lies on its side of a mark, or exactly on it."""
    if error and abs(value - mark) <= error:
        raise TooClose


def floor_of(value, error):
    floor = value.numerator // value.denominator
    sure(value, error, Fraction(floor))
    sure(value, error, Fraction(floor + 1))
    return Fraction(floor)


def divide(a, b):
    (left, left_error), (right, right_error) = a, b
    if right == 0 and not right_error:
        raise Failed("division_by_zero")
    if abs(right) <= 2 * right_error or abs(right) < SMALL:
        raise TooClose
    quotient = left / right
    return quotient, (left_error + abs(quotient) * right_error) / (abs(right) - right_error)


def floored(a, b, is_rest):
    quotient, error = divide(a, b)
    if abs(quotient) > 10**24:
        raise TooClose
    whole = floor_of(quotient, error)
    if is_rest:
        return result(a[0] - whole * b[0], a[1] + abs(whole) * b[1])
    return result(whole)


def power(a, b):
    (base, base_error), (exponent, exponent_error) = a, b
    if exponent_error:
        raise TooClose
    if exponent.denominator != 1 or abs(exponent) > 1000:
        raise Failed("exponent")
    if exponent == 0:
        return Fraction(1), Fraction(0)
    if base == 0 and not base_error:
        if exponent < 0:
            raise Failed("division_by_zero")
        return Fraction(0), Fraction(0)
    if abs(exponent) > 40 or abs(base) < SMALL or base_error * 10**6 > abs(base):
        raise TooClose
    value = base ** int(exponent)
    is_exact = not base_error and representable(value) and exponent > 0
    relative = 0 if is_exact else 2 * abs(exponent) * (base_error / abs(base) + Fraction(1, 10**26))
    return product(value, abs(value) * relative)


def arithmetic(op, a, b):
    (left, left_error), (right, right_error) = a, b
    if isinstance(op, ast.Add):
        return result(left + right, left_error + right_error)
    if isinstance(op, ast.Sub):
        return result(left - right, left_error + right_error)
    if isinstance(op, ast.Mult):
        error = abs(left) * right_error + abs(right) * left_error + left_error * right_error
        return product(left * right, error)
    if isinstance(op, ast.Div):
        return product(*divide(a, b))
    if isinstance(op, ast.Pow):
        return power(a, b)
    return floored(a, b, isinstance(op, ast.Mod))


def compare(op, left, right):
    if isinstance(left, tuple):
        difference, error = left[0] - right[0], left[1] + right[1]
        sure(difference, error, Fraction(0))
        left, right = difference, Fraction(0)
    signs = {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}
    return {**signs, "==": left == right, "!=": left != right}[ORDERS[type(op)]]


def evaluate(node):
    if isinstance(node, ast.Constant):
        if isinstance(node.value, (bool, str, date)):
            return node.value
        return Fraction(str(node.value)), Fraction(0)
    if isinstance(node, ast.Name):
        return input_value(node.id.removeprefix("input_"))
    if isinstance(node, ast.UnaryOp):
        operand = evaluate(node.operand)
        if isinstance(node.op, ast.Not):
            return not operand
        return (-operand[0], operand[1]) if isinstance(node.op, ast.USub) else operand
    if isinstance(node, ast.BinOp):
        left, right = evaluate(node.left), evaluate(node.right)
        if isinstance(left, date):
            return Fraction((left - right).days), Fraction(0)
        return arithmetic(node.op, left, right)
    if isinstance(node, ast.BoolOp):
        decides = isinstance(node.op, ast.Or)
        return decides if any(evaluate(value) == decides for value in node.values) else not decides
    if isinstance(node, ast.IfExp):
        return evaluate(node.body if evaluate(node.test) else node.orelse)
    if isinstance(node, ast.Compare):
        return evaluate_comparison(node)
    return evaluate_call(node)


def input_value(name):
    value = INPUTS[KINDS[name]][name]
    if value is None:
        raise Failed("missing")
    if KINDS[name] == "number":
        return Fraction(value), Fraction(0)
    return date.fromisoformat(value) if KINDS[name] == "date" else value


def evaluate_comparison(node):
    left = evaluate(node.left)
    if isinstance(node.ops[0], (ast.In, ast.NotIn)):
        is_negated = isinstance(node.ops[0], ast.NotIn)
        whole = node.comparators[0]
        if not isinstance(whole, (ast.Tuple, ast.List)):
            return (left in evaluate(whole)) != is_negated
        elements = [evaluate(element) for element in whole.elts]
        return any([compare(ast.Eq(), left, element) for element in elements]) != is_negated
    for op, right in zip(node.ops, node.comparators):
        right = evaluate(right)
        if not compare(op, left, right):
            return False
        left = right
    return True


def evaluate_call(node):
    name = node.func.id
    if name == "date":
        return node.value
    arguments = [evaluate(argument) for argument in node.args]
    first = arguments[0]
    if name in ("min", "max"):
        better = ast.Lt() if name == "min" else ast.Gt()
        for other in arguments[1:]:
            first = other if compare(better, other, first) else first
        return first
    if name == "abs":
        return abs(first[0]), first[1]
    if name == "round":
        scale = 10 ** int(arguments[1][0]) if len(arguments) == 2 else 1
        value, error = first[0] * scale, first[1] * scale
        sure(value, error, Fraction(value.numerator // value.denominator) + Fraction(1, 2))
        rounded, error = Fraction(round(value)), error if scale * LAST_PLACE * 10**6 > 1 else Fraction(0)
        return rounded / scale, error
    if name == "len":
        return Fraction(len(first)), Fraction(0)
    return first.lower() if name == "lower" else first.upper()


# The comparison


def expected(source):
    """("value", fraction, error), ("failure", code), ("error",) or ("close",)."""
    try:
        tree = ast.parse(re.sub(r"\{\{(\w+)\}\}", r"input_\1", source), mode="eval").body
        kind = kind_of(tree)
    except (SyntaxError, Refused):
        return ("error",)
    if kind not in ("number", "boolean"):
        return ("error",)
    try:
        value = evaluate(tree)
    except Failed as failure:
        return ("failure", str(failure))
    except TooClose:
        return ("close",)
    return ("value", *(value if isinstance(value, tuple) else (Fraction(int(value)), Fraction(0))))


def agrees(wanted, answer):
    if wanted[0] == "value":
        return "value" in answer and abs(Fraction(answer["value"]) - wanted[1]) <= wanted[2]
    if wanted[0] == "failure":
        return answer.get("failure") == wanted[1]
    return "error" in answer


def answers(sources):
    """What Florin says to each, with typographic quotes in every third."""
    inputs = wire_inputs()
    lines = []
    for index, source in enumerate(sources):
        if index % 3 == 0:
            source = re.sub(r"'([^']*)'", r"‘\1’", source)
        lines.append(json.dumps({"statement": source, "kinds": KINDS, "inputs": inputs}))
    texts = "\n".join(lines) + "\n"
    run = example("florin-decisioning", "evaluate_statements", input=texts, text=True, stdout=subprocess.PIPE)
    return [json.loads(line) for line in run.stdout.splitlines()]


def main(arguments):
    count = int(arguments[0]) if arguments else 15_000
    seed = int(arguments[1]) if len(arguments) > 1 else 2026
    chance = random.Random(seed)
    pick = lambda: chance.choice(["number", "number", "boolean"])
    sources = [statement(chance, pick(), chance.randrange(1, 6)) for _ in range(count)]
    seen, wrong = Counter(), 0
    for source, answer in zip(sources, answers(sources), strict=True):
        wanted = expected(source)
        seen[wanted[0]] += 1
        if wanted[0] != "close" and not agrees(wanted, answer):
            wrong += 1
            if wrong <= 20:
                told = [str(part) for part in wanted]
                print(f"{source}\n    expected {told}\n    florin   {answer}")
    print(
        f"{count} statements: {seen['value']} values, {seen['failure']} failures, {seen['error']} refused, "
        f"{seen['close']} too close to tell, {wrong} differ"
    )
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
