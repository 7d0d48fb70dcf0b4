//! Statements at random: any text is refused or compiled, never more, and what is compiled gives what a
//! second evaluator gives, which walks a tree and knows nothing of the first one's code.

#![allow(clippy::unwrap_used)]

use florin_decisioning::expression::{Inputs, Kind, Statement, Value};
use proptest::prelude::*;
use rust_decimal::Decimal;

const NUMBERS: [(&str, &str); 3] = [("whole", "42"), ("part", "-0.125"), ("zero", "0")];
const BOOLEANS: [(&str, bool); 2] = [("yes", true), ("no", false)];
const STRINGS: [(&str, &str); 2] = [("word", "florin"), ("letter", "o")];
const DATES: [(&str, &str); 2] = [("start", "2019-11-30"), ("end", "2024-02-29")];

/// One input of each kind is known and has no value.
fn kind_of(name: &str) -> Option<Kind> {
    let is_in = |names: &[&str]| names.contains(&name);
    match name {
        _ if is_in(&["whole", "part", "zero", "no_number"]) => Some(Kind::Number),
        _ if is_in(&["yes", "no", "no_boolean"]) => Some(Kind::Boolean),
        _ if is_in(&["word", "letter", "no_string"]) => Some(Kind::String),
        _ if is_in(&["start", "end", "no_date"]) => Some(Kind::Date),
        _ => None,
    }
}

fn inputs() -> Inputs {
    let numbers = NUMBERS.map(|(name, text)| (name, Value::Number(text.parse().unwrap())));
    let booleans = BOOLEANS.map(|(name, truth)| (name, Value::Boolean(truth)));
    let strings = STRINGS.map(|(name, text)| (name, Value::String(text.to_owned())));
    let dates = DATES.map(|(name, text)| (name, Value::Date(text.parse().unwrap())));
    numbers.into_iter().chain(booleans).chain(strings).chain(dates).collect()
}

// --- any text ---

fn token() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "(",
        ")",
        "[",
        "]",
        ",",
        "+",
        "-",
        "*",
        "/",
        "//",
        "%",
        "**",
        "<",
        "<=",
        "==",
        "!=",
        ">",
        "and",
        "or",
        "not",
        "if",
        "else",
        "in",
        "not in",
        "True",
        "False",
        "min(",
        "max(",
        "round(",
        "len(",
        "date(",
        "lower(",
        "abs(",
        "{{whole}}",
        "{{part}}",
        "{{zero}}",
        "{{yes}}",
        "{{no_boolean}}",
        "{{word}}",
        "{{start}}",
        "{{unknown}}",
        "{{",
        "}}",
        "'a'",
        "'2020-01-31'",
        "‘ß’",
        "\"",
        "\\",
        "1",
        "0",
        "0.5",
        "2",
        "1e3",
        "1e28",
        "79228162514264337593543950335",
        ".",
        "e",
        "=",
        "é",
        "\u{0}",
        "💥",
    ]);
    words.prop_map(str::to_owned)
}

