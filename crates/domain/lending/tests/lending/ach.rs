//! Loans in dollars over the ACH network: paid out to and collected from a verified external account, through files that
//! the simulated receiving bank answers.

use std::sync::Arc;

use crate::support::{Lender, decimal, sets};
use florin_ach_origination::{Accounts, Ach, AchRail};
use florin_calendar::{Calendar, FixedClock};
use florin_crypto::KeyRing;
use florin_external_accounts::account::AccountBook;
use florin_external_accounts::verified::{VerifiedAccount, create_verified_in};
use florin_external_accounts::{AccountKind, ExternalAccounts};
use florin_ids::{EndUserId, LoanId};
use florin_lending::product::{InterestCalculation, ProductFields, ProductType};
use florin_lending::{
    CollectionSettings, Given, LendingError, Loan, LoanPayments, LoanStatus, Payouts, Transaction,
    TransactionStatus, TransactionType,
};
use florin_money::Currency;
use florin_payments::{Owner, Owners, RailKind, Rails};
use florin_storage::testing::{TestDb, databases};
use florin_tenancy::Collections;
use jiff::civil::date;

pub struct Bank {
    pub lender: Lender,
    pub ach: Ach,
    accounts: ExternalAccounts,
}

pub fn on_both(test: impl Fn(&Bank)) {
    for TestDb { db, .. } in &databases(&sets()) {
        let keys = Arc::new(KeyRing::generate());
        let book: Arc<dyn Accounts> = Arc::new(AccountBook::new(Arc::clone(&keys)));
        let rails =
            Rails::new(vec![Arc::new(AchRail::new(Arc::clone(&keys), Arc::clone(&book), true))]);
        let owners =
            Owners::new(vec![Arc::new(LoanPayments::new(rails.clone())) as Arc<dyn Owner>]);
        let clock = Arc::new(FixedClock::new(crate::support::NOW.parse().unwrap()));
        let ach = Ach::new(db.clone(), Arc::clone(&keys), book, owners, clock);
        let accounts = ExternalAccounts::new(db.clone(), Arc::clone(&keys))
            .with_rails(rails.clone())
            .in_sandbox();
        let dollars = Currency::from_code("USD").unwrap();
        let lender = Lender::assembled(
            db,
            (date(2026, 1, 5), dollars),
            Collections::Manual,
            (&rails, keys),
            ach.day_steps(),
        );
        let policy = CollectionSettings { payouts: Payouts::Provider, ..Default::default() };
        let saved = lender.lending.set_collection_settings(&lender.caller, policy);
        lender.runtime.block_on(saved).unwrap();
        test(&Bank { lender, ach, accounts });
    }
}

impl Bank {
    /// A loan of 1,200.00 over three months at 12 %.
    pub fn loan(&self) -> Loan {
        let product = ProductFields {
            kind: Given::Value(ProductType::EqualInstalmentsTermLoan),
            name: Given::Value("Dollars".to_owned()),
            max_loan_amount: Given::Value(decimal("1200")),
            max_interest_rate: Given::Value(decimal("12")),
            installments: Given::Value(3),
            interest_calculation: Given::Value(InterestCalculation::EqualInstalments),
            repayment_date_period: Given::Value(10),
            calendar: Given::Value(Calendar::UsFed),
            ..ProductFields::default()
        };
        self.lender.open(self.lender.application_for(product, "Ada")).unwrap()
    }

    pub fn account(&self, end_user: EndUserId, number: &str) -> i64 {
        let new = VerifiedAccount {
            end_user: Some(end_user),
            customer: None,
            first_name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            routing_number: "021000021".to_owned(),
            account_number: number.to_owned(),
            kind: AccountKind::Checking,
            bank_name: None,
        };
        let (accounts, caller) = (self.accounts.clone(), self.lender.caller.clone());
        let made = self
            .lender
            .db()
            .write_blocking(move |tx| create_verified_in(tx, &accounts, &caller, &new));
        made.unwrap().id.number()
    }

    pub fn over(&self, loan: LoanId, account: i64) -> Result<Loan, LendingError> {
        let set = self.lender.lending.set_external_account(&self.lender.caller, loan, account);
        self.lender.runtime.block_on(set)
    }

    pub fn pay_out(&self, loan: LoanId) -> Transaction {
        self.lender.create(loan, TransactionType::Disbursement, "1200").unwrap()
    }

    pub fn repayments(&self, loan: LoanId) -> Vec<Transaction> {
        let all = self.lender.transactions(loan).into_iter();
        all.filter(|it| it.kind == TransactionType::Repayment && it.amount.minor() != 0).collect()
    }

    pub fn assert_told(&self, loan: LoanId) {
        let lender = &self.lender;
        let retelling = lender.runtime.block_on(lender.lending.retold(&lender.caller, loan));
        let retelling = retelling.unwrap();
        assert_eq!(retelling.booked, retelling.told);
        lender.assert_proven();
    }
}

