//! A bank that tells things late, twice and in any order, a market that moves, and savers who spend meanwhile: the books
//! prove after every step.

use florin_payments::Told;
use florin_savings::SavingsError;
use florin_savings::transaction::{TransactionKind, TransactionStatus};
use florin_tenancy::Collections;
use jiff::ToSpan;
use jiff::civil::date;

use crate::partner::{Partner, on_both};

/// Numbers that look drawn and are always the same (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).expect("small")).expect("small")
    }
}

/// One step of the story: a day, a withdrawal, or a few news of a payment.
fn step(partner: &Partner, fund: florin_ids::FundId, dice: &mut Dice, seconds: &mut i64) {
    const NEWS: [Told; 6] = [
        Told::Submitted,
        Told::Confirmed,
        Told::PaidOut,
        Told::Failed,
        Told::ChargedBack,
        Told::ChargebackCancelled,
    ];
    match dice.below(8) {
        0 => {
            let settled = partner.balances(fund).0;
            let amount = 1 + i64::try_from(dice.below(20_000)).expect("small");
            match partner.withdraw(fund, amount, "college", None) {
                Ok(_) => assert_eq!(partner.balances(fund).0, settled - amount),
                Err(SavingsError::Impossible(_)) => assert!(amount > settled),
                Err(error) => panic!("{error:?}"),
            }
        }
        1 | 2 => {
            let found = partner.runtime.block_on(partner.savings.performance(
                &partner.caller,
                fund,
                florin_savings::performance::Span::default(),
            ));
            let today = found.expect("a performance").to;
            partner.advance(today + i64::try_from(1 + dice.below(9)).expect("small").days());
        }
        _ => {
            let all = partner.transactions(fund);
            if all.is_empty() {
                return;
            }
            let transaction = &all[dice.below(all.len())];
            for _ in 0..=dice.below(3) {
                *seconds += 1;
                partner.tell(transaction, NEWS[dice.below(NEWS.len())], "R10", *seconds);
            }
        }
    }
}

/// What the settled payments come to when the market stands still.
fn paid(partner: &Partner, fund: florin_ids::FundId) -> i64 {
    let sign = |kind| if kind == TransactionKind::Withdrawal { -1 } else { 1 };
    let counts = |kind, status| match kind {
        TransactionKind::Withdrawal => {
            matches!(status, TransactionStatus::Pending | TransactionStatus::Settled)
        }
        _ => status == TransactionStatus::Settled,
    };
    let all = partner.transactions(fund);
    let counted = all.iter().filter(|it| counts(it.kind, it.status));
    counted.map(|it| sign(it.kind) * it.amount_minor).sum()
}

#[test]
fn whatever_a_bank_tells_the_books_prove() {
    on_both(Collections::Simulated, |partner| {
        partner.let_prices_move();
        partner.pull_from("17").expect("set");
        let mut dice = Dice(0x5eed);
        let mut seconds = 0;
        let funds: Vec<_> = (0..3)
            .map(|number| {
                let fund = partner.fund_of(&format!("90193950{number}"), "John");
                partner.contribute(fund, 1 + number);
                fund
            })
            .collect();
        partner.advance(date(2022, 12, 5));
        for turn in 0..400 {
            step(partner, funds[dice.below(funds.len())], &mut dice, &mut seconds);
            if turn % 10 == 0 {
                partner.prove();
            }
        }
        partner.prove();
        // The story had everything in it.
        for kind in ["PaymentSettled", "WithdrawalPaid", "WithdrawalFailed"] {
            assert!(partner.events(kind).len() > 5, "{kind}");
        }
        let all: Vec<_> = funds.iter().flat_map(|fund| partner.transactions(*fund)).collect();
        assert!(all.iter().any(|it| it.status == TransactionStatus::Returned));
    });
}

#[test]
fn in_a_flat_market_a_balance_is_what_was_paid() {
    on_both(Collections::Simulated, |partner| {
        partner.pull_from("17").expect("set");
        let fund = partner.fund();
        partner.contribute(fund, 14);
        partner.advance(date(2022, 11, 20));
        let (mut dice, mut seconds) = (Dice(7), 0);
        for _ in 0..200 {
            step(partner, fund, &mut dice, &mut seconds);
            assert_eq!(partner.balances(fund).0, paid(partner, fund));
        }
        partner.prove();
    });
}
