//! What of a line of credit can be drawn while repayments are being reversed. Every amount is worked out by hand.

use florin_ids::LoanId;
use florin_lending::{LendingError, Transaction, TransactionStatus, TransactionType};
use florin_payments::Told;
use florin_tenancy::Collections;
use jiff::civil::date;

use crate::support::rail::{over, rails, tell};
use crate::support::{LINE, Lender, on_both_rails};

fn on_both(test: impl Fn(&Lender)) {
    on_both_rails(date(2023, 4, 21), Collections::Manual, &rails(), test);
}

/// A line of 2,000.00, drawn in full today, whose repayments are collected.
fn drawn_line(lender: &Lender) -> LoanId {
    let loan = lender.disbursed(LINE);
    let set = lender.lending.set_instrument(&lender.caller, loan, over("mandate"));
    lender.runtime.block_on(set).unwrap();
    loan
}

fn draw(lender: &Lender, loan: LoanId, amount: &str) -> Result<Transaction, LendingError> {
    lender.create(loan, TransactionType::Disbursement, amount)
}

#[track_caller]
fn assert_refused(drawn: Result<Transaction, LendingError>, left: &str, why: &str) {
    let refused = drawn.unwrap_err();
    let expected =
        format!("The credit limit of 2000.00 leaves {left} to disburse (0.00 is pending{why}).");
    assert!(matches!(&refused, LendingError::Conflict(it) if *it == expected), "{refused:?}");
}

/// What a repayment that was confirmed and is being reversed leaves to draw.
fn repaid_by_mistake(lender: &Lender) -> (LoanId, Transaction) {
    let loan = drawn_line(lender);
    let mistake = lender.create(loan, TransactionType::Repayment, "700").unwrap();
    let meant = lender.create(loan, TransactionType::Repayment, "300").unwrap();
    for repayment in [&mistake, &meant] {
        tell(lender, repayment.id, Told::Submitted, "");
        tell(lender, repayment.id, Told::Confirmed, "");
    }
    assert_eq!(lender.loan(loan).available_minor(), 100_000);
    tell(lender, mistake.id, Told::ReversalAsked, "");
    // 700 of the 1,000 are about to go back.
    assert_refused(
        draw(lender, loan, "300.01"),
        "300.00",
        ", repayments of 700.00 are being reversed",
    );
    (loan, mistake)
}

#[test]
fn a_repayment_that_is_being_reversed_frees_no_limit() {
    on_both(|lender| {
        let (loan, mistake) = repaid_by_mistake(lender);
        let drawn = draw(lender, loan, "300").unwrap();
        lender.apply(drawn.id).unwrap();
        assert_refused(
            draw(lender, loan, "0.01"),
            "0.00",
            ", repayments of 700.00 are being reversed",
        );
        // The reversal is final: the limit is used up, and not exceeded.
        tell(lender, mistake.id, Told::Failed, "reversed");
        assert_eq!(lender.loan(loan).balances.owed().principal, 200_000);
        assert_refused(draw(lender, loan, "0.01"), "0.00", "");
        lender.assert_proven();
    });
}

#[test]
fn when_the_reversal_comes_back_the_limit_is_free() {
    on_both(|lender| {
        let (loan, mistake) = repaid_by_mistake(lender);
        tell(lender, mistake.id, Told::ReversalEnded, "");
        assert_refused(draw(lender, loan, "1000.01"), "1000.00", "");
        draw(lender, loan, "1000").unwrap();
        lender.assert_proven();
    });
}

#[test]
fn a_repayment_that_is_reversed_before_its_money_has_moved_frees_no_limit() {
    on_both(|lender| {
        let loan = drawn_line(lender);
        // It lowers the balance at once.
        let mistake = lender.create(loan, TransactionType::Repayment, "700").unwrap();
        assert_eq!(mistake.status, TransactionStatus::Pending);
        tell(lender, mistake.id, Told::Submitted, "");
        tell(lender, mistake.id, Told::ReversalAsked, "");
        assert_refused(
            draw(lender, loan, "700"),
            "0.00",
            ", repayments of 700.00 are being reversed",
        );
    });
}

#[test]
fn a_draw_that_failed_is_not_tried_again_out_of_what_goes_back() {
    on_both(|lender| {
        let loan = drawn_line(lender);
        let repaid = lender.create(loan, TransactionType::Repayment, "700").unwrap();
        tell(lender, repaid.id, Told::Submitted, "");
        tell(lender, repaid.id, Told::Confirmed, "");
        lender.pay_out_by(florin_lending::Payouts::Provider);
        let drawn = draw(lender, loan, "500").unwrap();
        tell(lender, drawn.id, Told::Failed, "account_closed");
        tell(lender, repaid.id, Told::ReversalAsked, "");
        let again = lender.lending.retry_transaction(&lender.caller, drawn.id);
        let again = lender.runtime.block_on(again);
        assert_refused(again, "0.00", ", repayments of 700.00 are being reversed");
        tell(lender, repaid.id, Told::ReversalEnded, "");
        let again = lender.lending.retry_transaction(&lender.caller, drawn.id);
        assert_eq!(lender.runtime.block_on(again).unwrap().status, TransactionStatus::Pending);
    });
}