/// Compiles and, where that works, evaluates; both have to come back, and a fault lies within the text.
fn survives(source: &str) {
    match Statement::compile(source, &kind_of) {
        Ok(statement) => {
            let _ = statement.evaluate(&inputs());
            let _ = statement.evaluate(&Inputs::default());
        }
        Err(error) => assert!(error.position <= source.chars().count(), "{source:?}: {error}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn any_text_is_refused_or_works(source in "\\PC{0,60}") {
        survives(&source);
    }

    #[test]
    fn any_bytes_are_refused_or_work(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        survives(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_row_of_tokens_is_refused_or_works(tokens in prop::collection::vec(token(), 0..30)) {
        survives(&tokens.join(" "));
        survives(&tokens.concat());
    }
}

// --- a second evaluator ---

/// An expression as a tree. Kinds are right by construction.
#[derive(Clone, Debug)]
enum Tree {
    Literal(Value),
    Input(&'static str),
    Prefix(&'static str, Box<Tree>),
    Infix(&'static str, Box<Tree>, Box<Tree>),
    Chain(Box<Tree>, &'static str, Box<Tree>, &'static str, Box<Tree>),
    Choice(Box<Tree>, Box<Tree>, Box<Tree>),
    Member(bool, Box<Tree>, Vec<Tree>),
    Call(&'static str, Vec<Tree>),
}

/// How tightly the printed form binds; parentheses where an operand binds less than it has to.
fn print(tree: &Tree, least: u8) -> String {
    let (tightness, text) = match tree {
        Tree::Literal(Value::Date(date)) => (10, format!("date('{date}')")),
        Tree::Literal(Value::String(text)) => (10, format!("'{text}'")),
        Tree::Literal(value) => (10, value.to_string()),
        Tree::Input(name) => (10, format!("{{{{{name}}}}}")),
        Tree::Prefix("not", operand) => (4, format!("not {}", print(operand, 4))),
        Tree::Prefix(sign, operand) => (8, format!("{sign}{}", print(operand, 8))),
        Tree::Infix("**", left, right) => (9, format!("{}**{}", print(left, 10), print(right, 8))),
        Tree::Infix(operator, left, right) => {
            let own = tightness(operator);
            // A comparison beside a comparison would be a chain.
            let left_least = if own == 5 { 6 } else { own };
            (own, format!("{} {operator} {}", print(left, left_least), print(right, own + 1)))
        }
        Tree::Chain(a, first, b, second, c) => {
            (5, format!("{} {first} {} {second} {}", print(a, 6), print(b, 6), print(c, 6)))
        }
        Tree::Choice(yes, condition, no) => {
            (1, format!("{} if {} else {}", print(yes, 2), print(condition, 2), print(no, 1)))
        }
        Tree::Member(is_in, part, elements) => {
            let elements: Vec<String> = elements.iter().map(|element| print(element, 1)).collect();
            let word = if *is_in { "in" } else { "not in" };
            (5, format!("{} {word} ({},)", print(part, 6), elements.join(", ")))
        }
        Tree::Call(name, arguments) => {
            let arguments: Vec<String> =
                arguments.iter().map(|argument| print(argument, 1)).collect();
            (10, format!("{name}({})", arguments.join(", ")))
        }
    };
    if tightness < least { format!("({text})") } else { text }
}

fn tightness(operator: &str) -> u8 {
    match operator {
        "or" => 2,
        "and" => 3,
        "+" | "-" => 6,
        "*" | "/" | "//" | "%" => 7,
        _ => 5,
    }
}

/// The value, or the code of the failure.
fn walk(tree: &Tree, inputs: &Inputs) -> Result<Value, &'static str> {
    Ok(match tree {
        Tree::Literal(value) => value.clone(),
        Tree::Input(name) => inputs.get(name).cloned().ok_or("missing")?,
        Tree::Prefix("not", operand) => Value::Boolean(!truth(operand, inputs)?),
        Tree::Prefix("-", operand) => Value::Number(-number(operand, inputs)?),
        Tree::Prefix(_, operand) => walk(operand, inputs)?,
        Tree::Infix("and", left, right) => {
            Value::Boolean(truth(left, inputs)? && truth(right, inputs)?)
        }
        Tree::Infix("or", left, right) => {
            Value::Boolean(truth(left, inputs)? || truth(right, inputs)?)
        }
        Tree::Infix("in", part, whole) => {
            let (part, whole) = (text(part, inputs)?, text(whole, inputs)?);
            Value::Boolean(whole.contains(&part))
        }
        Tree::Infix(operator, left, right) => {
            binary(operator, walk(left, inputs)?, walk(right, inputs)?)?
        }
        Tree::Chain(a, first, b, second, c) => {
            let middle = walk(b, inputs);
            match binary(first, walk(a, inputs)?, middle.clone()?)? {
                Value::Boolean(true) => binary(second, middle?, walk(c, inputs)?)?,
                _ => Value::Boolean(false),
            }
        }
        Tree::Choice(yes, condition, no) => {
            walk(if truth(condition, inputs)? { yes } else { no }, inputs)?
        }
        Tree::Member(is_in, part, elements) => {
            let part = walk(part, inputs)?;
            let elements: Vec<Value> =
                elements.iter().map(|element| walk(element, inputs)).collect::<Result<_, _>>()?;
            Value::Boolean(elements.contains(&part) == *is_in)
        }
        Tree::Call(name, arguments) => {
            let arguments: Vec<Value> = arguments
                .iter()
                .map(|argument| walk(argument, inputs))
                .collect::<Result<_, _>>()?;
            call(name, arguments)
        }
    })
}

fn truth(tree: &Tree, inputs: &Inputs) -> Result<bool, &'static str> {
    walk(tree, inputs).map(|value| value == Value::Boolean(true))
}

fn number(tree: &Tree, inputs: &Inputs) -> Result<Decimal, &'static str> {
    walk(tree, inputs).map(|value| match value {
        Value::Number(number) => number,
        other => panic!("{other:?} is not a number"),
    })
}

fn text(tree: &Tree, inputs: &Inputs) -> Result<String, &'static str> {
    walk(tree, inputs).map(|value| value.to_string())
}

fn binary(operator: &str, left: Value, right: Value) -> Result<Value, &'static str> {
    use Value::{Boolean, Date, Number};
    Ok(match (operator, left, right) {
        ("==", left, right) => Boolean(left == right),
        ("!=", left, right) => Boolean(left != right),
        ("-", Date(left), Date(right)) => {
            let days = (left - right).get_days();
            Number(Decimal::from(days))
        }
        ("<" | "<=" | ">" | ">=", left, right) => {
            let order = match (left, right) {
                (Number(left), Number(right)) => left.cmp(&right),
                (Date(left), Date(right)) => left.cmp(&right),
                (left, right) => left.to_string().cmp(&right.to_string()),
            };
            Boolean(match operator {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                _ => order.is_ge(),
            })
        }
        (_, Number(left), Number(right)) => Number(arithmetic(operator, left, right)?),
        (_, left, right) => panic!("{left:?} {operator} {right:?}"),
    })
}

/// What a division leaves, with the sign of the divisor.
fn rest(left: Decimal, right: Decimal) -> Decimal {
    let rest = left % right;
    let is_across = !rest.is_zero() && rest.is_sign_negative() != right.is_sign_negative();
    if is_across { rest + right } else { rest }
}

fn arithmetic(operator: &str, left: Decimal, right: Decimal) -> Result<Decimal, &'static str> {
    let is_division = matches!(operator, "/" | "//" | "%");
    if is_division && right.is_zero() {
        return Err("division_by_zero");
    }
    let result = match operator {
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        "/" => left.checked_div(right),
        "//" => (left - rest(left, right)).checked_div(right).map(|quotient| quotient.round()),
        "%" => Some(rest(left, right)),
        "**" => {
            // Exponents are small literals here, so multiplying again and again is the definition.
            let times: u32 = right.to_string().parse().unwrap();
            (0..times).try_fold(Decimal::ONE, |product, _| product.checked_mul(left))
        }
        other => panic!("{other}"),
    };
    let result = result.ok_or("overflow")?;
    let vanishes = matches!(operator, "*" | "/" | "**") && result.is_zero();
    let from_nothing = left.is_zero() || (operator == "*" && right.is_zero());
    if vanishes && !from_nothing { Err("underflow") } else { Ok(result) }
}

fn call(name: &str, mut arguments: Vec<Value>) -> Value {
    match (name, &arguments[..]) {
        ("abs", [Value::Number(number)]) => Value::Number(number.abs()),
        ("round", [Value::Number(number)]) => Value::Number(number.round_dp(0)),
        ("len", [Value::String(text)]) => Value::Number(Decimal::from(text.chars().count())),
        ("lower", [Value::String(text)]) => Value::String(text.to_lowercase()),
        ("upper", [Value::String(text)]) => Value::String(text.to_uppercase()),
        ("min" | "max", _) => {
            let first = arguments.remove(0);
            arguments.into_iter().fold(first, |best, next| {
                let better = if name == "min" { "<" } else { ">" };
                match binary(better, next.clone(), best.clone()) {
                    Ok(Value::Boolean(true)) => next,
                    _ => best,
                }
            })
        }
        other => panic!("{other:?}"),
    }
}

// --- trees at random ---

type Trees = BoxedStrategy<Tree>;

fn boxed(tree: Tree) -> Box<Tree> {
    Box::new(tree)
}

fn select(names: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(names)
}

/// Two of one kind under one of the operators.
fn infix(operators: &'static [&'static str], of: Trees) -> Trees {
    (select(operators), of.clone(), of)
        .prop_map(|(operator, left, right)| Tree::Infix(operator, boxed(left), boxed(right)))
        .boxed()
}

