//! Loans that are collected over a rail: what is asked for and when, and what each answer does to the cent.

use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::date;

use crate::support::rail::{TestRail, over, payment, tell, tell_of};
use crate::support::{EQUAL_INSTALMENTS, EQUAL_PRINCIPAL, Lender, on_both_rails};
use florin_ids::LoanId;
use florin_lending::loan::CloseSubstatus;
use florin_lending::{
    CollectionSettings, LendingError, Loan, LoanStatus, Payouts, Transaction, TransactionStatus,
    TransactionType,
};
use florin_payments::transfer::SimulatedTransfers;
use florin_payments::{Instrument, PaymentState, RailKind, Rails, Told};
use florin_tenancy::Collections;

fn rails() -> Rails {
    Rails::new(vec![Arc::new(TestRail(RailKind::DirectDebit)), Arc::new(SimulatedTransfers)])
}

/// A loan of 12,000 over six months, disbursed on 21 April 2023 and collected over the rail.
fn collected_loan(lender: &Lender) -> LoanId {
    let loan = lender.disbursed(EQUAL_INSTALMENTS);
    set(lender, loan, "mandate").unwrap();
    loan
}

fn set(lender: &Lender, loan: LoanId, reference: &str) -> Result<Loan, LendingError> {
    let set = lender.lending.set_instrument(&lender.caller, loan, over(reference));
    lender.runtime.block_on(set)
}

fn on_both(test: impl Fn(&Lender)) {
    on_both_rails(date(2023, 4, 21), Collections::Manual, &rails(), test);
}

/// The loan's automatic repayments, oldest first.
fn collections(lender: &Lender, loan: LoanId) -> Vec<Transaction> {
    let all = lender.transactions(loan).into_iter();
    all.filter(|it| it.is_automatic && it.payment.is_some()).collect()
}

fn last_collection(lender: &Lender, loan: LoanId) -> Transaction {
    collections(lender, loan).pop().expect("a collection")
}

/// A repayment that was received today by other means.
fn receive(lender: &Lender, loan: LoanId, amount: &str) {
    let mut received = crate::support::request(loan, TransactionType::Repayment, amount);
    received.effective_on = Some(lender.today());
    lender.submit(received).unwrap();
}

/// All that the loan owes.
fn total(lender: &Lender, loan: LoanId) -> String {
    let loan = lender.loan(loan);
    loan.money(loan.balances.owed().total().unwrap()).to_string()
}

fn retry(lender: &Lender, failed: &Transaction) -> Result<Transaction, LendingError> {
    lender.runtime.block_on(lender.lending.retry_transaction(&lender.caller, failed.id))
}

fn policy(lender: &Lender, attempts: u32, retry_days: u32) {
    let policy = CollectionSettings { attempts, retry_days, payouts: Payouts::Manual };
    let saved = lender.lending.set_collection_settings(&lender.caller, policy);
    lender.runtime.block_on(saved).unwrap();
}

fn write_off(lender: &Lender, loan: LoanId) -> Result<Loan, LendingError> {
    let why = "gone".to_owned();
    let closed = lender.lending.close_loan(&lender.caller, loan, why, CloseSubstatus::WrittenOff);
    lender.runtime.block_on(closed)
}

/// Everything booked is what the loan's story comes to.
fn assert_told(lender: &Lender, loan: LoanId) {
    let retelling = lender.runtime.block_on(lender.lending.retold(&lender.caller, loan)).unwrap();
    assert_eq!(retelling.booked, retelling.told);
    lender.assert_proven();
}

