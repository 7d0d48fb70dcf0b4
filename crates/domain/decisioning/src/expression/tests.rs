//! Statements and what they give, as tables.

use std::str::FromStr;

use super::*;

fn kind_of(name: &str) -> Option<Kind> {
    Some(match name {
        "boolean_input_source" | "yes" | "no" => Kind::Boolean,
        "float_input_source" | "age" | "zero" | "no number" => Kind::Number,
        "str_input_source" | "country" | "empty" => Kind::String,
        "born" | "today" | "no_date" => Kind::Date,
        _ => return None,
    })
}

fn inputs() -> Inputs {
    let number = |text: &str| Value::Number(Decimal::from_str(text).unwrap());
    [
        ("boolean_input_source", Value::Boolean(true)),
        ("yes", Value::Boolean(true)),
        ("no", Value::Boolean(false)),
        ("float_input_source", number("730.00")),
        ("age", number("42")),
        ("zero", number("0")),
        ("str_input_source", Value::String("test".to_owned())),
        ("country", Value::String("GB".to_owned())),
        ("empty", Value::String(String::new())),
        ("born", Value::Date("1984-02-29".parse().unwrap())),
        ("today", Value::Date("2024-03-01".parse().unwrap())),
    ]
    .into_iter()
    .collect()
}

/// What a statement gives: its value without trailing zeros, `failure: code`, or `position: message`.
fn outcome(source: &str) -> String {
    match Statement::compile(source, &kind_of) {
        Ok(statement) => match statement.evaluate(&inputs()) {
            Ok(value) => value.normalize().to_string(),
            Err(failure) => format!("failure: {}", failure.code()),
        },
        Err(error) => format!("{}: {}", error.position, error.message),
    }
}