fn choice(of: Trees, condition: Trees) -> Trees {
    (of.clone(), condition, of)
        .prop_map(|(yes, condition, no)| Tree::Choice(boxed(yes), boxed(condition), boxed(no)))
        .boxed()
}

fn calls(names: &'static [&'static str], of: Trees, count: std::ops::Range<usize>) -> Trees {
    (select(names), prop::collection::vec(of, count))
        .prop_map(|(name, arguments)| Tree::Call(name, arguments))
        .boxed()
}

fn prefix(signs: &'static [&'static str], of: Trees) -> Trees {
    (select(signs), of).prop_map(|(sign, operand)| Tree::Prefix(sign, boxed(operand))).boxed()
}

const EQUALITIES: &[&str] = &["==", "!="];
const ORDERS: &[&str] = &["<", "<=", ">", ">=", "==", "!="];

/// A known input, or now and then the one without a value.
fn input(known: &'static [&'static str], missing: &'static str) -> Trees {
    prop_oneof![30 => select(known).prop_map(Tree::Input), 1 => Just(Tree::Input(missing))].boxed()
}

fn leaf_numbers() -> Trees {
    let literal = (0i64..=2_000, 0u32..=3)
        .prop_map(|(digits, scale)| Tree::Literal(Value::Number(Decimal::new(digits, scale))));
    prop_oneof![literal, input(&["whole", "part", "zero"], "no_number")].boxed()
}

