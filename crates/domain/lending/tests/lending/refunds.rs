//! What borrowers have paid too much is given back, never more than that, and owed to them until it has arrived. Every
//! amount is worked out by hand.

use jiff::civil::date;

use crate::support::rail::{over, payment, rails, tell};
use crate::support::{EQUAL_INSTALMENTS, Lender, Terms, decimal, on_both_rails, request};
use florin_ids::LoanId;
use florin_lending::loan::CloseSubstatus;
use florin_lending::{
    LendingError, LoanStatus, NewRefund, Payouts, Transaction, TransactionStatus, TransactionType,
};
use florin_payments::{Direction, PaymentState, Purpose, RailKind, Told};
use florin_storage::ListQuery;
use florin_tenancy::Collections;

/// 12,000 for a month, due on 24 May 2023: 33 nights after the disbursement, 130.19 of interest.
const ONE_INSTALMENT: Terms = Terms { installments: Some(1), ..EQUAL_INSTALMENTS };
/// 34 nights.
const OWED_ON_THE_25TH: i64 = 1_213_414;

fn on_both(test: impl Fn(&Lender)) {
    on_both_rails(date(2023, 4, 21), Collections::Manual, &rails(), test);
}

/// A loan whose collection and whose payoff by another way have both arrived: the payoff was too much, all of it.
fn paid_twice(lender: &Lender) -> LoanId {
    let loan = lender.disbursed(ONE_INSTALMENT);
    let set = lender.lending.set_instrument(&lender.caller, loan, over("mandate"));
    lender.runtime.block_on(set).unwrap();
    lender.advance(date(2023, 5, 25));
    let mut repaid = request(loan, TransactionType::Repayment, "12134.14");
    repaid.effective_on = Some(lender.today());
    lender.submit(repaid).unwrap();
    lender.advance(date(2023, 5, 30));
    tell(lender, collection(lender, loan).id, Told::PaidOut, "");
    assert_eq!(lender.owed_to_borrower(loan), (OWED_ON_THE_25TH, 0));
    loan
}

fn collection(lender: &Lender, loan: LoanId) -> Transaction {
    let mut all = lender.transactions(loan).into_iter();
    all.rfind(|it| it.is_automatic && it.payment.is_some()).expect("a collection")
}

fn status(lender: &Lender, refund: &Transaction) -> TransactionStatus {
    let found = lender.lending.get_refund(&lender.caller, refund.id);
    lender.runtime.block_on(found).unwrap().status
}

