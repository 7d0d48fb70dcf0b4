//! Cards and applications with which the speed of deciding is measured: three scorecards of ten rules,
//! in the manner of the statements that lenders write.

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::expression::{Inputs, Kind, Statement, StatementError, Value};
use crate::scoring::{Card, Rule};

/// Rules of each card; every one weighs a tenth.
const RULES: [&str; 10] = [
    "1000 if {{employed}} else 0",
    "(100 * {{income}}) / 365",
    "500 if {{country}} == 'GB' else 100",
    "{{country}} in ('GB', 'IE', 'FR', 'DE')",
    "100 if 18 <= {{age}} < 75 else 0",
    "max(0, 1000 - {{debt}} * 100 / {{income}})",
    "600 if {{years_at_address}} >= 3 and not {{bankrupt}} else 200",
    "({{application_date}} - {{first_loan_date}}) / 365",
    "1 if {{worst_arrears}} == 0 else 0.5 if {{worst_arrears}} < 30 else 0.1",
    "round({{amount}} / {{term}}, 2) <= {{income}} / 36",
];

fn kind_of(name: &str) -> Option<Kind> {
    Some(match name {
        "employed" | "bankrupt" => Kind::Boolean,
        "country" => Kind::String,
        "application_date" | "first_loan_date" => Kind::Date,
        "income" | "debt" | "age" | "years_at_address" | "worst_arrears" | "amount" | "term" => {
            Kind::Number
        }
        _ => return None,
    })
}

/// Three cards of ten rules, none of which stops at a failing rule: every rule is worked out.
///
/// # Errors
///
/// None with the statements as they stand.
pub fn cards() -> Result<Vec<Card>, StatementError> {
    (1..=3).map(card).collect()
}

fn card(number: u32) -> Result<Card, StatementError> {
    let rule = |(index, source): (usize, &&str)| {
        Ok(Rule {
            name: format!("Rule {number}.{}", index + 1),
            statement: Statement::compile(source, &kind_of)?,
            weight: Decimal::new(1, 1),
            threshold: Decimal::ONE,
            reason: None,
        })
    };
    Ok(Card {
        id: Uuid::from_u128(u128::from(number)),
        name: format!("Card {number}"),
        threshold: Decimal::from(500 + 100 * number),
        stop_on_first_fail: false,
        rules: RULES.iter().enumerate().map(rule).collect::<Result<_, _>>()?,
    })
}

/// The inputs of so many applications, all different and the same in every run.
pub fn applications(count: u32) -> Vec<Inputs> {
    (0..count).map(application).collect()
}

fn application(number: u32) -> Inputs {
    let amount = |minor: u32| Value::Number(Decimal::new(i64::from(minor), 2));
    let whole = |units: u32| Value::Number(Decimal::from(units));
    let day = |from: i16| Value::Date(jiff::civil::date(from, 1 + (number % 12) as i8, 15));
    let country = ["GB", "IE", "US", "FR"][(number % 4) as usize];
    [
        ("employed", Value::Boolean(!number.is_multiple_of(5))),
        ("bankrupt", Value::Boolean(number.is_multiple_of(17))),
        ("country", Value::String(country.to_owned())),
        ("income", amount(1_500_000 + number % 9_973 * 997)),
        ("debt", amount(number % 7_919 * 331)),
        ("age", whole(16 + number % 70)),
        ("years_at_address", whole(number % 11)),
        ("worst_arrears", whole(number % 3 * 20)),
        ("amount", amount(100_000 + number % 997 * 1_000)),
        ("term", whole(6 + number % 54)),
        ("application_date", day(2026)),
        ("first_loan_date", day(2010 + (number % 15) as i16)),
    ]
    .into_iter()
    .collect()
}

/// Evaluates every statement of the cards and nothing else: the bare loop beside which a whole decision
/// with its trace is measured. The sum keeps the work from being left out.
pub fn bare(cards: &[Card], inputs: &Inputs) -> Decimal {
    let rules = cards.iter().flat_map(|card| &card.rules);
    let values = rules.filter_map(|rule| rule.statement.evaluate(inputs).ok());
    values.fold(Decimal::ZERO, Decimal::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::{assess, check_weights, reasons, smallest_change};

    #[test]
    fn the_cards_are_real() {
        let cards = cards().unwrap();
        assert!(
            cards
                .iter()
                .all(|card| check_weights(card.rules.iter().map(|rule| rule.weight)).is_ok())
        );
        let assessed: Vec<_> =
            applications(1_000).iter().map(|inputs| assess(&cards, inputs)).collect();
        let failures = assessed.iter().flat_map(|one| &one.cards).flat_map(|card| &card.rules);
        assert_eq!(failures.filter(|rule| rule.failure.is_some()).count(), 0);
        let approved = assessed.iter().filter(|one| one.approved).count();
        assert!((100..900).contains(&approved), "{approved}");
    }

    #[test]
    fn a_decline_is_explained_and_its_smallest_change_approves() {
        let cards = cards().unwrap();
        let mut changes = 0;
        for inputs in applications(300) {
            let assessment = assess(&cards, &inputs);
            assert_eq!(reasons(&cards, &assessment).is_empty(), assessment.approved);
            let change = smallest_change(&cards, &inputs, &|_| true);
            assert!(!assessment.approved || change.is_none());
            if let Some(change) = change {
                let mut changed = inputs.clone();
                changed.insert(change.input.as_str(), change.to.clone());
                assert!(assess(&cards, &changed).approved, "{change:?}");
                changes += 1;
            }
        }
        assert!(changes > 50, "{changes}");
    }
}