fn numbers(depth: u32) -> Trees {
    if depth == 0 {
        return leaf_numbers();
    }
    let (same, conditions) = (numbers(depth - 1), booleans(depth - 1));
    let (words, days) = (strings(depth - 1), dates(depth - 1));
    // Powers of literals are exact, in whatever way they are taken.
    let power = (leaf_numbers(), 0i64..=5).prop_map(|(base, times)| {
        let times = Tree::Literal(Value::Number(Decimal::from(times)));
        Tree::Infix("**", boxed(base), boxed(times))
    });
    prop_oneof![
        leaf_numbers(),
        infix(&["+", "-", "*", "/", "//", "%"], same.clone()),
        infix(&["-"], days),
        power,
        prefix(&["-", "+"], same.clone()),
        choice(same.clone(), conditions),
        calls(&["min", "max"], same.clone(), 2..4),
        calls(&["abs", "round"], same, 1..2),
        calls(&["len"], words, 1..2),
    ]
    .boxed()
}

fn booleans(depth: u32) -> Trees {
    let literal = any::<bool>().prop_map(|truth| Tree::Literal(Value::Boolean(truth)));
    let leaf = prop_oneof![literal, input(&["yes", "no"], "no_boolean")];
    if depth == 0 {
        return leaf.boxed();
    }
    let (same, figures) = (booleans(depth - 1), numbers(depth - 1));
    let (words, days) = (strings(depth - 1), dates(depth - 1));
    let chain = (figures.clone(), select(ORDERS), figures.clone(), select(ORDERS), figures.clone())
        .prop_map(|(a, first, b, second, c)| {
            Tree::Chain(boxed(a), first, boxed(b), second, boxed(c))
        });
    let member = |of: Trees| {
        (any::<bool>(), of.clone(), prop::collection::vec(of, 1..4))
            .prop_map(|(is_in, part, elements)| Tree::Member(is_in, boxed(part), elements))
    };
    prop_oneof![
        leaf,
        infix(&["and", "or"], same.clone()),
        infix(EQUALITIES, same.clone()),
        prefix(&["not"], same.clone()),
        choice(same.clone(), same),
        infix(ORDERS, figures.clone()),
        infix(ORDERS, words.clone()),
        infix(ORDERS, days.clone()),
        infix(&["in"], words.clone()),
        chain,
        member(figures),
        member(words),
        member(days),
    ]
    .boxed()
}

fn strings(depth: u32) -> Trees {
    let literal = "[a-zA-Z ]{0,3}".prop_map(|text| Tree::Literal(Value::String(text)));
    let leaf = prop_oneof![literal, input(&["word", "letter"], "no_string")];
    if depth == 0 {
        return leaf.boxed();
    }
    let (same, conditions) = (strings(depth - 1), booleans(depth - 1));
    prop_oneof![
        3 => leaf,
        1 => choice(same.clone(), conditions),
        1 => calls(&["lower", "upper"], same.clone(), 1..2),
        1 => calls(&["min", "max"], same, 2..4),
    ]
    .boxed()
}

fn dates(depth: u32) -> Trees {
    let literal = (1950i16..2050, 1i8..=12, 1i8..=28).prop_map(|(year, month, day)| {
        Tree::Literal(Value::Date(jiff::civil::date(year, month, day)))
    });
    let leaf = prop_oneof![literal, input(&["start", "end"], "no_date")];
    if depth == 0 {
        return leaf.boxed();
    }
    let (same, conditions) = (dates(depth - 1), booleans(depth - 1));
    prop_oneof![
        3 => leaf,
        1 => choice(same.clone(), conditions),
        1 => calls(&["min", "max"], same, 2..4),
    ]
    .boxed()
}

fn compare(tree: &Tree) -> Result<(), TestCaseError> {
    let source = print(tree, 1);
    let statement = Statement::compile(&source, &kind_of)
        .map_err(|error| TestCaseError::fail(format!("{source}: {error}")))?;
    let ours = statement.evaluate(&inputs());
    let theirs = walk(tree, &inputs()).map(|value| match value {
        Value::Number(number) => number,
        Value::Boolean(truth) => Decimal::from(u8::from(truth)),
        other => panic!("{other:?}"),
    });
    let same = match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => ours == theirs,
        (Err(ours), Err(theirs)) => ours.code() == *theirs,
        _ => false,
    };
    prop_assert!(same, "{source}\n  ours   {ours:?}\n  theirs {theirs:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn a_second_evaluator_agrees_on_numbers(tree in numbers(3)) {
        compare(&tree)?;
    }

    #[test]
    fn a_second_evaluator_agrees_on_booleans(tree in booleans(3)) {
        compare(&tree)?;
    }
}