#[test]
fn instalments_are_asked_for_in_time_and_count_from_the_day_they_are_charged() {
    on_both(|lender| {
        let loan = collected_loan(lender);
        let rows = [
            (date(2023, 5, 17), date(2023, 5, 24), "2070.58"),
            (date(2023, 6, 16), date(2023, 6, 23), "2070.58"),
            (date(2023, 7, 17), date(2023, 7, 24), "2070.58"),
            (date(2023, 8, 17), date(2023, 8, 24), "2070.58"),
            (date(2023, 9, 15), date(2023, 9, 22), "2070.58"),
            (date(2023, 10, 17), date(2023, 10, 24), "2081.79"),
        ];
        for (index, (asked_on, charged_on, amount)) in rows.into_iter().enumerate() {
            lender.advance(asked_on.yesterday().unwrap());
            assert_eq!(collections(lender, loan).len(), index, "not before {asked_on}");
            lender.advance(asked_on);
            let asked = last_collection(lender, loan);
            assert_eq!(collections(lender, loan).len(), index + 1);
            assert_eq!(asked.status, TransactionStatus::Pending);
            assert_eq!(asked.amount.to_string(), amount, "{asked_on}");
            assert_eq!(asked.processing_on, Some(charged_on));
            let owed = lender.owed(loan);
            tell(lender, asked.id, Told::Submitted, "");
            assert_eq!(lender.owed(loan), owed, "untouched until confirmed");
            // The provider takes three days to tell, and nobody is late.
            lender.advance(charged_on + 3.days());
            assert_eq!(lender.loan(loan).status, LoanStatus::Active);
            tell(lender, asked.id, Told::Confirmed, "");
            let applied = last_collection(lender, loan);
            assert_eq!(applied.status, TransactionStatus::Applied);
            assert_eq!(applied.effective_on, charged_on);
            assert_eq!(applied.provider_reference.as_deref(), Some("PM1"));
            let amount = applied.amount.minor();
            assert_eq!(lender.account(1020), amount, "with the provider until it pays out");
            tell(lender, asked.id, Told::PaidOut, "");
            assert_eq!(lender.account(1020), 0);
            if index < 5 {
                assert_told(lender, loan);
            }
        }
        let ended = lender.loan(loan);
        assert_eq!((ended.status, ended.balances.owed().total().unwrap()), (LoanStatus::Closed, 0));
        assert_eq!(lender.account(4000), -43_469, "the golden table's interest");
        assert_eq!(lender.account(1000), 43_469);
        lender.assert_proven();
    });
}

#[test]
fn a_failed_collection_makes_late_and_is_tried_again_by_policy() {
    on_both(|lender| {
        let loan = collected_loan(lender);
        lender.advance(date(2023, 5, 26));
        let asked = last_collection(lender, loan);
        assert_eq!(lender.loan(loan).status, LoanStatus::Active, "under way");
        tell(lender, asked.id, Told::Failed, "insufficient_funds");
        let failed = last_collection(lender, loan);
        assert_eq!(
            (failed.status, failed.failure_reason.as_str()),
            (TransactionStatus::Failed, "insufficient_funds")
        );
        lender.advance(date(2023, 5, 27));
        let late = lender.loan(loan);
        assert_eq!((late.status, late.days_past_due(lender.today())), (LoanStatus::Late, 3));
        // 26 May and five business days: 29 May is a bank holiday.
        lender.advance(date(2023, 6, 4));
        assert_eq!(last_collection(lender, loan).status, TransactionStatus::Failed);
        lender.advance(date(2023, 6, 5));
        let again = last_collection(lender, loan);
        assert_eq!((again.id, again.status), (asked.id, TransactionStatus::Pending));
        assert_eq!(payment(lender, asked.id).attempt, 2);
        assert_eq!(again.processing_on, Some(date(2023, 6, 8)));
        lender.advance(date(2023, 6, 9));
        tell(lender, asked.id, Told::PaidOut, "");
        assert_eq!(lender.loan(loan).status, LoanStatus::Active, "cured");
        assert_eq!(last_collection(lender, loan).effective_on, date(2023, 6, 8));
        assert_told(lender, loan);
    });
}

