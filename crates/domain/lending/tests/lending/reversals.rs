//! ACH debits of loans that are reversed because they were a mistake, and refunds over ACH.

use crate::ach::{Bank, on_both};
use crate::support::request;
use florin_ach::Trace;
use florin_ach_origination::Erroneous;
use florin_ids::LoanId;
use florin_lending::loan::CloseSubstatus;
use florin_lending::{
    LendingError, LoanStatus, NewRefund, Payouts, Transaction, TransactionStatus, TransactionType,
};
use florin_payments::RailKind;
use jiff::civil::date;

/// Takes back the debit that carried a repayment.
fn reverse(bank: &Bank, repayment: &Transaction) {
    let trace = repayment.provider_reference.as_deref().unwrap();
    let trace = Erroneous::Trace(Trace::from_number(trace.parse().unwrap()).unwrap());
    let reverse = bank.ach.reverse(&bank.lender.caller, trace);
    bank.lender.runtime.block_on(reverse).unwrap();
}

/// Paid out on 6 January 2026 and collected from a good account; the first instalment is due on 10 February.
fn collected_loan(bank: &Bank) -> LoanId {
    let loan = bank.loan();
    let account = bank.account(loan.end_user, "123456789");
    let loan = bank.over(loan.id, account).unwrap().id;
    bank.pay_out(loan);
    loan
}

#[test]
fn a_repayment_counts_until_its_reversal_is_final_and_is_then_taken_back() {
    on_both(|bank| {
        let (lender, loan) = (&bank.lender, collected_loan(bank));
        lender.advance(date(2026, 2, 10));
        let first = bank.repayments(loan).remove(0);
        let owed = lender.loan(loan).balances.owed().principal;
        reverse(bank, &first);
        lender.advance(date(2026, 2, 12));
        assert_eq!(bank.repayments(loan)[0].status, TransactionStatus::Applied);
        assert_eq!((lender.loan(loan).status, lender.account(1020)), (LoanStatus::Active, 0));
        lender.advance(date(2026, 2, 18));
        let reversed = bank.repayments(loan);
        assert_eq!(reversed.len(), 1, "it is not asked for again beside the next one");
        assert_eq!(
            (reversed[0].status, reversed[0].failure_reason.as_str()),
            (TransactionStatus::Failed, "reversed")
        );
        let now = lender.loan(loan);
        // As after any late return, what is unpaid counts from its due date.
        assert_eq!((now.status, now.unpaid_since), (LoanStatus::Arrears, Some(date(2026, 2, 10))));
        assert_eq!(now.balances.owed().principal, owed + first.principal.minor());
        assert_eq!((lender.account(1000), lender.account(1020)), (-120_000, 0));
        bank.assert_told(loan);
        // The next instalment asks for both, once.
        lender.advance(date(2026, 3, 10));
        let both = bank.repayments(loan).remove(1);
        assert_eq!((both.status, bank.repayments(loan).len()), (TransactionStatus::Applied, 2));
        assert!(both.amount.minor() > 2 * first.amount.minor(), "{}", both.amount);
        let now = lender.loan(loan);
        assert_eq!((now.status, now.unpaid_since), (LoanStatus::Active, None));
        lender.advance(date(2026, 4, 20));
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        assert_eq!(lender.account(1000), -lender.account(4000), "principal out and in again");
        lender.assert_proven();
    });
}

#[test]
fn a_loan_that_a_reversed_repayment_had_closed_is_open_again() {
    on_both(|bank| {
        let (lender, loan) = (&bank.lender, collected_loan(bank));
        lender.advance(date(2026, 4, 10));
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        let last = bank.repayments(loan).pop().unwrap();
        reverse(bank, &last);
        lender.advance(date(2026, 4, 14));
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        lender.advance(date(2026, 4, 20));
        assert_eq!(lender.loan(loan).status, LoanStatus::Arrears);
        bank.assert_told(loan);
    });
}

/// All is paid by another way while the first instalment is under way: what that brings is too much.
fn paid_twice(bank: &Bank) -> (LoanId, Transaction) {
    let (lender, loan) = (&bank.lender, collected_loan(bank));
    lender.advance(date(2026, 2, 9));
    let owed = lender.loan(loan).balances.owed().total().unwrap();
    let owed = lender.loan(loan).money(owed).to_string();
    let mut repaid = request(loan, TransactionType::Repayment, &owed);
    repaid.effective_on = Some(lender.today());
    lender.submit(repaid).unwrap();
    lender.advance(date(2026, 2, 10));
    let collected = bank.repayments(loan).remove(0);
    let amount = collected.amount.minor();
    assert_eq!(lender.owed_to_borrower(loan), (amount, 0));
    (loan, collected)
}

#[test]
fn what_was_too_much_goes_back_to_the_account_over_ach() {
    on_both(|bank| {
        let lender = &bank.lender;
        let (loan, collected) = paid_twice(bank);
        lender.pay_out_by(Payouts::Manual);
        let account = lender.loan(loan).instrument.unwrap().reference.parse().unwrap();
        let new = |external_account| NewRefund {
            loan,
            amount: None,
            external_account: Some(external_account),
            unique_key: None,
        };
        let ask = |new| lender.runtime.block_on(lender.lending.create_refund(&lender.caller, new));
        let unknown = ask(new(999));
        assert!(
            matches!(&unknown, Err(LendingError::Invalid(faults)) if faults[0].field == "external_account"),
            "{unknown:?}"
        );
        let refund = ask(new(account)).unwrap();
        assert_eq!(crate::support::rail::payment(lender, refund.id).instrument.rail, RailKind::Ach);
        assert_eq!(refund.amount, collected.amount);
        lender.advance(date(2026, 2, 13));
        let found = lender.lending.get_refund(&lender.caller, refund.id);
        let found = lender.runtime.block_on(found).unwrap();
        assert_eq!(found.status, TransactionStatus::Applied);
        assert!(found.provider_reference.is_some());
        assert_eq!(lender.owed_to_borrower(loan), (0, 0));
        assert_eq!(lender.account(1000), -lender.account(4000));
        lender.assert_proven();
    });
}

#[test]
fn what_is_being_reversed_is_not_given_back_as_well() {
    on_both(|bank| {
        let lender = &bank.lender;
        let (loan, collected) = paid_twice(bank);
        reverse(bank, &collected);
        let refused = lender.refund(loan, None).unwrap_err();
        let why = format!(
            "Of the {0} that is owed to the borrower nothing can be given back now: collections of {0} are being \
             reversed.",
            collected.amount
        );
        assert!(matches!(&refused, LendingError::Conflict(it) if *it == why), "{refused:?}");
        lender.advance(date(2026, 2, 18));
        assert_eq!(lender.owed_to_borrower(loan), (0, 0));
        assert_eq!(lender.loan(loan).close_substatus, Some(CloseSubstatus::PaidInFull));
        assert_eq!(lender.account(1000), -lender.account(4000));
        lender.assert_proven();
    });
}
