//! ACH as a rail of payments.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use florin_ach::window::{CALENDAR, Slot, Window};
use florin_crypto::KeyRing;
use florin_ids::TenantId;
use florin_payments::{Direction, Instrument, Moment, Payment, PaymentsError, Rail, RailKind};
use florin_storage::Tx;
use jiff::civil::Date;
use uuid::Uuid;

use crate::entry::repo::{self, Wait};
use crate::entry::{Entry, EntryState};
use crate::file::objection;
use crate::prenote::live_from;
use crate::{Accounts, AchError, Usable, Use, origin};

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
        self.forget_retries_in(tx, tenant, payments)?;
        let mut found = BTreeMap::new();
        for usage in [Use::Trial, Use::Collect, Use::Pay] {
            found.insert(usage, self.details_of_in(tx, tenant, payments, usage)?);
        }
        let live = found.iter().filter(|(usage, _)| **usage != Use::Trial);
        let names: BTreeSet<String> = live.flat_map(|(_, found)| found.keys().cloned()).collect();
        let names: Vec<String> = names.into_iter().collect();
        let prenotes = repo::prenotes_under_way(tx, &self.keys, tenant, &names)?;
        let live_from = live_from(&prenotes, moment.on);
        let mut entries = Vec::with_capacity(payments.len());
        for payment in payments.iter_mut() {
            let reference = &payment.instrument.reference;
            let usage = Use::of(payment);
            let details = match found.get(&usage).and_then(|found| found.get(reference)) {
                Some(Ok(details)) => details.clone(),
                Some(Err(why)) => return Err(PaymentsError::Unusable(why.clone()).into()),
                None => return Err(unknown(reference).into()),
            };
            let mut entry = Entry::of_payment(payment, &origin, details, moment.at);
            if let Some(from) = live_from.get(reference).filter(|_| usage != Use::Trial) {
                entry.wait_until(*from);
            }
            if let Some(why) = objection(&origin, &entry) {
                return Err(PaymentsError::Unusable(why).into());
            }
            payment.charge_on = Some(expected_on(&entry, moment.on));
            payment.same_day = entry.same_day;
            entries.push(entry);
        }
        repo::insert_many(tx, &self.keys, tenant, &entries)?;
        let due = entries.iter().map(|entry| (entry, entry.handed_over_on()));
        repo::wait_many(tx, tenant, Wait::File, due)?;
        Ok(())
    }

    /// The details of the accounts of the payments that use them so.
    fn details_of_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        payments: &[Payment],
        usage: Use,
    ) -> Result<BTreeMap<String, Usable>, AchError> {
        let asked = payments.iter().filter(|it| Use::of(it) == usage);
        let references: BTreeSet<String> =
            asked.map(|it| it.instrument.reference.clone()).collect();
        if references.is_empty() {
            return Ok(BTreeMap::new());
        }
        let references: Vec<String> = references.into_iter().collect();
        let found = self.accounts.details_in(tx, tenant, &references, usage);
        found.map_err(AchError::Accounts)
    }

    /// Whoever owns a payment tries it again: what we would have sent again by ourselves is not sent as well.
    fn forget_retries_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        payments: &[Payment],
    ) -> Result<(), AchError> {
        let tried = payments.iter().filter(|it| it.attempt > 1).map(|it| it.id.uuid());
        let tried: Vec<Uuid> = tried.collect();
        if tried.is_empty() {
            return Ok(());
        }
        let waiting = repo::waiting_of_payments(tx, &self.keys, tenant, tried)?;
        call_off_in(tx, tenant, waiting)?;
        Ok(())
    }

    fn cancel_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        payment: &Payment,
    ) -> Result<bool, AchError> {
        // A window that is being built has the origin: the entry is in its file afterwards, or was never seen.
        for origin in origin::repo::list(tx, &self.keys, tenant)? {
            origin::repo::lock(tx, &self.keys, tenant, origin.id)?;
        }
        let payments = vec![payment.id.uuid()];
        let waiting = repo::waiting_of_payments(tx, &self.keys, tenant, payments)?;
        Ok(call_off_in(tx, tenant, waiting)? > 0)
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
        direction: Direction,
    ) -> Result<(), PaymentsError> {
        let reference = &instrument.reference;
        let found = self
            .accounts
            .details_in(tx, tenant, std::slice::from_ref(reference), Use::to(direction))
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

/// Takes entries that wait for their file out of its way; answers how many.
pub(crate) fn call_off_in(
    tx: &mut Tx,
    tenant: TenantId,
    mut waiting: Vec<Entry>,
) -> Result<usize, AchError> {
    for entry in &mut waiting {
        entry.state = EntryState::Cancelled;
    }
    let ids = waiting.iter().map(|entry| entry.id.uuid()).collect();
    repo::stop_waiting(tx, tenant, Wait::File, ids)?;
    repo::update_many(tx, tenant, &waiting)?;
    Ok(waiting.len())
}

pub(crate) const NO_ORIGIN: &str = "No ACH originator is set up.";

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