#[test]
fn the_policy_ends_and_the_next_instalment_asks_for_all() {
    on_both(|lender| {
        policy(lender, 2, 1);
        let loan = collected_loan(lender);
        lender.advance(date(2023, 5, 25));
        let asked = last_collection(lender, loan);
        tell(lender, asked.id, Told::Failed, "insufficient_funds");
        lender.advance(date(2023, 5, 26));
        assert_eq!(payment(lender, asked.id).attempt, 2);
        tell(lender, asked.id, Told::Failed, "insufficient_funds");
        lender.advance(date(2023, 6, 15));
        assert_eq!(payment(lender, asked.id).attempt, 2, "twice and no more");
        lender.advance(date(2023, 6, 16));
        let next = last_collection(lender, loan);
        assert_ne!(next.id, asked.id);
        // 2,070.58 twice, and the interest on what was not repaid for thirty days.
        let missed = 194_039 * 12 * 30;
        let extra = (missed + 365 * 50) / (365 * 100);
        assert_eq!(next.amount.minor(), 2 * 207_058 + extra);
        lender.advance(date(2023, 6, 23));
        tell(lender, next.id, Told::PaidOut, "");
        assert_eq!(lender.loan(loan).status, LoanStatus::Active);
        assert_told(lender, loan);
    });
}

#[test]
fn what_comes_back_reopens_the_instalment_and_the_days_between() {
    on_both(|lender| {
        let loan = collected_loan(lender);
        lender.advance(date(2023, 5, 24));
        let first = last_collection(lender, loan);
        tell(lender, first.id, Told::Confirmed, "");
        lender.advance(date(2023, 5, 30));
        let before = lender.owed(loan);
        // A late failure: the bank tells a week later.
        tell(lender, first.id, Told::Failed, "refer_to_payer");
        assert_eq!(lender.account(1020), 0);
        assert_ne!(lender.owed(loan), before);
        assert_told(lender, loan);
        lender.advance(date(2023, 5, 31));
        let late = lender.loan(loan);
        assert_eq!((late.status, late.days_past_due(lender.today())), (LoanStatus::Late, 7));
        // It is presented again, and then charged back for good after it was paid out.
        lender.advance(date(2023, 6, 6));
        assert_eq!(payment(lender, first.id).attempt, 2);
        lender.advance(date(2023, 6, 9));
        tell(lender, first.id, Told::PaidOut, "");
        assert_told(lender, loan);
        let cash = lender.account(1000);
        tell(lender, first.id, Told::ChargedBack, "authorisation_disputed");
        assert_eq!(lender.account(1000), cash - 207_058, "out of the money at the bank");
        assert_eq!(payment(lender, first.id).state, PaymentState::ChargedBack);
        assert_told(lender, loan);
        lender.advance(date(2023, 6, 15));
        assert_eq!(payment(lender, first.id).attempt, 2, "a charge-back is not tried again");
        tell(lender, first.id, Told::ChargebackCancelled, "");
        assert_eq!(last_collection(lender, loan).status, TransactionStatus::Applied);
        assert_eq!(lender.loan(loan).status, LoanStatus::Active);
        assert_told(lender, loan);
    });
}

#[test]
fn a_charge_back_opens_a_loan_that_it_had_closed() {
    on_both(|lender| {
        let loan = collected_loan(lender);
        for month in 5..=10 {
            lender.advance(date(2023, month, 24));
            tell(lender, last_collection(lender, loan).id, Told::PaidOut, "");
        }
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        lender.advance(date(2023, 11, 24));
        let last = last_collection(lender, loan);
        tell(lender, last.id, Told::ChargedBack, "refund_requested");
        let open = lender.loan(loan);
        assert_eq!(open.close_reason, "");
        assert!(open.status.is_open() && open.is_overdue(lender.today()));
        // 2,060.12 since 24 October for 31 days, and what the instalment had paid.
        let interest = (206_012 * 12 * 31 + 365 * 50) / (365 * 100);
        assert_eq!(open.balances.owed().total().unwrap(), last.amount.minor() + interest);
        assert_told(lender, loan);
        lender.advance(date(2023, 11, 25));
        assert_eq!(lender.loan(loan).status, LoanStatus::Arrears);
    });
}

