//! Bacs dates in a tenant's time. A simulated clock has days but no times of day: it stands before the cut-off.

use florin_direct_debit::bacs::{self, MandateStage};
use florin_payments::Moment;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::mandate::{Mandate, MandateStatus};

/// An hour in the United Kingdom before the cut-off.
const MORNING_HOUR: i8 = 9;
/// What it may take to tell the provider that a payment was taken back.
const TIME_TO_TELL: SignedDuration = SignedDuration::from_mins(30);

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
    let goes_at = bacs::cut_off(bacs::last_creation_day(charge_on));
    let told_by = time_of(moment, is_simulated).saturating_add(TIME_TO_TELL);
    told_by.is_ok_and(|told_by| told_by < goes_at)
}

fn time_of(moment: Moment, is_simulated: bool) -> Timestamp {
    if is_simulated { bacs::uk_instant(moment.on.at(MORNING_HOUR, 0, 0, 0)) } else { moment.at }
}

#[cfg(test)]
mod tests {
    use florin_ids::{EndUserId, MandateId, ProviderAccountId};
    use florin_money::Currency;
    use jiff::civil::date;

    use super::*;

    fn mandate(status: MandateStatus) -> Mandate {
        let at: Timestamp = "2026-11-30T09:00:00Z".parse().expect("a time");
        Mandate {
            id: MandateId::new(),
            account: ProviderAccountId::new(),
            end_user: EndUserId::new(),
            reference: "MD1".to_owned(),
            customer: "CU1".to_owned(),
            status,
            is_disabled: false,
            scheme: "bacs".to_owned(),
            currency: Currency::GBP,
            bank_name: String::new(),
            account_ending: "11".to_owned(),
            statement_reference: String::new(),
            replaced_by: None,
            told_at: at,
            status_changed_at: at,
            created_at: at,
        }
    }

    fn moment(at: &str) -> Moment {
        let at: Timestamp = at.parse().expect("a time");
        Moment { on: bacs::uk_time(at).date(), at }
    }

    #[test]
    fn charge_days() {
        // A Tuesday; the 25th and 28th (for the 26th) of December are holidays.
        let (morning, evening) = (moment("2026-12-01T09:00:00Z"), moment("2026-12-01T18:00:00Z"));
        let check = |moment, simulated, status, wanted, expected| {
            let found = charge_day(moment, simulated, &mandate(status), wanted);
            assert_eq!(found, expected, "{moment:?} {simulated} {status} {wanted}");
        };
        let soon = date(2026, 12, 1);
        use MandateStatus::*;
        check(morning, false, Active, soon, date(2026, 12, 4));
        check(evening, false, Active, soon, date(2026, 12, 7));
        check(evening, true, Active, soon, date(2026, 12, 4));
        check(morning, false, PendingSubmission, soon, date(2026, 12, 7));
        check(morning, false, Submitted, soon, date(2026, 12, 4));
        check(morning, false, Active, date(2026, 12, 25), date(2026, 12, 29));
    }

    #[test]
    fn what_can_be_taken_back() {
        let check = |at: &str, simulated, expected| {
            let found = is_before_submission(moment(at), simulated, date(2026, 12, 4));
            assert_eq!(found, expected, "{at} {simulated}");
        };
        check("2026-12-01T15:00:00Z", false, true);
        check("2026-12-01T15:45:00Z", false, false);
        check("2026-12-01T23:00:00Z", true, true);
        check("2026-12-02T09:00:00Z", true, false);
    }
}
