//! Bacs dates in a tenant's time. A simulated clock has days but no times of day: it stands before the cut-off.

use florin_direct_debit::bacs::{self, MandateStage};
use florin_payments::Moment;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::mandate::{Mandate, MandateStatus};

/// An hour in the United Kingdom before the cut-off.
const MORNING_HOUR: i8 = 9;

/// The day on which a payment wanted on `wanted` is charged when it is asked for now.
pub(crate) fn charge_day(
    moment: Moment,
    is_simulated: bool,
    mandate: &Mandate,
    wanted: Date,
) -> Date {
    let stage = match mandate.status {
        MandateStatus::Active => MandateStage::Active,
        MandateStatus::Submitted => {
            MandateStage::Submitted(bacs::uk_time(mandate.status_changed_at).date())
        }
        _ => MandateStage::New,
    };
    bacs::charge_day(time_of(moment, is_simulated), stage, wanted)
}

/// Whether a payment that is charged on `charge_on` is surely not yet with the bank.
pub(crate) fn is_before_submission(moment: Moment, is_simulated: bool, charge_on: Date) -> bool {
    let goes_on = bacs::last_creation_day(charge_on);
    if is_simulated { moment.on < goes_on } else { moment.at < bacs::cut_off(goes_on) }
}

fn time_of(moment: Moment, is_simulated: bool) -> Timestamp {
    if is_simulated { bacs::uk_instant(moment.on.at(MORNING_HOUR, 0, 0, 0)) } else { moment.at }
}