#[test]
fn what_is_collected_beyond_the_debt_is_owed_to_the_borrower() {
    on_both(|lender| {
        let loan = collected_loan(lender);
        for month in 5..=9 {
            lender.advance(date(2023, month, 24));
            tell(lender, last_collection(lender, loan).id, Told::PaidOut, "");
        }
        lender.advance(date(2023, 10, 18));
        let last = last_collection(lender, loan);
        // The borrower pays half of it by bank transfer, which is told as done.
        let mut repaid = crate::support::request(loan, TransactionType::Repayment, "1000");
        repaid.effective_on = Some(lender.today());
        lender.submit(repaid).unwrap();
        lender.advance(date(2023, 10, 24));
        tell(lender, last.id, Told::PaidOut, "");
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        // 1,000 repaid six days early pay 17.61 of interest and 982.39 of principal, which saves 1.93 of interest.
        assert_eq!(lender.account(2000), -100_193);
        lender.assert_proven();
        lender.advance(date(2023, 10, 30));
        tell(lender, last.id, Told::ChargedBack, "refund_requested");
        assert_eq!(lender.account(2000), 0, "nobody has it any more");
        assert_told(lender, loan);
    });
}

#[test]
fn what_is_no_longer_owed_is_called_off_while_it_can_be() {
    on_both(|lender| {
        let pay_off = |loan| {
            for month in 5..=9 {
                lender.advance(date(2023, month, 24));
                tell(lender, last_collection(lender, loan).id, Told::PaidOut, "");
            }
            lender.advance(date(2023, 10, 18));
            receive(lender, loan, &total(lender, loan));
        };
        let loan = collected_loan(lender);
        pay_off(loan);
        // At once: tomorrow may be too late.
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        let last = last_collection(lender, loan);
        assert_eq!(last.status, TransactionStatus::Cancelled);
        assert_eq!(payment(lender, last.id).state, PaymentState::Cancelled);
        // The provider had passed it on to the bank all the same.
        tell(lender, last.id, Told::PaidOut, "");
        assert_eq!(lender.account(2000), -last.amount.minor(), "to be given back");
        lender.assert_proven();
    });
}

#[test]
fn a_payoff_under_way_calls_off_what_is_asked_for_anew_when_it_fails() {
    on_both(|lender| {
        let loan = collected_loan(lender);
        lender.advance(date(2023, 5, 17));
        let instalment = last_collection(lender, loan);
        let payoff = lender.create(loan, TransactionType::Repayment, &total(lender, loan)).unwrap();
        assert_eq!(last_collection(lender, loan).status, TransactionStatus::Cancelled);
        assert_eq!(payment(lender, instalment.id).state, PaymentState::Cancelled);
        assert!(lender.loan(loan).status.is_open(), "the payoff is under way");
        tell(lender, payoff.id, Told::Failed, "bank_account_closed");
        lender.advance(date(2023, 5, 18));
        let again = last_collection(lender, loan);
        assert_eq!(again.status, TransactionStatus::Pending);
        assert_eq!(
            (again.amount, again.processing_on),
            (instalment.amount, instalment.processing_on)
        );
        lender.advance(date(2023, 5, 24));
        tell(lender, again.id, Told::PaidOut, "");
        // The partner tries the payoff again, at what it is now, and a waiver pays what is left.
        lender.advance(date(2023, 6, 16));
        let second = last_collection(lender, loan);
        assert_eq!(second.status, TransactionStatus::Pending);
        lender.create(loan, TransactionType::Waiver, &total(lender, loan)).unwrap();
        assert_eq!(last_collection(lender, loan).status, TransactionStatus::Cancelled);
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        assert_eq!(lender.account(2000), 0);
        lender.assert_proven();
    });
}

