//! A rail for tests, and the news of its payments.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use florin_calendar::Calendar;
use florin_ids::{TenantId, TransactionId};
use florin_payments::{
    Direction, Instrument, Moment, Payment, PaymentsError, Rail, RailKind, Rails, Told, Update,
};
use florin_storage::Tx;

use super::Lender;

/// A rail whose news is told by the test; the instrument `gone` can't be used.
pub struct TestRail(pub RailKind);

/// A rail that collects and one that pays out.
pub fn rails() -> Rails {
    let kinds = [RailKind::DirectDebit, RailKind::Transfer];
    Rails::new(kinds.map(|kind| Arc::new(TestRail(kind)) as Arc<dyn Rail>).into())
}

impl Rail for TestRail {
    fn kind(&self) -> RailKind {
        self.0
    }

    fn horizon(&self, _direction: Direction, today: Date) -> Date {
        Calendar::GbEng.add_business_days(today, 5)
    }

    fn check_usable_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        instrument: &Instrument,
        _direction: Direction,
    ) -> Result<(), PaymentsError> {
        match instrument.reference.as_str() {
            "gone" => Err(PaymentsError::Unusable("The mandate is cancelled.".to_owned())),
            _ => Ok(()),
        }
    }

    fn start_many_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        moment: Moment,
        payments: &mut [Payment],
    ) -> Result<(), PaymentsError> {
        for payment in payments {
            let soonest = Calendar::GbEng.add_business_days(moment.on, 3);
            let wanted = Calendar::GbEng.on_or_after(payment.wanted_on);
            payment.charge_on = Some(wanted.max(soonest));
        }
        Ok(())
    }

    fn cancel_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        _moment: Moment,
        _payment: &Payment,
    ) -> Result<bool, PaymentsError> {
        Ok(true)
    }
}

/// A mandate.
pub fn over(reference: &str) -> Option<Instrument> {
    Some(Instrument { rail: RailKind::DirectDebit, reference: reference.to_owned() })
}

/// The provider tells of the last payment of a transaction, after whatever it told before.
pub fn tell(lender: &Lender, transaction: TransactionId, told: Told, reason: &str) {
    tell_of(lender, &payment(lender, transaction), told, reason);
}

/// The provider tells of a payment, after whatever it told before.
pub fn tell_of(lender: &Lender, payment: &Payment, told: Told, reason: &str) {
    let (tenant, now) = (lender.tenant(), lender.caller.now);
    let update = Update {
        payment: payment.id,
        told,
        told_at: payment.told_at.unwrap_or(Timestamp::UNIX_EPOCH) + 1.second(),
        reason: reason.to_owned(),
        charge_on: None,
        reference: Some("PM1".to_owned()),
    };
    let owners = lender.owners();
    let tell = lender.db().write_blocking(move |tx| {
        let moment = florin_payments::moment_in(tx, tenant, now)?;
        florin_payments::tell_in(tx, &owners, tenant, moment, update.clone())
    });
    tell.expect("it is taken in");
}

fn payment_in(tx: &mut Tx, tenant: TenantId, transaction: TransactionId) -> Payment {
    let payments =
        florin_payments::of_owners_in(tx, tenant, vec![transaction.uuid()]).expect("it works");
    payments.last().expect("a payment").clone()
}

/// The payment of a transaction.
pub fn payment(lender: &Lender, transaction: TransactionId) -> Payment {
    let tenant = lender.tenant();
    lender
        .db()
        .read_blocking(move |tx| Ok::<_, PaymentsError>(payment_in(tx, tenant, transaction)))
        .expect("it works")
}
