//! ACH as a rail of payments.

use std::sync::Arc;

use florin_ach::window::{CALENDAR, Slot, Window};
use florin_crypto::KeyRing;
use florin_ids::TenantId;
use florin_payments::{
    Direction, Instrument, Moment, Payment, PaymentsError, Purpose, Rail, RailKind,
};
use florin_storage::Tx;
use jiff::civil::Date;

use crate::entry::repo::{self, Wait};
use crate::entry::{Entry, EntryState};
use crate::{Accounts, AchError, origin};

/// Debits are handed over one banking day ahead; one more leaves room for a day on which nobody looks.
const HORIZON_BUSINESS_DAYS: i32 = 2;

/// The network as a rail: payments become entries that wait for the file of their window.
#[derive(Clone)]
pub struct AchRail {
    keys: Arc<KeyRing>,
    accounts: Arc<dyn Accounts>,
    is_sandbox: bool,
}

impl AchRail {
    /// The rail over these accounts. In a sandbox a tenant without an origin gets one at the simulated bank.
    pub fn new(keys: Arc<KeyRing>, accounts: Arc<dyn Accounts>, is_sandbox: bool) -> Self {
        Self { keys, accounts, is_sandbox }
    }

    fn start_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        payments: &mut [Payment],
    ) -> Result<(), AchError> {
        let origin = origin::in_use_in(tx, &self.keys, tenant, self.is_sandbox, moment.at)?;
        let origin = origin.ok_or_else(no_origin)?;
        let mut entries = Vec::with_capacity(payments.len());
        for payment in payments.iter_mut() {
            let reference = payment.instrument.reference.clone();
            let for_trial = matches!(payment.purpose, Purpose::TrialDeposit | Purpose::TrialOffset);
            let mut found = self
                .accounts
                .details_in(tx, tenant, std::slice::from_ref(&reference), for_trial)
                .map_err(AchError::Accounts)?;
            let details = match found.remove(&reference) {
                Some(Ok(details)) => details,
                Some(Err(why)) => return Err(PaymentsError::Unusable(why).into()),
                None => return Err(unknown(&reference).into()),
            };
            let entry = Entry::of_payment(payment, &origin, details, moment.at);
            payment.charge_on = Some(expected_on(&entry, moment.on));
            entries.push(entry);
        }
        repo::insert_many(tx, &self.keys, tenant, &entries)?;
        let due = entries.iter().map(|entry| (entry, entry.handed_over_on()));
        repo::wait_many(tx, tenant, Wait::File, due)?;
        Ok(())
    }

    fn cancel_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        payment: &Payment,
    ) -> Result<bool, AchError> {
        let newest = repo::of_payment(tx, &self.keys, tenant, payment.id)?.into_iter().next();
        let Some(mut entry) = newest.filter(|it| it.state == EntryState::Waiting) else {
            return Ok(false);
        };
        entry.state = EntryState::Cancelled;
        repo::stop_waiting(tx, tenant, Wait::File, vec![entry.id.uuid()])?;
        repo::update_many(tx, tenant, &[entry])?;
        Ok(true)
    }
}

impl Rail for AchRail {
    fn kind(&self) -> RailKind {
        RailKind::Ach
    }

    fn horizon(&self, _direction: Direction, today: Date) -> Date {
        CALENDAR.add_business_days(today, HORIZON_BUSINESS_DAYS)
    }

    fn check_usable_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        instrument: &Instrument,
    ) -> Result<(), PaymentsError> {
        let reference = &instrument.reference;
        let found = self
            .accounts
            .details_in(tx, tenant, std::slice::from_ref(reference), false)
            .map_err(AchError::Accounts)?
            .remove(reference);
        match found {
            Some(Ok(_)) => {}
            Some(Err(why)) => return Err(PaymentsError::Unusable(why)),
            None => return Err(unknown(reference)),
        }
        if self.is_sandbox || origin::repo::active(tx, &self.keys, tenant)?.is_some() {
            return Ok(());
        }
        Err(PaymentsError::Unusable(NO_ORIGIN.to_owned()))
    }

    fn start_many_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        payments: &mut [Payment],
    ) -> Result<(), PaymentsError> {
        Ok(self.start_in(tx, tenant, moment, payments)?)
    }

    fn cancel_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        _moment: Moment,
        payment: &Payment,
    ) -> Result<bool, PaymentsError> {
        Ok(Self::cancel_in(self, tx, tenant, payment)?)
    }
}

const NO_ORIGIN: &str = "No ACH originator is set up.";

fn no_origin() -> AchError {
    PaymentsError::Unusable(NO_ORIGIN.to_owned()).into()
}

fn unknown(reference: &str) -> PaymentsError {
    PaymentsError::Unusable(format!("There is no external account {reference}."))
}

/// When an entry that is asked for today settles, if its file goes out in time.
fn expected_on(entry: &Entry, today: Date) -> Date {
    let day = CALENDAR.on_or_after(entry.handed_over_on().max(today));
    let window = if entry.same_day { Window::Morning } else { Window::NextDay };
    Slot { day, window }.settles(Some(entry.wanted_on), entry.same_day).date()
}