#[test]
fn a_new_mandate_collects_what_the_old_one_could_not() {
    on_both(|lender| {
        let [before, too_late, meanwhile] = [(); 3].map(|()| collected_loan(lender));
        let asked_again = |loan, charged_on| {
            let again = last_collection(lender, loan);
            assert_eq!(collections(lender, loan).len(), 2, "once more, not twice");
            assert_eq!(again.status, TransactionStatus::Pending);
            assert_eq!(again.amount.to_string(), "2070.58");
            assert_eq!(again.processing_on, Some(charged_on));
            assert_eq!(payment(lender, again.id).instrument.reference, "new");
        };
        let gone = |loan| {
            tell(lender, last_collection(lender, loan).id, Told::Failed, "mandate_cancelled");
        };
        lender.advance(date(2023, 5, 18));
        gone(before);
        gone(too_late);
        set(lender, before, "new").unwrap();
        set(lender, meanwhile, "new").unwrap();
        lender.advance(date(2023, 5, 19));
        asked_again(before, date(2023, 5, 24));
        assert_eq!(collections(lender, too_late).len(), 1, "not over the mandate that is gone");
        assert_eq!(collections(lender, meanwhile).len(), 1, "it is under way over the old one");
        gone(meanwhile);
        lender.advance(date(2023, 5, 20));
        asked_again(meanwhile, date(2023, 5, 24));
        // When the new one comes on the day before, the amount falls due first.
        lender.advance(date(2023, 5, 23));
        set(lender, too_late, "new").unwrap();
        lender.advance(date(2023, 5, 24));
        asked_again(too_late, date(2023, 5, 30));
        for loan in [before, too_late, meanwhile] {
            lender.advance(last_collection(lender, loan).processing_on.unwrap());
            tell(lender, last_collection(lender, loan).id, Told::PaidOut, "");
            assert_eq!(lender.loan(loan).status, LoanStatus::Active);
            assert_told(lender, loan);
        }
    });
}

#[test]
fn a_new_mandate_collects_the_last_instalment() {
    on_both(|lender| {
        let loan = collected_loan(lender);
        for month in 5..=9 {
            lender.advance(date(2023, month, 24));
            tell(lender, last_collection(lender, loan).id, Told::PaidOut, "");
        }
        lender.advance(date(2023, 10, 25));
        tell(lender, last_collection(lender, loan).id, Told::Failed, "bank_account_closed");
        lender.advance(date(2023, 11, 10));
        assert_eq!(collections(lender, loan).len(), 6, "nothing asks for it over the old one");
        set(lender, loan, "new").unwrap();
        lender.advance(date(2023, 11, 11));
        let again = last_collection(lender, loan);
        assert_eq!(again.amount.to_string(), "2081.79");
        assert_eq!(again.processing_on, Some(date(2023, 11, 15)));
        lender.advance(date(2023, 11, 15));
        tell(lender, again.id, Told::PaidOut, "");
        assert_eq!(lender.loan(loan).status, LoanStatus::Active, "nothing is overdue");
        lender.advance(date(2023, 12, 24));
        assert_eq!(collections(lender, loan).len(), 7, "asked for once");
        assert_told(lender, loan);
    });
}

#[test]
fn a_loan_without_a_mandate_any_more_is_not_collected() {
    on_both(|lender| {
        let [loan, late] = [(); 2].map(|()| collected_loan(lender));
        lender.advance(date(2023, 5, 17));
        tell(lender, last_collection(lender, late).id, Told::Submitted, "");
        let stop = |loan| {
            let stopped =
                lender.lending.stop_collecting(&lender.caller, loan, RailKind::DirectDebit);
            lender.runtime.block_on(stopped).unwrap()
        };
        let other = lender.lending.stop_collecting(&lender.caller, loan, RailKind::Ach);
        let other = lender.runtime.block_on(other).unwrap();
        assert_eq!(other.instrument, over("mandate"), "another rail's are not meant");
        for loan in [loan, late] {
            assert_eq!(stop(loan).instrument, None);
        }
        assert_eq!(last_collection(lender, loan).status, TransactionStatus::Cancelled);
        // With the bank already: it moves.
        assert_eq!(last_collection(lender, late).status, TransactionStatus::Pending);
        lender.advance(date(2023, 5, 24));
        tell(lender, last_collection(lender, late).id, Told::PaidOut, "");
        assert_told(lender, late);
        lender.advance(date(2023, 5, 25));
        assert_eq!(lender.loan(late).status, LoanStatus::Active);
        assert_eq!(lender.loan(loan).status, LoanStatus::Late);
        assert_eq!(collections(lender, loan).len(), 1);
    });
}

