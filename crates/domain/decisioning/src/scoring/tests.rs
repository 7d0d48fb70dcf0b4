//! Cards and what they say, as tables.

use std::str::FromStr;

use super::*;
use crate::expression::{Inputs, Kind, Value};

fn decimal(text: &str) -> Decimal {
    Decimal::from_str(text).unwrap()
}

fn number(text: &str) -> Value {
    Value::Number(decimal(text))
}

fn string(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn date(text: &str) -> Value {
    Value::Date(text.parse().unwrap())
}

fn kind_of(name: &str) -> Option<Kind> {
    Some(match name {
        "income" | "debt" | "age" | "rate" => Kind::Number,
        "employed" | "fraud" => Kind::Boolean,
        "country" => Kind::String,
        "since" | "today" => Kind::Date,
        _ => return None,
    })
}

/// A rule as `(statement, weight, threshold)`, named R1, R2... in the order of the card.
type RuleRow<'a> = (&'a str, &'a str, &'a str);

fn card(threshold: &str, stop_on_first_fail: bool, rules: &[RuleRow<'_>]) -> Card {
    let rule = |(index, (statement, weight, threshold)): (usize, &RuleRow<'_>)| Rule {
        name: format!("R{}", index + 1),
        statement: Statement::compile(statement, &kind_of).unwrap(),
        weight: decimal(weight),
        threshold: decimal(threshold),
        reason: None,
    };
    Card {
        id: Uuid::from_u128(7),
        name: "Card".to_owned(),
        threshold: decimal(threshold),
        stop_on_first_fail,
        rules: rules.iter().enumerate().map(rule).collect(),
    }
}

fn inputs(values: &[(&str, Value)]) -> Inputs {
    values.iter().cloned().collect()
}

/// A card in one line: pass or fail, score, and every rule: value and pass, failure, or not evaluated.
fn line(assessment: &Assessment) -> String {
    let rule = |rule: &RuleResult| match (&rule.value, &rule.failure) {
        _ if !rule.evaluated => "-".to_owned(),
        (_, Some(failure)) => failure.clone(),
        (Some(value), None) => format!("{value}{}", if rule.passed { "+" } else { "!" }),
        (None, None) => "?".to_owned(),
    };
    let card = |card: &CardResult| {
        let rules: Vec<String> = card.rules.iter().map(rule).collect();
        let verdict = if card.passed { "pass" } else { "fail" };
        let stopped = if card.stopped { " stopped" } else { "" };
        format!("{verdict}{stopped} {}: {}", card.score, rules.join(" "))
    };
    assessment.cards.iter().map(card).collect::<Vec<_>>().join(" | ")
}

const RULES: &[RuleRow<'static>] = &[
    ("1000 if {{employed}} else 0", "0.5", "500"),
    ("{{income}} / 100", "0.3", "200"),
    ("500 if {{country}} == 'GB' else 100", "0.2", "100"),
];

#[test]
fn the_two_options_differ_where_a_failing_rule_is_outweighed() {
    let applicant = |employed, income| {
        inputs(&[
            ("employed", Value::Boolean(employed)),
            ("income", number(income)),
            ("country", string("GB")),
        ])
    };
    // Threshold of the card, employed, income; what it says when stopping, and when continuing.
    let table = [
        ("600", true, "20000", "pass 660: 1000+ 200+ 500+", "pass 660: 1000+ 200+ 500+"),
        // The second rule fails, the score is high enough all the same.
        ("600", true, "10000", "fail stopped 530: 1000+ 100! -", "pass 630: 1000+ 100! 500+"),
        ("600", false, "90000", "fail stopped 0: 0! - -", "fail 370: 0! 900+ 500+"),
        ("370", false, "90000", "fail stopped 0: 0! - -", "pass 370: 0! 900+ 500+"),
        // Every rule passes and the score is too low: neither option lets it through.
        ("660.01", true, "20000", "fail 660: 1000+ 200+ 500+", "fail 660: 1000+ 200+ 500+"),
    ];
    for (threshold, employed, income, stopping, continuing) in table {
        for (stop, expected) in [(true, stopping), (false, continuing)] {
            let cards = [card(threshold, stop, RULES)];
            let assessment = assess(&cards, &applicant(employed, income));
            assert_eq!(line(&assessment), expected, "{threshold} {employed} {income} stop={stop}");
            assert_eq!(assessment.approved, assessment.cards[0].passed);
            let values = applicant(employed, income);
            let passes = assess::passes(&cards[0], |rule| assess::score(rule, &values).ok());
            assert_eq!(assessment.approved, passes);
        }
    }
}

#[test]
fn a_rule_without_a_value_fails_and_adds_nothing() {
    let rules = [
        ("{{income}}", "0.5", "0"),
        ("1 / {{debt}}", "0.25", "0"),
        ("{{employed}}", "0.15", "1"),
        ("-1", "0.1", "0"),
    ];
    let values = inputs(&[("debt", number("0")), ("employed", Value::Boolean(true))]);
    let continuing = assess(&[card("0.15", false, &rules)], &values);
    assert_eq!(
        line(&continuing),
        "fail 0.05: There is no value for {{income}}. The calculation divides by zero. 1+ -1!"
    );
    let stopping = assess(&[card("0", true, &rules)], &values);
    assert_eq!(line(&stopping), "fail stopped 0: There is no value for {{income}}. - - -");
    let overflow = [("{{income}}", "2", "0"), ("1", "-1", "0")];
    let huge = inputs(&[("income", number("79228162514264337593543950335"))]);
    let assessment = assess(&[card("-1", false, &overflow)], &huge);
    assert_eq!(line(&assessment), "pass -1: A result is too large to calculate with. 1+");
    assert_eq!(assessment.cards[0].rules[0].value, None);
}

#[test]
fn every_card_has_to_pass_and_every_card_is_traced() {
    let passes = card("1", true, &[("{{age}}", "1", "18")]);
    let fails = card("1", true, &[("{{age}}", "1", "21")]);
    let values = inputs(&[("age", number("20.0"))]);
    let assessment = assess(&[fails.clone(), passes.clone()], &values);
    assert!(!assessment.approved);
    assert_eq!(line(&assessment), "fail stopped 20: 20! | pass 20: 20+");
    assert!(assess(&[passes.clone(), passes], &values).approved);
}

#[test]
fn an_assessment_comes_back_from_json_as_it_was() {
    let rules = [("{{age}} / 3", "0.5", "7.00"), ("{{income}}", "0.25", "1"), ("1", "0.25", "1")];
    let assessment = assess(&[card("1.50", true, &rules)], &inputs(&[("age", number("25"))]));
    let json = serde_json::to_string(&assessment).unwrap();
    assert!(json.contains(r#""value":"8.333333333333333333333333333""#), "{json}");
    assert!(json.contains(r#""threshold":"7.00""#), "{json}");
    let back: Assessment = serde_json::from_str(&json).unwrap();
    assert_eq!(back, assessment);
    assert_eq!(serde_json::to_string(&back).unwrap(), json);
}

#[test]
fn weights_add_up_to_exactly_one() {
    let check = |weights: &[&str]| check_weights(weights.iter().map(|weight| decimal(weight)));
    assert_eq!(check(&["0.7", "0.3"]), Ok(()));
    assert_eq!(check(&["0.10"; 10]), Ok(()));
    assert_eq!(
        check(&["0.3333333333", "0.3333333333", "0.3333333333"]),
        Err(decimal("0.9999999999"))
    );
    assert_eq!(check(&[]), Err(Decimal::ZERO));
    assert_eq!(check(&["79228162514264337593543950335"; 2]), Err(Decimal::MAX));
}

// --- reasons ---

fn told(cards: &[Card], values: &Inputs) -> Vec<String> {
    reasons(cards, &assess(cards, values))
        .into_iter()
        .map(|reason| format!("{} {}: {}", reason.rule, reason.lost_score, reason.text))
        .collect()
}

#[test]
fn reasons_are_the_failed_rules_by_lost_score() {
    let mut cards = [card("600", false, RULES)];
    cards[0].rules[1].reason = Some("Income too low for the loan.".to_owned());
    let values = inputs(&[("income", number("1000")), ("country", string("FR"))]);
    assert_eq!(
        told(&cards, &values),
        ["R1 250: R1: There is no value for {{employed}}.", "R2 57: Income too low for the loan.",]
    );
    let approved = inputs(&[
        ("employed", Value::Boolean(true)),
        ("income", number("90000")),
        ("country", string("GB")),
    ]);
    assert!(told(&cards, &approved).is_empty());
}

#[test]
fn reasons_leave_out_cards_that_passed_and_rules_that_were_not_reached() {
    let rules = [("{{age}}", "0.5", "50"), ("{{age}}", "0.5", "40")];
    let cards = [card("10", false, &rules), card("10", true, &rules)];
    assert_eq!(
        told(&cards, &inputs(&[("age", number("30"))])),
        ["R1 10: R1: below what is required."]
    );
}

#[test]
fn a_score_that_is_too_low_is_explained_by_the_rules_below_their_share() {
    let rules = [("{{age}}", "0.5", "0"), ("{{income}}", "0.25", "0"), ("{{debt}}", "0.25", "0")];
    let cards = [card("100", false, &rules)];
    let values =
        inputs(&[("age", number("90")), ("income", number("10")), ("debt", number("130"))]);
    assert_eq!(
        told(&cards, &values),
        ["R2 22.5: R2: below what is required.", "R1 5: R1: below what is required."]
    );
}

// --- the smallest change ---

fn change(cards: &[Card], values: &[(&str, Value)], changeable: &[&str]) -> String {
    let values = inputs(values);
    let found = smallest_change(cards, &values, &|name| changeable.contains(&name));
    let Some(Change { input, from, to }) = found else { return "none".to_owned() };
    let mut changed = values.clone();
    changed.insert(input.as_str(), to.clone());
    assert!(assess(cards, &changed).approved, "{input} -> {to} does not approve");
    assert_eq!(values.get(&input), from.as_ref());
    from.map_or(format!("{input} -> {to}"), |from| format!("{input} {from} -> {to}"))
}

/// One card of one rule with threshold 1, one input.
fn change_of_one(statement: &str, input: &str, from: Value) -> String {
    change(&[card("1", true, &[(statement, "1", "1")])], &[(input, from)], &[input])
}

#[test]
fn the_smallest_change_of_one_input() {
    let table = [
        ("{{income}} >= 24000", "income", number("20000"), "income 20000 -> 24000"),
        ("{{income}} > 24000", "income", number("20000"), "income 20000 -> 24001"),
        ("{{income}} > 24000", "income", number("20000.50"), "income 20000.50 -> 24000.1"),
        ("{{income}} / 12 >= 2000.5", "income", number("100"), "income 100 -> 24006"),
        ("{{rate}} < 0.05", "rate", number("0.0725"), "rate 0.0725 -> 0.0499"),
        ("{{age}} + 5 < 3", "age", number("-1"), "age -1 -> -3"),
        ("18 <= {{age}} < 65", "age", number("70"), "age 70 -> 64"),
        ("18 <= {{age}} < 65", "age", number("17"), "age 17 -> 18"),
        ("{{age}} in (30, 47, 60)", "age", number("50"), "age 50 -> 47"),
        ("{{age}} < 0", "age", number("50"), "none"),
        ("{{age}} * {{age}} >= 1000", "age", number("0"), "age 0 -> 32"),
        ("{{age}}", "age", number("0.25"), "age 0.25 -> 1"),
        ("{{employed}}", "employed", Value::Boolean(false), "employed False -> True"),
        ("not {{fraud}}", "fraud", Value::Boolean(true), "fraud True -> False"),
        ("{{country}} in ('GB', 'IE')", "country", string("FR"), "country FR -> GB"),
        ("lower({{country}}) == 'gb'", "country", string("FR"), "country FR -> gb"),
        ("{{since}} < '2020-01-31'", "since", date("2021-05-05"), "since 2021-05-05 -> 2020-01-30"),
        (
            "date('2026-01-01') - {{since}} > 90",
            "since",
            date("2025-12-31"),
            "since 2025-12-31 -> 2025-10-02",
        ),
        ("False", "age", number("1"), "none"),
        ("{{age}} / 0", "age", number("1"), "none"),
    ];
    for (statement, input, from, expected) in table {
        assert_eq!(change_of_one(statement, input, from), expected, "{statement}");
    }
}

#[test]
fn a_missing_input_can_be_supplied() {
    let table = [
        ("{{income}} > 24000", "income", "income -> 24001"),
        ("{{income}} < 24000", "income", "income -> 0"),
        ("{{employed}}", "employed", "employed -> True"),
        ("{{country}} == 'GB'", "country", "country -> GB"),
        ("{{since}} < '2020-01-31'", "since", "since -> 2020-01-30"),
    ];
    for (statement, input, expected) in table {
        let cards = [card("1", true, &[(statement, "1", "1")])];
        assert_eq!(change(&cards, &[], &[input]), expected, "{statement}");
    }
}

#[test]
fn of_several_inputs_the_smallest_relative_change_wins() {
    let rule = "{{income}} - {{debt}} >= 20000 or {{employed}}";
    let cards = [card("1", true, &[(rule, "1", "1")])];
    let values = [
        ("income", number("40000")),
        ("debt", number("22000")),
        ("employed", Value::Boolean(false)),
        ("country", string("GB")),
    ];
    let everything = ["income", "debt", "employed", "country"];
    assert_eq!(change(&cards, &values, &everything), "income 40000 -> 42000");
    assert_eq!(change(&cards, &values, &["debt", "employed"]), "debt 22000 -> 20000");
    assert_eq!(change(&cards, &values, &["employed"]), "employed False -> True");
    assert_eq!(change(&cards, &values, &["country"]), "none");
    assert_eq!(change(&cards, &values, &[]), "none");
    let approved =
        [("income", number("90000")), ("debt", number("0")), ("employed", Value::Boolean(true))];
    assert_eq!(change(&cards, &approved, &everything), "none");
}

#[test]
fn the_score_of_all_cards_counts_for_a_change() {
    let cards = [card("600", false, RULES), card("1", true, &[("{{income}} < 50000", "1", "1")])];
    let values =
        [("employed", Value::Boolean(true)), ("income", number("100")), ("country", string("GB"))];
    // 500 + 0.3 * income / 100 + 100 has to reach 600; below 50000 for the other card.
    assert_eq!(change(&cards, &values, &["income"]), "none");
    let values =
        [("employed", Value::Boolean(true)), ("income", number("100")), ("country", string("FR"))];
    assert_eq!(change(&cards, &values, &["income"]), "income 100 -> 26667");
}

#[test]
fn a_search_over_hostile_cards_ends() {
    let terms: Vec<String> = (0..480).map(|term| format!("{{{{age}}}} == {term}.5")).collect();
    let statement = terms.join(" or ");
    let rows: Vec<RuleRow<'_>> = (0..50).map(|_| (statement.as_str(), "0.02", "2")).collect();
    let cards = [card("1", false, &rows), card("1000", false, &rows)];
    assert_eq!(change(&cards, &[("age", number("7"))], &["age"]), "none");
}
