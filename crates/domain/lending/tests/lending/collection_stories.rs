//! Random lives of loans whose repayments are collected by a provider that tells late, twice, out of order, and takes
//! money back. Whatever it tells, a loan is what its story comes to, and the ledger knows where the money is.

use std::sync::Arc;

use crate::play::{Dice, World};
use crate::support::rail::{TestRail, over, tell_of};
use crate::support::{Lender, sets};
use florin_ids::LoanId;
use florin_lending::loan::Standing;
use florin_lending::{LoanStatus, TransactionStatus, TransactionType};
use florin_payments::{Payment, PaymentState, Rails, Told};
use florin_storage::testing::databases;

/// The loan's payments, oldest first.
fn payments(lender: &Lender, loan: LoanId) -> Vec<Payment> {
    let tenant = lender.tenant();
    let owners: Vec<_> = lender.transactions(loan).iter().map(|it| it.id.uuid()).collect();
    let read = lender
        .db()
        .read_blocking(move |tx| florin_payments::of_owners_in(tx, tenant, owners.clone()));
    read.expect("payments")
}

/// What the provider tells of a payment next, if anything.
fn news(dice: &mut Dice, payment: &Payment, is_charged: bool) -> Option<(Told, &'static str)> {
    let roll = dice.roll(1_000);
    match payment.state {
        PaymentState::Pending | PaymentState::Submitted if is_charged => match roll {
            0..=49 => Some((Told::Failed, "insufficient_funds")),
            50..=69 => Some((Told::Failed, "bank_account_closed")),
            70..=199 => None,
            200..=599 => Some((Told::Confirmed, "")),
            _ => Some((Told::PaidOut, "")),
        },
        PaymentState::Pending => (roll < 500).then_some((Told::Submitted, "")),
        PaymentState::Confirmed => match roll {
            0..=29 => Some((Told::Failed, "refer_to_payer")),
            30..=799 => Some((Told::PaidOut, "")),
            _ => None,
        },
        PaymentState::PaidOut => (roll < 8).then_some((Told::ChargedBack, "refund_requested")),
        // Presented again by the rail itself.
        PaymentState::Failed => (roll < 40).then_some((Told::Confirmed, "")),
        PaymentState::ChargedBack => (roll < 100).then_some((Told::ChargebackCancelled, "")),
        _ => None,
    }
}

fn tell_news(world: &mut World) {
    let today = world.lender.today();
    for index in 0..world.lives.len() {
        for payment in payments(&world.lender, world.lives[index].loan) {
            let is_charged = payment.charge_on.is_some_and(|on| on <= today);
            let Some((told, reason)) = news(&mut world.dice, &payment, is_charged) else {
                continue;
            };
            tell_of(&world.lender, &payment, told, reason);
            if world.dice.chance(10) {
                tell_of(&world.lender, &payment, told, reason);
            }
        }
        check(world, index);
    }
}

fn check(world: &World, index: usize) {
    let lender = &world.lender;
    let id = world.lives[index].loan;
    let loan = lender.loan(id);
    let waits = lender.transactions(id).iter().any(|it| it.status == TransactionStatus::Pending);
    assert!(loan.status != LoanStatus::Closed || !waits, "closed with {id} pending");
    if !loan.status.is_open() {
        return;
    }
    let retelling = lender.runtime.block_on(lender.lending.retold(&lender.caller, id));
    let retelling = retelling.expect("a story");
    let mut told = retelling.told;
    if retelling.booked.accrued.is_none() {
        told = Standing { accrued: retelling.booked.accrued, ..told };
    }
    assert_eq!(retelling.booked, told, "loan {index}");
}

/// The clearing account holds what is with the provider, and nothing else.
fn check_clearing(world: &World) {
    let mut expected = 0;
    for life in &world.lives {
        let transactions = world.lender.transactions(life.loan);
        let payments = payments(&world.lender, life.loan);
        let is_current =
            |payment: &Payment| transactions.iter().any(|it| it.payment == Some(payment.id));
        let strays = payments.iter().filter(|it| !is_current(it));
        let strays = strays.filter(|it| it.state == PaymentState::Confirmed);
        expected += strays.map(|it| it.amount.minor()).sum::<i64>();
        for it in transactions.iter().filter(|it| it.kind == TransactionType::Repayment) {
            let payment = payments.iter().find(|payment| it.payment == Some(payment.id));
            let is_at_bank = match payment {
                Some(payment) => payment.state == PaymentState::PaidOut,
                None => it.status != TransactionStatus::Pending,
            };
            if it.counts() && !is_at_bank {
                expected += it.amount.minor();
            }
        }
    }
    assert_eq!(world.lender.account(1020), expected);
    world.lender.assert_proven();
}

fn play(seed: u64, loans: usize, rounds: usize) {
    let rails = Rails::new(vec![Arc::new(TestRail)]);
    for database in &databases(&sets()) {
        let instrument = over("mandate").expect("an instrument");
        let mut world = World::over(&database.db, seed, loans, &rails, &instrument);
        for _ in 0..rounds {
            world.commands(&mut check);
            world.days(&mut crate::play::in_one_go, &mut check);
            tell_news(&mut world);
        }
        check_clearing(&world);
    }
}

#[test]
fn loans_are_what_their_stories_come_to_whatever_the_provider_tells() {
    for seed in [3, 2_026] {
        play(seed, 8, 25);
    }
}
