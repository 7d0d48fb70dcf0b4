//! Money that was more than a loan owed: it is owed to the borrower, and pays the loan when the loan owes it after all.
//! Every amount is worked out by hand.

use std::sync::Arc;

use jiff::civil::date;

use crate::support::rail::{TestRail, over, payment, tell};
use crate::support::{EQUAL_INSTALMENTS, Lender, Terms, on_both_rails, request};
use florin_ids::LoanId;
use florin_lending::loan::CloseSubstatus;
use florin_lending::transaction::RevertOptions;
use florin_lending::{LendingError, LoanStatus, Transaction, TransactionStatus, TransactionType};
use florin_payments::{PaymentState, RailKind, Rails, Told};
use florin_tenancy::Collections;

/// 12,000 for a month, due on 24 May 2023: 33 nights after the disbursement, 130.19 of interest.
const ONE_INSTALMENT: Terms = Terms { installments: Some(1), ..EQUAL_INSTALMENTS };
/// 34 nights.
const OWED_ON_THE_25TH: &str = "12134.14";

fn on_both(test: impl Fn(&Lender)) {
    let rails = Rails::new(vec![Arc::new(TestRail(RailKind::DirectDebit))]);
    on_both_rails(date(2023, 4, 21), Collections::Manual, &rails, test);
}

/// Disbursed on 21 April 2023 and collected over a rail.
fn collected_loan(lender: &Lender, terms: Terms) -> LoanId {
    let loan = lender.disbursed(terms);
    let set = lender.lending.set_instrument(&lender.caller, loan, over("mandate"));
    lender.runtime.block_on(set).unwrap();
    loan
}

fn collection(lender: &Lender, loan: LoanId) -> Transaction {
    let mut all = lender.transactions(loan).into_iter();
    all.rfind(|it| it.is_automatic && it.payment.is_some()).expect("a collection")
}

/// Money that reached the bank by another way, told on its day.
fn pay_by_transfer(lender: &Lender, loan: LoanId, amount: &str) -> Transaction {
    let mut repaid = request(loan, TransactionType::Repayment, amount);
    repaid.effective_on = Some(lender.today());
    lender.submit(repaid).unwrap()
}

fn owed(lender: &Lender, loan: LoanId) -> i64 {
    lender.loan(loan).balances.owed().total().unwrap()
}

/// Interest earned, what is owed to borrowers, and what is at the bank or on its way there.
fn books(lender: &Lender) -> [i64; 3] {
    lender.assert_proven();
    let money = lender.account(1000) + lender.account(1020);
    [-lender.account(4000), -lender.account(2000), money]
}

fn assert_told(lender: &Lender, loan: LoanId) {
    let retelling = lender.runtime.block_on(lender.lending.retold(&lender.caller, loan)).unwrap();
    assert_eq!(retelling.booked, retelling.told);
}

fn revert(lender: &Lender, of: &Transaction, recalculate: bool) -> Result<(), LendingError> {
    let options = RevertOptions { recalculate, preview: false };
    let reverted = lender.lending.revert_transaction(&lender.caller, of.id, options);
    lender.runtime.block_on(reverted).map(|_| ())
}

#[test]
fn a_payoff_beside_a_collection_that_is_told_late_is_owed_back_and_no_interest() {
    on_both(|lender| {
        let loan = collected_loan(lender, ONE_INSTALMENT);
        lender.advance(date(2023, 5, 25));
        pay_by_transfer(lender, loan, OWED_ON_THE_25TH);
        lender.advance(date(2023, 5, 30));
        // Charged on the 24th, which is told only now: the night to the 25th bore no interest, and the loan was paid
        // before the transfer came.
        tell(lender, collection(lender, loan).id, Told::Confirmed, "");
        let paid = lender.loan(loan);
        assert_eq!(paid.close_substatus, Some(CloseSubstatus::PaidInFull));
        assert!(paid.balances.owed().is_zero());
        assert_eq!(books(lender), [13_019, 1_213_414, 13_019 + 1_213_414]);
    });
}

#[test]
fn a_charge_back_that_is_won_after_the_debt_was_paid_otherwise_is_owed_back() {
    on_both(|lender| {
        let loan = collected_loan(lender, ONE_INSTALMENT);
        lender.advance(date(2023, 5, 24));
        let first = collection(lender, loan);
        tell(lender, first.id, Told::PaidOut, "");
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        lender.advance(date(2023, 5, 25));
        tell(lender, first.id, Told::ChargedBack, "refund_requested");
        assert_eq!(books(lender), [13_414, 0, -1_200_000]);
        pay_by_transfer(lender, loan, OWED_ON_THE_25TH);
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        lender.advance(date(2023, 6, 5));
        tell(lender, first.id, Told::ChargebackCancelled, "");
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        assert_eq!(books(lender), [13_019, 1_213_414, 13_019 + 1_213_414]);
        // It is lost again: the transfer pays the loan, as it had before.
        tell(lender, first.id, Told::Failed, "refer_to_payer");
        assert_eq!(books(lender), [13_414, 0, 13_414]);
        assert_eq!(owed(lender, loan), 0);
    });
}

