//! Exact amounts; the rest is tried on books of both engines (`tests/lending/insight.rs`).

use florin_ids::{ApplicationId, EndUserId, LoanId, ProductId};
use florin_money::{Currency, DayCount, Money, Rate, numerator};

use super::Exact;
use crate::loan::accrual::AccrualTerms;
use crate::loan::{Balances, Loan, LoanStatus};

fn loan(currency: Currency, day_count: DayCount) -> Loan {
    let rate = Rate::parse("12").expect("a rate");
    Loan {
        id: LoanId::new(),
        application: ApplicationId::new(),
        end_user: EndUserId::new(),
        product: ProductId::new(),
        currency,
        amount: Money::from_minor(1, currency),
        rate,
        installments: None,
        grace_instalments: 0,
        principal_repayment_grace: 0,
        arrears_tolerance: 0,
        status: LoanStatus::Active,
        terms: AccrualTerms {
            rate,
            day_count,
            calendar: florin_calendar::Calendar::GbEng,
            interest_on_holidays: true,
        },
        is_interest_calculation_enabled: true,
        accrued: None,
        disbursed_minor: 0,
        next_due_on: None,
        planned_minor: 0,
        early_minor: 0,
        keeps_totals: false,
        unpaid_since: None,
        statements: 0,
        statement_closing_minor: 0,
        statement_on: None,
        next_statement_on: None,
        instrument: None,
        collected_for: None,
        close_reason: String::new(),
        close_substatus: None,
        created_at: "2023-01-01T00:00:00Z".parse().expect("a time"),
        balances: Balances::default(),
        stored: (LoanStatus::Active, None),
    }
}

#[test]
fn exact_amounts_are_written_in_full() {
    let check = |currency, day_count, principal, weight, decimal: &str, fraction: (i128, i128)| {
        let loan = loan(Currency::from_code(currency).expect("a currency"), day_count);
        let exact = Exact::of(numerator(principal, loan.rate, weight), &loan);
        assert_eq!(exact.decimal, decimal);
        assert_eq!((exact.numerator, exact.denominator), fraction, "{decimal}");
    };
    use DayCount::{Actual360, Actual365, ActualActual};
    check("GBP", Actual365, 1_200_000, 31, "122.301369863013", (8_928, 73));
    check("GBP", Actual365, 1, 1, "0.000003287671", (3, 912_500));
    check("GBP", Actual365, 0, 31, "0.000000000000", (0, 1));
    check("GBP", Actual360, 300, 1, "0.001000000000", (1, 1_000));
    check("JPY", Actual360, 300, 1, "0.1000000000", (1, 10));
    check("GBP", ActualActual, 1_200_000, 365, "3.934426229508", (240, 61));
}