#[test]
fn a_write_off_calls_off_what_can_be_called_off() {
    on_both(|lender| {
        let [loan, late] = [(); 2].map(|()| collected_loan(lender));
        lender.advance(date(2023, 5, 17));
        tell(lender, last_collection(lender, late).id, Told::Submitted, "");
        let refused = write_off(lender, late);
        assert!(matches!(refused, Err(LendingError::Conflict(_))), "{refused:?}");
        let owed = lender.loan(loan).balances.owed().total().unwrap();
        assert_eq!(write_off(lender, loan).unwrap().status, LoanStatus::Closed);
        assert_eq!(lender.account(5000), owed);
        let asked = last_collection(lender, loan);
        assert_eq!(asked.status, TransactionStatus::Cancelled);
        assert_eq!(payment(lender, asked.id).state, PaymentState::Cancelled);
        lender.advance(date(2023, 6, 30));
        assert_eq!(collections(lender, loan).len(), 1);
        lender.assert_proven();
    });
}

#[test]
fn what_is_left_of_a_failed_collection_is_tried_again_as_often_as_the_policy_says() {
    on_both(|lender| {
        policy(lender, 3, 1);
        let loan = collected_loan(lender);
        lender.advance(date(2023, 5, 25));
        let asked = last_collection(lender, loan);
        tell(lender, asked.id, Told::Failed, "insufficient_funds");
        receive(lender, loan, "0.01");
        lender.advance(date(2023, 5, 26));
        let again = last_collection(lender, loan);
        assert_eq!((again.id, again.status), (asked.id, TransactionStatus::Pending));
        assert_eq!(again.amount.to_string(), "2070.57");
        assert_eq!(again.parts().total().unwrap(), 207_057);
        assert_eq!(payment(lender, asked.id).amount, again.amount, "by a payment of its own");
        tell(lender, asked.id, Told::Failed, "insufficient_funds");
        lender.advance(date(2023, 5, 27));
        assert_eq!(last_collection(lender, loan).status, TransactionStatus::Failed);
        lender.advance(date(2023, 5, 30));
        assert_eq!(payment(lender, asked.id).attempt, 2, "the third attempt in all");
        tell(lender, asked.id, Told::Failed, "insufficient_funds");
        lender.advance(date(2023, 6, 15));
        assert_eq!(last_collection(lender, loan).status, TransactionStatus::Failed, "the last");
        assert_told(lender, loan);
    });
}

#[test]
fn what_is_left_of_a_failed_collection_pays_the_instalment() {
    on_both(|lender| {
        policy(lender, 2, 1);
        let loan = collected_loan(lender);
        lender.advance(date(2023, 5, 25));
        let first = last_collection(lender, loan);
        let first_payment = payment(lender, first.id);
        tell(lender, first.id, Told::Failed, "insufficient_funds");
        receive(lender, loan, "1070.58");
        lender.advance(date(2023, 5, 26));
        lender.advance(date(2023, 5, 31));
        tell(lender, first.id, Told::PaidOut, "");
        assert_eq!(lender.account(1000), -1_200_000 + 207_058);
        assert_eq!((lender.account(1020), lender.account(2000)), (0, 0));
        assert_eq!(lender.loan(loan).status, LoanStatus::Active);
        assert_told(lender, loan);
        // The first attempt, which the bank moves after all, is nobody's instalment.
        tell_of(lender, &first_payment, Told::PaidOut, "");
        assert_eq!(lender.account(2000), -207_058);
        assert_told(lender, loan);
    });
}