/// What a loan of six instalments owes on 25 May when the one of 2,070.58 was collected on the 24th: 12,000 less
/// 1,940.39 (130.19 was interest), and a night.
const OWED_AFTER_ONE_INSTALMENT: i64 = 1_200_000 - 194_039 + 331;

#[test]
fn a_collected_instalment_pays_the_loan_when_a_payoff_under_way_fails() {
    on_both(|lender| {
        let loan = collected_loan(lender, EQUAL_INSTALMENTS);
        lender.advance(date(2023, 5, 19));
        let automatic = collection(lender, loan);
        tell(lender, automatic.id, Told::Submitted, "");
        // 28 nights of 12,000.
        let payoff = lender.create(loan, TransactionType::Repayment, "12110.47").unwrap();
        assert_eq!(owed(lender, loan), 0);
        lender.advance(date(2023, 5, 24));
        tell(lender, automatic.id, Told::PaidOut, "");
        assert_eq!(lender.account(2000), -207_058, "until the payoff has failed");
        lender.advance(date(2023, 5, 25));
        tell(lender, payoff.id, Told::Failed, "insufficient_funds");
        assert_eq!(owed(lender, loan), OWED_AFTER_ONE_INSTALMENT);
        assert_eq!(books(lender), [13_019 + 331, 0, 207_058 - 1_200_000]);
        assert_eq!(lender.loan(loan).status, LoanStatus::Active);
        assert_told(lender, loan);
        lender.advance(date(2023, 6, 16));
        let next = collection(lender, loan);
        assert_eq!(next.amount.to_string(), "2070.58", "nothing is collected again");
        // Whatever comes back afterwards comes back from the loan.
        tell(lender, automatic.id, Told::ChargedBack, "refund_requested");
        assert_eq!(lender.account(2000), 0);
        assert_told(lender, loan);
    });
}

#[test]
fn a_collection_that_was_called_off_too_late_pays_the_loan_when_the_payoff_fails() {
    on_both(|lender| {
        let loan = collected_loan(lender, EQUAL_INSTALMENTS);
        lender.advance(date(2023, 5, 19));
        let automatic = collection(lender, loan);
        let payoff = lender.create(loan, TransactionType::Repayment, "12110.47").unwrap();
        lender.advance(date(2023, 5, 24));
        assert_eq!(collection(lender, loan).status, TransactionStatus::Cancelled);
        assert_eq!(payment(lender, automatic.id).state, PaymentState::Cancelled);
        tell(lender, automatic.id, Told::PaidOut, "");
        assert_eq!(collection(lender, loan).status, TransactionStatus::Applied);
        assert_eq!(lender.account(2000), -207_058);
        lender.advance(date(2023, 5, 25));
        tell(lender, payoff.id, Told::Failed, "insufficient_funds");
        assert_eq!(owed(lender, loan), OWED_AFTER_ONE_INSTALMENT);
        assert_eq!(books(lender), [13_019 + 331, 0, 207_058 - 1_200_000]);
        assert_told(lender, loan);
    });
}

#[test]
fn what_is_owed_to_the_borrower_pays_what_the_loan_comes_to_owe() {
    on_both(|lender| {
        let loan = collected_loan(lender, EQUAL_INSTALMENTS);
        lender.advance(date(2023, 5, 19));
        let automatic = collection(lender, loan);
        tell(lender, automatic.id, Told::Submitted, "");
        let payoff = lender.create(loan, TransactionType::Repayment, "12110.47").unwrap();
        lender.advance(date(2023, 5, 24));
        tell(lender, automatic.id, Told::PaidOut, "");
        let mut letter = request(loan, TransactionType::Fee, "20");
        letter.name = Some("Letter".to_owned());
        letter.fee_type = Some(florin_lending::product::FeeType::Flat);
        lender.submit(letter).unwrap();
        assert_eq!((owed(lender, loan), lender.account(2000)), (0, -205_058));
        assert_told(lender, loan);
        lender.advance(date(2023, 5, 25));
        tell(lender, payoff.id, Told::PaidOut, "");
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        assert_eq!(books(lender), [11_047, 205_058, 11_047 + 205_058 + 2_000]);
    });
}

#[test]
fn debt_that_was_let_go_and_was_none_is_owed_to_nobody() {
    on_both(|lender| {
        let loan = collected_loan(lender, ONE_INSTALMENT);
        lender.advance(date(2023, 5, 25));
        pay_by_transfer(lender, loan, "12000");
        lender.create(loan, TransactionType::Waiver, "134.14").unwrap();
        assert_eq!((owed(lender, loan), lender.account(5010)), (0, 13_414));
        lender.advance(date(2023, 5, 30));
        tell(lender, collection(lender, loan).id, Told::PaidOut, "");
        assert_eq!(lender.account(5010), 0, "all was paid before");
        assert_eq!(books(lender), [13_019, 1_200_000, 13_019 + 1_200_000]);
    });
}

