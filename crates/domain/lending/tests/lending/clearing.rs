//! The clearing account beside our payments: a year without a difference is the stories' business; here differences are
//! made behind Florin's back and found.

use std::sync::Arc;

use crate::support::rail::{over, payment, rails, tell};
use crate::support::{EQUAL_INSTALMENTS, Lender, NOW, on_both_rails};
use florin_calendar::FixedClock;
use florin_lending::collections::clearing::{Clearing, ClearingLine, CompareClearing};
use florin_lending::{Transaction, TransactionStatus, TransactionType};
use florin_money::{Currency, Money};
use florin_payments::{PaymentState, Told};
use florin_storage::{StorageError, params};
use florin_tenancy::Collections;
use jiff::civil::date;

fn on_both(test: impl Fn(&Lender)) {
    on_both_rails(date(2023, 4, 21), Collections::Manual, &rails(), test);
}

/// Two loans with an instalment of 2,070.58 each: of one it is with the provider, of the other at the bank.
fn collected(lender: &Lender) -> [Transaction; 2] {
    let loans = [lender.disbursed(EQUAL_INSTALMENTS), lender.disbursed(EQUAL_INSTALMENTS)];
    for loan in loans {
        let set = lender.lending.set_instrument(&lender.caller, loan, over("mandate"));
        lender.runtime.block_on(set).unwrap();
    }
    lender.advance(date(2023, 5, 24));
    let collections = loans.map(|loan| {
        let mut all = lender.transactions(loan).into_iter();
        all.rfind(|it| it.payment.is_some()).expect("a collection")
    });
    tell(lender, collections[0].id, Told::Confirmed, "");
    tell(lender, collections[1].id, Told::PaidOut, "");
    collections
}

fn compared(lender: &Lender) -> Clearing {
    let compared = lender.lending.compare_clearing(&lender.caller);
    let mut compared = lender.runtime.block_on(compared).unwrap();
    assert_eq!(compared.len(), 1);
    compared.remove(0)
}

fn pounds(minor: i64) -> Money {
    Money::from_minor(minor, Currency::GBP)
}

/// Does something that Florin knows nothing of.
fn behind_its_back(lender: &Lender, sql: &'static str, of: Option<&Transaction>) {
    let (tenant, payment) = (lender.tenant(), of.and_then(|it| it.payment));
    let done = lender.db().write_blocking(move |tx| match payment {
        Some(payment) => tx.execute(sql, params![tenant, payment]),
        None => tx.execute(sql, params![tenant]),
    });
    assert_eq!(done.map_err(|error: StorageError| error.to_string()), Ok(1));
}

const PAID_OUT: &str = "UPDATE payment SET state = 'paid_out' WHERE tenant_id = ?1 AND id = ?2";
const CONFIRMED: &str = "UPDATE payment SET state = 'confirmed' WHERE tenant_id = ?1 AND id = ?2";

#[test]
fn both_sides_agree_whatever_is_under_way() {
    on_both(|lender| {
        let [first, _] = collected(lender);
        // Lowers the balance at once, over the rail and, without an instrument, by the partner.
        lender.create(first.loan, TransactionType::Repayment, "100").unwrap();
        let by_hand = lender.disbursed(EQUAL_INSTALMENTS);
        lender.create(by_hand, TransactionType::Repayment, "11").unwrap();
        let both = compared(lender);
        assert_eq!((both.ledger, both.payments), (pounds(218_158), pounds(218_158)));
        assert!(both.agrees());
        assert_eq!((both.lines, both.unexplained), (vec![], pounds(0)));
    });
}

#[test]
fn a_difference_is_told_with_the_payments_that_explain_it() {
    on_both(|lender| {
        let [with_provider, at_bank] = collected(lender);
        behind_its_back(lender, PAID_OUT, Some(&with_provider));
        let one = compared(lender);
        assert_eq!((one.ledger, one.payments), (pounds(207_058), pounds(0)));
        let line = |of: &Transaction, state, ledger, payments| ClearingLine {
            payment: of.payment.unwrap(),
            loan: Some(of.loan),
            state,
            ledger: pounds(ledger),
            payments: pounds(payments),
        };
        assert_eq!(one.lines, [line(&with_provider, PaymentState::PaidOut, 207_058, 0)]);
        assert_eq!(one.unexplained, pounds(0));
        // One that makes up for the other is found all the same.
        behind_its_back(lender, CONFIRMED, Some(&at_bank));
        let balanced = compared(lender);
        assert_eq!((balanced.difference_minor(), balanced.agrees()), (0, false));
        behind_its_back(
            lender,
            "UPDATE ledger_balance SET posted = posted + 700 WHERE tenant_id = ?1 AND account_no = 1020",
            None,
        );
        let all = compared(lender);
        assert_eq!((all.difference_minor(), all.unexplained), (700, pounds(700)));
        let mut expected = [
            line(&with_provider, PaymentState::PaidOut, 207_058, 0),
            line(&at_bank, PaymentState::Confirmed, 0, 207_058),
        ];
        expected.sort_by_key(|it| it.payment);
        assert_eq!(all.lines, expected);
    });
}

#[test]
fn a_difference_is_told_once_until_it_changes() {
    on_both(|lender| {
        let [with_provider, _] = collected(lender);
        let clock = Arc::new(FixedClock::new(NOW.parse().unwrap()));
        let daily = CompareClearing::new(lender.lending.clone(), clock);
        let compare = || {
            lender.runtime.block_on(daily.compare(lender.tenant())).unwrap();
            lender.events("clearing_differs")
        };
        assert_eq!(compare(), [] as [serde_json::Value; 0]);
        behind_its_back(lender, PAID_OUT, Some(&with_provider));
        let told = compare();
        assert_eq!(told.len(), 1);
        assert_eq!(
            told[0],
            serde_json::json!({
                "currency": "GBP", "ledger": "2070.58", "payments": "0.00",
                "difference": "2070.58", "unexplained": "0.00",
                "lines": [{
                    "payment": with_provider.payment.unwrap().to_string(),
                    "loan": with_provider.loan.to_string(),
                    "state": "paid_out", "ledger": "2070.58", "payments": "0.00",
                }],
            })
        );
        assert_eq!(compare().len(), 1, "it is known");
        behind_its_back(lender, CONFIRMED, Some(&with_provider));
        assert_eq!(compare().len(), 1, "it is put right");
        behind_its_back(lender, PAID_OUT, Some(&with_provider));
        assert_eq!(compare().len(), 2);
    });
}

#[test]
fn a_day_leaves_the_comparison_behind() {
    on_both(|lender| {
        let jobs = || {
            let tenant = lender.tenant();
            let count = lender.db().read_blocking(move |tx| {
                let sql = "SELECT COUNT(*) AS n FROM job WHERE tenant_id = ?1 AND kind = 'lending.compare_clearing'";
                tx.query_one(sql, params![tenant], |row| row.get::<i64>("n"))
            });
            count.map_err(|error: StorageError| error.to_string()).unwrap()
        };
        lender.advance(date(2023, 4, 25));
        assert_eq!(jobs(), 0, "nothing was ever under way");
        let [first, _] = collected(lender);
        let before = jobs();
        lender.advance(date(2023, 5, 26));
        assert_eq!(jobs() - before, 2);
        assert_eq!(payment(lender, first.id).state, PaymentState::Confirmed);
        assert_eq!(first.status, TransactionStatus::Pending);
    });
}