#[test]
fn a_loan_is_paid_out_and_collected_over_a_verified_account() {
    on_both(|bank| {
        let lender = &bank.lender;
        let loan = bank.loan();
        let account = bank.account(loan.end_user, "123456789");
        let loan = bank.over(loan.id, account).unwrap().id;
        let paid = bank.pay_out(loan);
        assert_eq!(paid.status, TransactionStatus::Pending);
        lender.advance(date(2026, 1, 7));
        assert_eq!(lender.loan(loan).status, LoanStatus::Active);
        assert_eq!(lender.account(1000), -120_000);
        // 10 February 2026 is a Tuesday: asked for on the Friday before, in Monday's file.
        lender.advance(date(2026, 2, 6));
        let asked = bank.repayments(loan);
        assert_eq!((asked.len(), asked[0].status), (1, TransactionStatus::Pending));
        assert_eq!(asked[0].processing_on, Some(date(2026, 2, 10)));
        lender.advance(date(2026, 2, 10));
        let collected = &bank.repayments(loan)[0];
        assert_eq!(collected.status, TransactionStatus::Applied);
        assert_eq!(collected.effective_on, date(2026, 2, 10));
        assert_eq!(lender.account(1020), collected.amount.minor());
        lender.advance(date(2026, 2, 12));
        assert_eq!(lender.account(1020), 0, "final after two banking days");
        bank.assert_told(loan);
        lender.advance(date(2026, 4, 20));
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        assert_eq!(lender.account(1000), -lender.account(4000), "principal out and in again");
        lender.assert_proven();
    });
}

#[test]
fn a_return_is_presented_again_and_a_closed_account_makes_late() {
    on_both(|bank| {
        let lender = &bank.lender;
        let (poor, gone) = (bank.loan(), bank.loan());
        // No money the first time; a payout settles, and a debit finds the account closed.
        let (pays_later, closed) =
            (bank.account(poor.end_user, "99001011"), bank.account(gone.end_user, "990010200"));
        let poor = bank.over(poor.id, pays_later).unwrap().id;
        bank.pay_out(poor);
        let refused = bank.pay_out(bank.over(gone.id, closed).unwrap().id);
        lender.advance(date(2026, 1, 9));
        let back = lender.transactions(gone.id).remove(0);
        assert_eq!((back.id, back.status), (refused.id, TransactionStatus::Reverted));
        let unpaid = lender.loan(gone.id);
        assert_eq!((unpaid.status, unpaid.available_minor()), (LoanStatus::Inactive, 120_000));
        assert_eq!(lender.account(1000), -120_000, "of the other loan");
        // R02 stops the account: nothing more is asked of it.
        let again = bank.over(gone.id, closed);
        assert!(matches!(again, Err(LendingError::Invalid(_))), "{again:?}");
        lender.advance(date(2026, 2, 12));
        let first = bank.repayments(poor).remove(0);
        assert_eq!(
            (first.status, first.failure_reason.as_str()),
            (TransactionStatus::Failed, "R01")
        );
        assert_eq!(lender.loan(poor).status, LoanStatus::Late);
        bank.assert_told(poor);
        lender.advance(date(2026, 2, 20));
        let presented = bank.repayments(poor).remove(0);
        assert_eq!((presented.id, presented.status), (first.id, TransactionStatus::Applied));
        assert_eq!(lender.loan(poor).status, LoanStatus::Active);
        bank.assert_told(poor);
    });
}

#[test]
fn accounts_of_others_and_loans_in_pounds_are_refused() {
    on_both(|bank| {
        let (mine, other) = (bank.loan(), bank.loan());
        let others = bank.account(other.end_user, "123456789");
        let refused = bank.over(mine.id, others);
        assert!(
            matches!(&refused, Err(LendingError::Invalid(faults)) if faults[0].field == "external_account"),
            "{refused:?}"
        );
        assert!(matches!(bank.over(mine.id, 999), Err(LendingError::Invalid(_))));
        // A borrower with an account: the next loan takes it.
        assert_eq!(mine.instrument, None);
        let pounds = ProductFields {
            currency: Given::Value(Currency::GBP),
            kind: Given::Value(ProductType::EqualInstalmentsTermLoan),
            name: Given::Value("Pounds".to_owned()),
            max_loan_amount: Given::Value(decimal("1200")),
            max_interest_rate: Given::Value(decimal("12")),
            installments: Given::Value(3),
            interest_calculation: Given::Value(InterestCalculation::EqualInstalments),
            ..ProductFields::default()
        };
        let pounds = bank.lender.open(bank.lender.application_for(pounds, "Ada")).unwrap();
        let mine = bank.account(pounds.end_user, "55555");
        assert!(matches!(bank.over(pounds.id, mine), Err(LendingError::Invalid(_))));
        assert_eq!(bank.lender.loan(other.id).instrument.map(|it| it.rail), None::<RailKind>);
    });
}