#[test]
fn what_moves_after_a_write_off_changes_the_loss() {
    on_both(|lender| {
        let loan = collected_loan(lender, EQUAL_INSTALMENTS);
        lender.advance(date(2023, 5, 24));
        let first = collection(lender, loan);
        tell(lender, first.id, Told::PaidOut, "");
        let owed_then = owed(lender, loan);
        let written_off = CloseSubstatus::WrittenOff;
        let close = lender.lending.close_loan(&lender.caller, loan, "gone".to_owned(), written_off);
        lender.runtime.block_on(close).unwrap();
        assert_eq!(lender.account(5000), owed_then);
        lender.advance(date(2023, 5, 30));
        tell(lender, first.id, Told::ChargedBack, "refund_requested");
        assert_eq!((lender.account(5000), lender.account(2000)), (owed_then + 207_058, 0));
        lender.advance(date(2023, 6, 2));
        tell(lender, first.id, Told::ChargebackCancelled, "");
        assert_eq!((lender.account(5000), lender.account(2000)), (owed_then, 0));
        assert_eq!(books(lender), [13_019, 0, 207_058 - 1_200_000]);
        assert_eq!(lender.loan(loan).close_substatus, Some(written_off));
    });
}

#[test]
fn a_collected_repayment_is_not_taken_back_while_the_provider_has_the_money() {
    on_both(|lender| {
        let loan = collected_loan(lender, EQUAL_INSTALMENTS);
        lender.advance(date(2023, 5, 20));
        let mut letter = request(loan, TransactionType::Fee, "20");
        letter.name = Some("Letter".to_owned());
        letter.fee_type = Some(florin_lending::product::FeeType::Flat);
        let letter = lender.submit(letter).unwrap();
        lender.advance(date(2023, 5, 24));
        let first = collection(lender, loan);
        tell(lender, first.id, Told::PaidOut, "");
        let before = (books(lender), owed(lender, loan));
        for of in [&first, &letter] {
            let refused = revert(lender, of, false).unwrap_err();
            let expected = format!(
                "The money of the repayment {} was moved by a provider: it is taken back when the provider tells \
                 that the money has come back.",
                first.id
            );
            assert!(
                matches!(&refused, LendingError::Conflict(why) if *why == expected),
                "{refused:?}"
            );
        }
        assert_eq!((books(lender), owed(lender, loan)), before);
        // The fee alone can be taken back.
        revert(lender, &letter, true).unwrap();
        assert_told(lender, loan);
    });
}

#[test]
fn a_payoff_that_a_collection_completes_calls_off_the_others_at_once() {
    on_both(|lender| {
        let loan = collected_loan(lender, EQUAL_INSTALMENTS);
        lender.advance(date(2023, 5, 19));
        let first = collection(lender, loan);
        tell(lender, first.id, Told::Submitted, "");
        // The bank tells nothing, and the instalment of June is asked for.
        lender.advance(date(2023, 6, 19));
        let second = collection(lender, loan);
        assert_ne!(second.id, first.id);
        // All but what is under way by the first one.
        let left = lender.loan(loan).money(owed(lender, loan) - first.amount.minor());
        pay_by_transfer(lender, loan, &left.to_string());
        assert_eq!(collection(lender, loan).status, TransactionStatus::Pending);
        tell(lender, first.id, Told::Confirmed, "");
        assert_eq!(collection(lender, loan).status, TransactionStatus::Cancelled);
        assert_eq!(payment(lender, second.id).state, PaymentState::Cancelled);
        assert_eq!(lender.loan(loan).close_substatus, Some(CloseSubstatus::PaidInFull));
        lender.assert_proven();
    });
}

#[test]
fn a_repayment_is_not_applied_before_the_day_on_which_it_is_collected() {
    on_both(|lender| {
        let loan = collected_loan(lender, EQUAL_INSTALMENTS);
        lender.advance(date(2023, 5, 23));
        let first = collection(lender, loan);
        let refused = lender.apply(first.id).unwrap_err();
        let expected = "The repayment is collected on 2023-05-24: it can't be applied before.";
        assert!(matches!(&refused, LendingError::Conflict(why) if why == expected), "{refused:?}");
        lender.advance(date(2023, 5, 24));
        lender.apply(first.id).unwrap();
        lender.advance(date(2023, 5, 30));
        assert_eq!(lender.loan(loan).status, LoanStatus::Active, "what was due is paid");
        tell(lender, first.id, Told::PaidOut, "");
        assert_eq!(lender.account(1020), 0);
        assert_told(lender, loan);
    });
}