#[test]
fn what_the_next_instalment_asks_for_is_not_tried_again_beside_it() {
    on_both(|lender| {
        policy(lender, 1, 1);
        let loan = collected_loan(lender);
        lender.advance(date(2023, 5, 25));
        let first = last_collection(lender, loan);
        tell(lender, first.id, Told::Failed, "insufficient_funds");
        lender.advance(date(2023, 6, 16));
        let next = last_collection(lender, loan);
        let refused = retry(lender, &first);
        let words = format!(
            "Collections of {} are under way: they leave 0.00 of what is overdue to be tried again, less than {}.",
            next.amount, first.amount
        );
        assert!(
            matches!(&refused, Err(LendingError::Conflict(why)) if *why == words),
            "{refused:?}"
        );
        assert_eq!(collections(lender, loan)[0].status, TransactionStatus::Failed);
        tell(lender, next.id, Told::Failed, "insufficient_funds");
        let again = retry(lender, &first).unwrap();
        assert_eq!(again.status, TransactionStatus::Pending, "nothing is under way any more");
        // The other one asks for this one too; once this one has failed it can be tried again itself.
        assert!(matches!(retry(lender, &next), Err(LendingError::Conflict(_))));
        lender.assert_proven();
    });
}

#[test]
fn a_repayment_is_announced_when_the_provider_knows_it() {
    on_both(|lender| {
        let created = || {
            let events = lender.events("repayment_created");
            let data = events.iter().map(|it| {
                [&it["provider_transaction_id"], &it["processing_date"], &it["status"]]
                    .map(|value| value.as_str().unwrap_or("none").to_owned())
            });
            data.collect::<Vec<_>>()
        };
        let expected = |charged_on: &str| ["PM1", charged_on, "pending"].map(str::to_owned);
        policy(lender, 2, 1);
        let loan = collected_loan(lender);
        lender.advance(date(2023, 5, 18));
        assert!(created().is_empty(), "nobody but us knows of it");
        let asked = last_collection(lender, loan);
        tell(lender, asked.id, Told::Noted, "");
        tell(lender, asked.id, Told::Submitted, "");
        assert_eq!(created(), [expected("2023-05-24")]);
        lender.advance(date(2023, 5, 25));
        tell(lender, asked.id, Told::Failed, "insufficient_funds");
        // The provider keeps its id for the next attempt.
        lender.advance(date(2023, 5, 26));
        assert_eq!(created(), [expected("2023-05-24"), expected("2023-06-01")]);
        tell(lender, asked.id, Told::PaidOut, "");
        assert_eq!(created().len(), 2);
        // Its first news may be its last.
        lender.advance(date(2023, 6, 23));
        tell(lender, last_collection(lender, loan).id, Told::PaidOut, "");
        assert_eq!(created()[2], expected("2023-06-23"));
        assert_eq!(lender.events("repayment_result").len(), 3);
    });
}

#[test]
fn a_repayment_that_the_partner_asks_for_is_collected() {
    on_both(|lender| {
        let loan = collected_loan(lender);
        lender.advance(date(2023, 4, 25));
        let asked = lender.create(loan, TransactionType::Repayment, "500").unwrap();
        assert_eq!(asked.processing_on, Some(date(2023, 4, 28)));
        assert!(asked.payment.is_some() && !asked.is_automatic);
        let cash = lender.account(1000);
        lender.advance(date(2023, 4, 28));
        tell(lender, asked.id, Told::Confirmed, "");
        assert_eq!((lender.account(1000), lender.account(1020)), (cash, 50_000));
        tell(lender, asked.id, Told::PaidOut, "");
        assert_eq!((lender.account(1000), lender.account(1020)), (cash + 50_000, 0));
        let failed = lender.create(loan, TransactionType::Repayment, "700").unwrap();
        tell(lender, failed.id, Told::Failed, "bank_account_closed");
        assert_told(lender, loan);
        let again = lender.lending.retry_transaction(&lender.caller, failed.id);
        let again = lender.runtime.block_on(again).unwrap();
        assert_eq!(again.status, TransactionStatus::Pending);
        assert_eq!(payment(lender, failed.id).attempt, 2);
        tell(lender, failed.id, Told::PaidOut, "");
        assert_told(lender, loan);
    });
}

