//! Loans that are collected over a rail: what is asked for and when, and what each answer does to the cent.

use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::date;

use crate::support::rail::{TestRail, over, payment, tell};
use crate::support::{EQUAL_INSTALMENTS, EQUAL_PRINCIPAL, Lender, on_both_rails};
use florin_ids::LoanId;
use florin_lending::{
    CollectionSettings, LendingError, LoanStatus, Payouts, Transaction, TransactionStatus,
    TransactionType,
};
use florin_payments::transfer::SimulatedTransfers;
use florin_payments::{Instrument, PaymentState, RailKind, Rails, Told};
use florin_tenancy::Collections;

fn rails() -> Rails {
    Rails::new(vec![Arc::new(TestRail), Arc::new(SimulatedTransfers)])
}

/// A loan of 12,000 over six months, disbursed on 21 April 2023 and collected over the rail.
fn collected_loan(lender: &Lender) -> LoanId {
    let loan = lender.disbursed(EQUAL_INSTALMENTS);
    set(lender, loan, "mandate").unwrap();
    loan
}

fn set(
    lender: &Lender,
    loan: LoanId,
    reference: &str,
) -> Result<florin_lending::Loan, LendingError> {
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
        let policy = CollectionSettings { attempts: 2, retry_days: 1, payouts: Payouts::Manual };
        let saved = lender.lending.set_collection_settings(&lender.caller, policy);
        lender.runtime.block_on(saved).unwrap();
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
            let owed = lender.loan(loan).balances.owed().total().unwrap();
            let owed = lender.loan(loan).money(owed).to_string();
            let mut repaid = crate::support::request(loan, TransactionType::Repayment, &owed);
            repaid.effective_on = Some(lender.today());
            lender.submit(repaid).unwrap();
        };
        let loan = collected_loan(lender);
        pay_off(loan);
        assert!(lender.loan(loan).status.is_open(), "a collection is under way");
        lender.advance(date(2023, 10, 19));
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