fn conflict(answer: Result<Transaction, LendingError>) -> String {
    match answer {
        Err(LendingError::Conflict(why)) => why,
        other => panic!("it must be refused: {other:?}"),
    }
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

fn told(lender: &Lender) -> Vec<String> {
    let events = lender.events("refund_result");
    events.iter().map(|it| format!("{} {}", it["status"], it["amount"])).collect()
}

fn list(lender: &Lender) -> Vec<(LoanId, String, String)> {
    let query = ListQuery { filters: vec![], order: vec![], limit: 10, offset: 0 };
    let page = lender.lending.list_owed_to_borrowers(&lender.caller, query);
    let items = lender.runtime.block_on(page).unwrap().items;
    let row = |it: &florin_lending::refund::OwedToBorrower| {
        (it.loan, it.amount.to_string(), it.being_refunded.to_string())
    };
    items.iter().map(row).collect()
}

#[test]
fn the_partner_gives_back_what_was_too_much_and_tells() {
    on_both(|lender| {
        let loan = paid_twice(lender);
        assert_eq!(list(lender), [(loan, "12134.14".to_owned(), "0.00".to_owned())]);
        let most =
            "Ensure this value is less than or equal to 12134.14, which is what can be given back.";
        let refused = lender.refund(loan, Some("12134.15")).unwrap_err();
        assert!(
            matches!(&refused, LendingError::Invalid(faults) if faults[0].message == most),
            "{refused:?}"
        );
        let first = lender.refund(loan, Some("2134.14")).unwrap();
        assert_eq!((first.status, first.payment), (TransactionStatus::Pending, None));
        let rest = lender.refund(loan, None).unwrap();
        assert_eq!(rest.amount.to_string(), "10000.00");
        assert_eq!(list(lender), [(loan, "12134.14".to_owned(), "12134.14".to_owned())]);
        let nothing = "Nothing is owed to the borrower.";
        assert_eq!(conflict(lender.refund(loan, None)), nothing);
        lender.runtime.block_on(lender.lending.apply_refund(&lender.caller, first.id)).unwrap();
        // By the way of all transactions too.
        lender.apply(rest.id).unwrap();
        assert_eq!(list(lender), []);
        assert_eq!(books(lender), [13_019, 0, 13_019]);
        assert_eq!(lender.loan(loan).close_substatus, Some(CloseSubstatus::PaidInFull));
        assert_eq!(told(lender), [r#""applied" "2134.14""#, r#""applied" "10000.00""#]);
        assert_eq!(conflict(lender.refund(loan, None)), nothing);
    });
}

#[test]
fn a_refund_happens_once_under_its_key_and_can_be_called_off() {
    on_both(|lender| {
        let loan = paid_twice(lender);
        let ask = |amount: &str| {
            let new = NewRefund {
                loan,
                amount: Some(decimal(amount)),
                external_account: None,
                unique_key: Some("back-1".to_owned()),
            };
            lender.runtime.block_on(lender.lending.create_refund(&lender.caller, new))
        };
        let first = ask("100").unwrap();
        assert_eq!(ask("100").unwrap().id, first.id);
        let used = "The unique_key was used before with another request.";
        assert_eq!(conflict(ask("101")), used);
        assert_eq!(lender.owed_to_borrower(loan), (OWED_ON_THE_25TH, 10_000));
        let cancel = || {
            let cancelled = lender.lending.cancel_refund(&lender.caller, first.id);
            lender.runtime.block_on(cancelled)
        };
        assert_eq!(cancel().unwrap().status, TransactionStatus::Cancelled);
        assert_eq!(lender.owed_to_borrower(loan), (OWED_ON_THE_25TH, 0));
        let over = "The transaction is cancelled: only a pending transaction can be cancelled.";
        assert_eq!(conflict(cancel()), over);
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        let repayment = lender.transactions(loan).remove(1).id;
        let other = lender.lending.get_refund(&lender.caller, repayment);
        assert!(matches!(lender.runtime.block_on(other), Err(LendingError::NotFound("refund"))));
    });
}

#[test]
fn a_provider_gives_back_and_what_fails_is_owed_as_before() {
    on_both(|lender| {
        let loan = paid_twice(lender);
        lender.pay_out_by(Payouts::Provider);
        let first = lender.refund(loan, None).unwrap();
        let asked = payment(lender, first.id);
        assert_eq!(
            (asked.instrument.rail, asked.direction, asked.purpose),
            (RailKind::Transfer, Direction::Pay, Purpose::Refund)
        );
        tell(lender, first.id, Told::Submitted, "");
        let cancel = lender.lending.cancel_refund(&lender.caller, first.id);
        let late = "The refund is with the bank: it can't be cancelled any more.";
        assert_eq!(conflict(lender.runtime.block_on(cancel)), late);
        tell(lender, first.id, Told::Failed, "account_closed");
        assert_eq!(status(lender, &first), TransactionStatus::Failed);
        assert_eq!(lender.owed_to_borrower(loan), (OWED_ON_THE_25TH, 0));
        let again = lender.refund(loan, None).unwrap();
        tell(lender, again.id, Told::PaidOut, "");
        assert_eq!(books(lender), [13_019, 0, 13_019]);
        // It has come back, and then reached the borrower after all.
        tell(lender, again.id, Told::Failed, "R03");
        assert_eq!(books(lender), [13_019, OWED_ON_THE_25TH, 13_019 + OWED_ON_THE_25TH]);
        tell(lender, again.id, Told::Confirmed, "");
        assert_eq!(books(lender), [13_019, 0, 13_019]);
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        let statuses = [r#""failed""#, r#""applied""#, r#""failed""#, r#""applied""#];
        assert_eq!(told(lender), statuses.map(|it| format!(r#"{it} "12134.14""#)));
    });
}

#[test]
fn a_refund_that_has_not_gone_out_is_called_off_when_the_money_comes_back() {
    on_both(|lender| {
        let loan = paid_twice(lender);
        let by_hand = lender.refund(loan, Some("1000")).unwrap();
        lender.pay_out_by(Payouts::Provider);
        let by_provider = lender.refund(loan, None).unwrap();
        // The transfer of the 25th pays the loan: nothing of it is too much.
        tell(lender, collection(lender, loan).id, Told::ChargedBack, "refund_requested");
        for refund in [&by_hand, &by_provider] {
            assert_eq!(status(lender, refund), TransactionStatus::Cancelled);
        }
        assert_eq!(payment(lender, by_provider.id).state, PaymentState::Cancelled);
        assert_eq!((owed(lender, loan), books(lender)), (0, [13_414, 0, 13_414]));
        assert_eq!(
            conflict(lender.apply(by_hand.id)),
            "The transaction is cancelled: only a pending transaction can be applied."
        );
    });
}

#[test]
fn what_was_given_back_and_is_not_owed_any_more_is_owed_by_the_borrower_at_once() {
    on_both(|lender| {
        let loan = paid_twice(lender);
        lender.pay_out_by(Payouts::Provider);
        let collected = collection(lender, loan);
        let refund = lender.refund(loan, None).unwrap();
        tell(lender, refund.id, Told::Submitted, "");
        lender.advance(date(2023, 6, 5));
        tell(lender, collected.id, Told::ChargedBack, "refund_requested");
        // Six nights since 30 May: 27.88 with that to 25 May, of which 3.95 are paid.
        assert_eq!(owed(lender, loan), OWED_ON_THE_25TH + 2_393);
        assert_eq!(lender.loan(loan).unpaid_since, Some(date(2023, 5, 30)));
        assert_told(lender, loan);
        tell(lender, refund.id, Told::PaidOut, "");
        assert_eq!(books(lender), [13_414 + 2_393, 0, 13_414 - OWED_ON_THE_25TH]);
        lender.advance(date(2023, 6, 6));
        assert_eq!(lender.loan(loan).status, LoanStatus::Late);
        // The refund has come back: the loan was paid on 25 May, and nothing is owed by anybody.
        tell(lender, refund.id, Told::Failed, "R03");
        assert_eq!((owed(lender, loan), books(lender)), (0, [13_414, 0, 13_414]));
        assert_eq!(lender.loan(loan).close_substatus, Some(CloseSubstatus::PaidInFull));
        // The charge-back is won: it is owed to the borrower again.
        tell(lender, collected.id, Told::ChargebackCancelled, "");
        assert_eq!(lender.owed_to_borrower(loan), (OWED_ON_THE_25TH, 0));
    });
}

#[test]
fn money_that_a_payoff_under_way_may_still_need_is_not_given_back() {
    on_both(|lender| {
        let loan = lender.disbursed(EQUAL_INSTALMENTS);
        let set = lender.lending.set_instrument(&lender.caller, loan, over("mandate"));
        lender.runtime.block_on(set).unwrap();
        lender.advance(date(2023, 5, 19));
        let automatic = collection(lender, loan);
        tell(lender, automatic.id, Told::Submitted, "");
        let payoff = lender.create(loan, TransactionType::Repayment, "12110.47").unwrap();
        lender.advance(date(2023, 5, 24));
        tell(lender, automatic.id, Told::PaidOut, "");
        assert_eq!(
            conflict(lender.refund(loan, None)),
            "Of the 2070.58 that is owed to the borrower nothing can be given back now: repayments of 12110.47 are \
             pending and may fail."
        );
        tell(lender, payoff.id, Told::PaidOut, "");
        let refund = lender.refund(loan, Some("2000")).unwrap();
        assert_told_or_closed(lender, loan);
        lender.apply(refund.id).unwrap();
        assert_eq!(lender.owed_to_borrower(loan), (7_058, 0));
        // The payoff has come back after all: what was given back is owed again.
        lender.advance(date(2023, 5, 25));
        tell(lender, payoff.id, Told::Failed, "refund_requested");
        assert_told(lender, loan);
        assert_eq!(lender.account(2000), 0);
        // Disbursed, a night of interest since the instalment, less what was kept of it, and the refund with its night.
        let without_refund = 1_200_000 - 194_039 + 331;
        assert_eq!(owed(lender, loan), without_refund + 200_000 + 65);
    });
}

fn assert_told_or_closed(lender: &Lender, loan: LoanId) {
    if lender.loan(loan).status.is_open() {
        assert_told(lender, loan);
    }
}

#[test]
fn collections_that_are_being_reversed_are_not_given_back() {
    on_both(|lender| {
        let loan = paid_twice(lender);
        let collected = collection(lender, loan);
        tell(lender, collected.id, Told::ReversalAsked, "");
        // 12,130.19 of 12,134.14.
        let refused = lender.refund(loan, Some("3.96")).unwrap_err();
        let most =
            "Ensure this value is less than or equal to 3.95, which is what can be given back.";
        assert!(
            matches!(&refused, LendingError::Invalid(faults) if faults[0].message == most),
            "{refused:?}"
        );
        tell(lender, collected.id, Told::ReversalEnded, "");
        lender.refund(loan, Some("3.96")).unwrap();
    });
}

#[test]
fn of_two_who_ask_at_once_one_gets_it() {
    on_both(|lender| {
        let loan = paid_twice(lender);
        let ask = || {
            let (lending, caller) = (lender.lending.clone(), lender.caller.clone());
            let new = NewRefund {
                loan,
                amount: Some(decimal("10000")),
                external_account: None,
                unique_key: None,
            };
            lender.runtime.spawn(async move { lending.create_refund(&caller, new).await })
        };
        let asked: Vec<_> = (0..4).map(|_| ask()).collect();
        let answers = asked.into_iter().map(|it| lender.runtime.block_on(it).unwrap());
        assert_eq!(answers.filter(Result::is_ok).count(), 1);
        assert_eq!(lender.owed_to_borrower(loan), (OWED_ON_THE_25TH, 1_000_000));
        lender.assert_proven();
    });
}