#[test]
fn what_the_rail_presents_again_by_itself_counts_when_it_has_moved() {
    on_both(|lender| {
        let loan = collected_loan(lender);
        lender.advance(date(2023, 5, 24));
        let asked = last_collection(lender, loan);
        tell(lender, asked.id, Told::Confirmed, "");
        lender.advance(date(2023, 5, 25));
        tell(lender, asked.id, Told::Failed, "R01");
        assert_eq!(last_collection(lender, loan).status, TransactionStatus::Failed);
        tell(lender, asked.id, Told::Submitted, "");
        lender.advance(date(2023, 5, 31));
        tell(lender, asked.id, Told::Confirmed, "");
        assert_eq!(last_collection(lender, loan).status, TransactionStatus::Applied);
        assert_eq!(lender.loan(loan).status, LoanStatus::Active);
        assert_told(lender, loan);
        // The same of a repayment that the partner asked for.
        let partners = lender.create(loan, TransactionType::Repayment, "100").unwrap();
        tell(lender, partners.id, Told::Failed, "R09");
        assert_told(lender, loan);
        tell(lender, partners.id, Told::PaidOut, "");
        assert_told(lender, loan);
    });
}

#[test]
fn an_instrument_that_is_gone_is_not_asked() {
    on_both(|lender| {
        let loan = lender.disbursed(EQUAL_INSTALMENTS);
        let refused = set(lender, loan, "gone");
        assert!(
            matches!(&refused, Err(LendingError::Conflict(why)) if why == "The mandate is cancelled."),
            "{refused:?}"
        );
        let ach = Some(Instrument { rail: RailKind::Ach, reference: "12".to_owned() });
        let refused = lender.lending.set_instrument(&lender.caller, loan, ach);
        assert!(matches!(lender.runtime.block_on(refused), Err(LendingError::Conflict(_))));
        lender.advance(date(2023, 5, 25));
        assert_eq!(collections(lender, loan), []);
        assert_eq!(lender.loan(loan).status, LoanStatus::Late);
    });
}

#[test]
fn payouts_go_to_the_provider_where_the_tenant_wants_that() {
    on_both(|lender| {
        let policy = CollectionSettings { payouts: Payouts::Provider, ..Default::default() };
        let saved = lender.lending.set_collection_settings(&lender.caller, policy);
        lender.runtime.block_on(saved).unwrap();
        let pay = |first_name: &str| {
            let loan = lender.open(lender.application(EQUAL_PRINCIPAL, first_name)).unwrap().id;
            (loan, lender.create(loan, TransactionType::Disbursement, "12000").unwrap())
        };
        let (good, paid) = pay("John");
        let (bad, refused) = pay("Closed");
        assert_eq!(paid.status, TransactionStatus::Pending);
        lender.settle_transfers();
        let status = |loan| lender.transactions(loan).remove(0).status;
        assert_eq!(status(good), TransactionStatus::Applied);
        assert_eq!(lender.loan(good).status, LoanStatus::Active);
        assert_eq!(lender.account(1000), -1_200_000);
        assert_eq!(status(bad), TransactionStatus::Failed);
        let inactive = lender.loan(bad);
        assert_eq!(
            (inactive.status, inactive.available_minor()),
            (LoanStatus::Inactive, 1_200_000)
        );
        let again = lender.lending.retry_transaction(&lender.caller, refused.id);
        assert_eq!(lender.runtime.block_on(again).unwrap().status, TransactionStatus::Pending);
        assert_eq!(lender.loan(bad).available_minor(), 0);
        lender.settle_transfers();
        assert_eq!(lender.loan(bad).available_minor(), 1_200_000);
        lender.assert_proven();
    });
}

#[test]
fn settings_out_of_range_are_refused_field_by_field() {
    on_both(|lender| {
        let wrong = CollectionSettings { attempts: 0, retry_days: 31, payouts: Payouts::Manual };
        let refused = lender.lending.set_collection_settings(&lender.caller, wrong);
        let Err(LendingError::Invalid(faults)) = lender.runtime.block_on(refused) else {
            panic!("it must be refused");
        };
        let fields: Vec<_> = faults.iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["attempts", "retry_days"]);
    });
}