fn check(table: &[(&str, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter(|(source, expected)| outcome(source) != *expected)
        .map(|(source, expected)| {
            format!("{source}\n  gives    {}\n  expected {expected}", outcome(source))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Faults: the place, and a piece of the message.
fn check_faults(table: &[(&str, usize, &str)]) {
    for (source, position, piece) in table {
        let error = Statement::compile(source, &kind_of).expect_err(source);
        assert_eq!(error.position, *position, "{source}: {error}");
        assert!(error.message.contains(piece), "{source}: {error}");
    }
}

#[test]
fn the_documents_examples() {
    check(&[
        ("1000 if {{boolean_input_source}} else 0", "1000"),
        ("(100 * {{float_input_source}})/365", "200"),
        ("500 if {{str_input_source}} == ‘test’ else 100", "500"),
        ("500 if {{str_input_source}} == 'other' else 100", "100"),
    ]);
}

#[test]
fn numbers_and_precedence() {
    check(&[
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 4 - 3", "3"),
        ("2 ** 3 ** 2", "512"),
        ("-2 ** 2", "-4"),
        ("(-2) ** 2", "4"),
        ("2 ** -1", "0.5"),
        ("2 * -3", "-6"),
        ("- - 5", "5"),
        ("+5 - +3", "2"),
        ("-7 // 2", "-4"),
        ("-7 % 2", "1"),
        ("7 // -2", "-4"),
        ("7 % -2", "-1"),
        ("7.5 // 2", "3"),
        ("7.5 % 2", "1.5"),
        ("1/3*3", "0.9999999999999999999999999999"),
        ("0.1 + 0.2", "0.3"),
        (".5 + 5. + 1e3 + 1E-2 + 2.50e1", "1030.51"),
        ("-0", "0"),
        ("0 ** 0", "1"),
        ("0.5 ** -90", "1237940039285380274899124224"),
        ("1.01 ** 12", "1.126825030131969720661201"),
        ("79228162514264337593543950335", "79228162514264337593543950335"),
    ]);
}

#[test]
fn booleans_comparisons_and_branches() {
    check(&[
        ("{{yes}}", "1"),
        ("{{no}}", "0"),
        ("true", "1"),
        ("not {{no}} and {{yes}}", "1"),
        ("not ({{no}} or {{yes}})", "0"),
        ("not 1 == 2", "1"),
        ("True or False and False", "1"),
        ("18 <= {{age}} < 65", "1"),
        ("18 <= {{age}} < 40 < 50", "0"),
        ("1 < 2 > 1 == 1", "1"),
        ("(1 < 2) == True", "1"),
        ("{{yes}} != {{no}}", "1"),
        ("1 if {{age}} < 18 else 2 if {{age}} < 65 else 3", "2"),
        ("(1 if {{no}} else 2) + (3 if {{yes}} else 4)", "5"),
        ("1 + 2 if {{no}} else 3 + 4", "7"),
        ("1 if {{no}} or {{yes}} else 0", "1"),
        ("1 if (True if {{no}} else {{yes}}) else 0", "1"),
        ("{{age}} == 42.00", "1"),
    ]);
}

#[test]
fn strings_lists_and_functions() {
    check(&[
        ("{{country}} in ('GB', 'IE')", "1"),
        ("{{country}} not in ['FR', 'DE',]", "1"),
        ("{{country}} in ('G', 'B')", "0"),
        ("{{country}} in ('GB',)", "1"),
        ("'G' in {{country}}", "1"),
        ("'' in {{country}} and '' == {{empty}}", "1"),
        ("{{country}} in ('xGBx')", "1"),
        ("'x' not in {{country}}", "1"),
        ("{{age}} in [41, 40 + 2, {{zero}}]", "1"),
        ("{{age}} + 1 in (43,)", "1"),
        ("not {{age}} in (1, 2)", "1"),
        ("lower({{country}}) == 'gb' and upper('gb') == {{country}}", "1"),
        ("len('naïve’s')", "7"),
        ("len('it\\'s \\\\')", "6"),
        ("'a' < 'b' and 'Z' < 'a'", "1"),
        ("“GB” == {{country}} and \"GB\" == „GB“", "1"),
        ("len('{{not an input}}')", "16"),
        ("min(3, 1, 2) + max(3, 1, 2,)", "4"),
        ("abs(-3.5)", "3.5"),
        ("round(2.5) + round(3.5)", "6"),
        ("round(2.345, 2)", "2.34"),
        ("round(-2.5)", "-2"),
        ("len(min('b', 'aa'))", "2"),
        (" \n\t1\u{a0}+ 1 ", "2"),
    ]);
}

#[test]
fn dates() {
    check(&[
        ("{{born}} < '2006-03-01'", "1"),
        ("'1984-02-29' == {{born}}", "1"),
        ("'1984-02-28' < {{born}} <= '1984-02-29'", "1"),
        ("{{born}} < date('1984-02-29')", "0"),
        ("{{today}} - {{born}}", "14611"),
        ("{{born}} - {{today}}", "-14611"),
        ("{{today}} - '2024-02-28'", "2"),
        ("({{today}} - {{born}}) // 365", "40"),
        ("{{born}} in ('1984-02-29', '2000-01-01')", "1"),
        ("max({{born}}, '2020-01-01') == date('2020-01-01')", "1"),
        ("('2000-01-01' if {{yes}} else {{born}}) < {{today}}", "1"),
        ("({{born}} if {{no}} else '2000-01-01') < {{today}}", "1"),
    ]);
}

#[test]
fn failures_are_told_and_only_where_they_are_met() {
    check(&[
        ("{{no number}}", "failure: missing"),
        ("0 * {{no number}}", "failure: missing"),
        ("1 if {{no_date}} < '2020-01-01' else 0", "failure: missing"),
        ("1 if {{yes}} else {{no number}}", "1"),
        ("{{no number}} if {{no}} else 1", "1"),
        ("{{no}} and {{no number}} > 1", "0"),
        ("{{yes}} or {{no number}} > 1", "1"),
        ("2 < 1 < {{no number}}", "0"),
        ("1 < 2 < {{no number}}", "failure: missing"),
        ("{{age}} in (42, {{no number}})", "failure: missing"),
        ("1 / {{zero}}", "failure: division_by_zero"),
        ("1 // {{zero}}", "failure: division_by_zero"),
        ("1 % {{zero}}", "failure: division_by_zero"),
        ("{{zero}} ** -1", "failure: division_by_zero"),
        ("0 / 0", "failure: division_by_zero"),
        ("79228162514264337593543950335 + 1", "failure: overflow"),
        ("-79228162514264337593543950335 - 1", "failure: overflow"),
        ("1e20 * 1e20", "failure: overflow"),
        ("1e28 / 1e-28", "failure: overflow"),
        ("1e28 // 1e-28", "failure: overflow"),
        ("10 ** 29", "failure: overflow"),
        ("0.1 ** -29", "failure: overflow"),
        ("1e-20 * 1e-20", "failure: underflow"),
        ("1e-20 / 1e20", "failure: underflow"),
        ("0.1 ** 29", "failure: underflow"),
        ("10 ** -29", "failure: underflow"),
        ("2 ** 1000", "failure: overflow"),
        ("2 ** -1000", "failure: underflow"),
        ("2 ** 0.5", "failure: exponent"),
        ("2 ** 1001", "failure: exponent"),
        ("9 ** 9 ** 9", "failure: exponent"),
        ("2 ** 1e28", "failure: exponent"),
    ]);
}

#[test]
fn faults_point_at_the_place() {
    check_faults(&[
        ("", 0, "empty"),
        ("  ", 2, "empty"),
        ("1 +", 3, "A value was expected, not the end"),
        ("1 1", 2, "An operator or the end was expected, not the number 1"),
        ("(1 + 2", 6, "')' was expected"),
        ("1 + {{salary}}", 4, "no input source \"salary\""),
        ("1 + {{age", 4, "two curly braces"),
        ("1 + {age}", 4, "double curly braces"),
        ("1 + {{ }}", 4, "has a name"),
        ("age + 1", 0, "write an input as {{age}}"),
        ("{{age}} = 1", 8, "'==' instead of '='"),
        ("{{yes}} && {{no}}", 8, "'and' instead of '&&'"),
        ("{{age}} is 1", 8, "'==' instead of 'is'"),
        ("'ééé' == 'é' + 1", 13, "'+' works on numbers, not on a string"),
        ("1 + True", 2, "not on a boolean. Write (1 if .. else 0)"),
        ("{{born}} + 1", 9, "not on a date. Dates can be subtracted"),
        ("{{age}} == 'GB'", 8, "A number cannot be compared with a string"),
        ("{{age}} == True", 8, "A number cannot be compared with a boolean"),
        ("{{yes}} < {{no}}", 8, "no order"),
        ("{{born}} == {{country}}", 9, "A date cannot be compared with a string"),
        ("'a' == '2020-01-31' < {{born}}", 20, "A string cannot be compared with a date"),
        ("'2020-01-31' in ('a', {{born}})", 22, "A string cannot be in a list with a date"),
        ("min('2020-01-31', 'a', {{born}}) < {{born}}", 23, "cannot choose between"),
        ("{{born}} < '31/01/2020'", 11, "write it as '2020-01-31'"),
        ("{{born}} < '2021-02-29'", 11, "not a date"),
        ("{{born}} < '2020-01-31T00:00'", 11, "not a date"),
        ("1 if {{age}} else 0", 5, "'if' needs a boolean, not a number. Compare it"),
        ("1 if {{yes}}", 12, "'else' was expected, not the end"),
        ("1 if {{yes}} else 'a'", 2, "the same kind, not a number and a string"),
        ("{{age}} and {{yes}}", 0, "'and' needs a boolean"),
        ("{{yes}} or 1", 11, "'or' needs a boolean"),
        ("not {{age}}", 0, "'not' needs a boolean"),
        ("-{{yes}}", 0, "'-' needs a number"),
        ("1 + not {{yes}}", 4, "parentheses around 'not"),
        ("{{country}}", 0, "a number or a boolean, not a string"),
        ("{{born}}", 0, "a number or a boolean, not a date"),
        ("('a', 'b')", 4, "A list stands only behind 'in'"),
        ("['a']", 0, "A list stands only behind 'in'"),
        ("{{age}} in ()", 12, "A value was expected"),
        ("{{age}} in (1, 'a')", 15, "A number cannot be in a list with a string"),
        ("{{age}} in (1)", 8, "for a string in a string"),
        ("{{age}} not (1,)", 12, "'in' was expected"),
        ("1 == {{age}} in (1,)", 13, "cannot be chained"),
        ("min(1)", 0, "two values or more"),
        ("min(1, 'a')", 7, "cannot choose between"),
        ("max(True, False)", 10, "cannot choose between"),
        ("round(1, 29)", 9, "from 0 to 28"),
        ("round(1, {{age}})", 9, "from 0 to 28"),
        ("len({{age}})", 4, "len needs a string"),
        ("sqrt(4)", 0, "\"sqrt\" is unknown"),
        ("date({{country}})", 5, "takes a string"),
        ("'abc", 0, "no closing quote"),
        ("'a\\n'", 3, "backslash"),
        ("1,000", 1, "An operator or the end was expected, not ','"),
        ("min(1,000)", 6, "thousands are written without a comma"),
        ("1_000", 0, "not a number"),
        ("1e", 0, "not a number"),
        ("1.2.3", 3, "An operator or the end"),
        ("1e99", 0, "at most 28 digits"),
        ("0.00000000000000000000000000001", 0, "at most 28 digits"),
        ("79228162514264337593543950336", 0, "at most 28 digits"),
        ("1 ; 2", 2, "has no meaning"),
        ("1 if None else 2", 5, "There is no None"),
    ]);
    let error = Statement::compile("1 +", &kind_of).expect_err("incomplete");
    assert_eq!(error.to_string(), "A value was expected, not the end. (at character 4)");
}

#[test]
fn hostile_statements_are_refused() {
    let nested = |depth: usize| "(".repeat(depth) + "1" + &")".repeat(depth);
    assert_eq!(outcome(&nested(MAX_DEPTH - 1)), "1");
    let table = [
        (nested(MAX_DEPTH), "nests deeper"),
        (nested(4_900), "nests deeper"),
        ("(".repeat(9_999), "nests deeper"),
        ("-".repeat(9_999), "nests deeper"),
        ("not ".repeat(2_000), "nests deeper"),
        ("2**".repeat(3_000), "nests deeper"),
        ("1 if True else ".repeat(600), "nests deeper"),
        ("1+".repeat(4_000) + "1", "too long"),
        (format!("1 in ({})", "1,".repeat(4_000)), "too long"),
        ("9".repeat(9_000), "at most 28 digits"),
        ("1".repeat(MAX_CHARACTERS + 1), "at most 10000 characters"),
        (format!("1e{}", "9".repeat(9_000)), "at most 28 digits"),
        (format!("{{{{{}}}}}", "x".repeat(9_000)), "at most 100 characters"),
    ];
    for (source, piece) in table {
        let error = Statement::compile(&source, &kind_of).expect_err(piece);
        assert!(error.message.contains(piece), "{piece}: {error}");
    }
}

#[test]
fn large_statements_within_bounds_work() {
    let terms = MAX_INSTRUCTIONS / 2;
    assert_eq!(outcome(&("1+".repeat(terms - 1) + "1")), terms.to_string());
    let ladder = "1 if {{no}} else ".repeat(MAX_DEPTH - 1) + "2";
    assert_eq!(outcome(&ladder), "2");
    // The stack at its highest: a list within a list within a list.
    let depth = MAX_DEPTH - 2;
    let lists = "True in (False, ".repeat(depth) + "True" + &")".repeat(depth);
    assert_eq!(outcome(&lists), "1");
}

#[test]
fn a_statement_tells_what_it_needs() {
    let source = "{{ age }} + (1 if {{yes}} and {{age}} > 2 else {{no number}})";
    let statement = Statement::compile(source, &kind_of).unwrap();
    let names: Vec<&str> = statement.inputs().iter().map(|name| &**name).collect();
    assert_eq!(names, ["age", "yes", "no number"]);
    assert_eq!(statement.source(), source);
    assert_eq!(statement.result_kind(), Kind::Number);
    assert_eq!(Statement::compile("1 < 2", &kind_of).unwrap().result_kind(), Kind::Boolean);
}

#[test]
fn a_value_of_another_kind_is_a_failure() {
    let statement = Statement::compile("{{age}} + 1", &kind_of).unwrap();
    let inputs: Inputs = [("age", Value::String("42".to_owned()))].into_iter().collect();
    let failure = statement.evaluate(&inputs).unwrap_err();
    assert_eq!(failure.to_string(), "The value of {{age}} is a string, not a number.");
    assert_eq!(
        serde_json::to_string(&Failure::Missing("age".into())).unwrap(),
        r#"{"code":"missing","text":"There is no value for {{age}}."}"#
    );
}

#[test]
fn values_come_back_from_json_as_they_were() {
    let json = r#"{"b":{"type":"boolean","value":true},"d":{"type":"date","value":"2020-01-31"},"n":{"type":"number","value":"12.50"},"s":{"type":"string","value":"GB"}}"#;
    let inputs: Inputs = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&inputs).unwrap(), json);
    assert!(serde_json::from_str::<Value>(r#"{"type":"number","value":"1e5"}"#).is_err());
    assert!(serde_json::from_str::<Value>(r#"{"type":"number","value":1}"#).is_err());
}
