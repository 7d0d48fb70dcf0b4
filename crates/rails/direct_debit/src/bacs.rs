//! When Bacs moves money. Pure: the present moment comes in, dates go out.
//!
//! What is asked for before 16:00 in the United Kingdom on a working day goes to the banks that day; otherwise on the next
//! working day. Counted in working days from that day of submission (day 0):
//!
//! | | day |
//! |---|---|
//! | a mandate is active, or refused | 3 |
//! | the first collection over a new mandate is charged | 4 |
//! | a collection over an active mandate is charged | 3 |
//! | a collection is confirmed, or known to have failed | charge + 1 |
//! | the money is paid out | charge + 2 |
//!
//! Working days are those of England & Wales, the calendar that Bacs settles by.

use florin_calendar::Calendar;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::{SignedDuration, Timestamp};

use crate::wire::MandateStatus;

/// Whose working days count.
pub const CALENDAR: Calendar = Calendar::GbEng;
/// The hour in the United Kingdom at which the day's submissions go to the banks.
pub const CUT_OFF_HOUR: i8 = 16;
/// Working days from the submission of a mandate to the bank's answer.
pub const MANDATE_DAYS: i32 = 3;
/// Working days from the submission of a new mandate to its first possible charge.
pub const FIRST_CHARGE_DAYS: i32 = 4;
/// Working days from the submission of a payment to its charge.
pub const CHARGE_DAYS: i32 = 3;
/// Working days from the charge to the confirmation or the news of a failure.
pub const CONFIRM_DAYS: i32 = 1;
/// Working days from the charge to the payout.
pub const PAYOUT_DAYS: i32 = 2;

/// The day on which what is asked for now goes to the banks.
pub fn submission_day(now: Timestamp) -> Date {
    let local = uk_time(now);
    if CALENDAR.is_business_day(local.date()) && local.hour() < CUT_OFF_HOUR {
        local.date()
    } else {
        CALENDAR.after(local.date())
    }
}

/// The last moment before which something has to be asked for to go to the banks on `day`: 16:00 in the United Kingdom.
pub fn cut_off(day: Date) -> Timestamp {
    uk_instant(day.at(CUT_OFF_HOUR, 0, 0, 0))
}

/// The day on which a mandate that is submitted on `day` is active, or refused.
pub fn mandate_day(day: Date) -> Date {
    CALENDAR.add_business_days(CALENDAR.on_or_after(day), MANDATE_DAYS)
}

/// Where a mandate stands, as far as it matters for the next charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MandateStage {
    /// It is not yet with the bank: it will go there with the next submission.
    New,
    /// It went to the bank on this day, and the bank has not answered.
    Submitted(Date),
    /// Money can be collected.
    Active,
}

impl MandateStage {
    /// The stage of a mandate in this state, submitted on that day; `None` when nothing can be collected over it.
    /// A submission on an unknown day is taken for one that is still to come.
    pub fn of(status: MandateStatus, submitted_on: Option<Date>) -> Option<Self> {
        match status {
            MandateStatus::Active => Some(Self::Active),
            MandateStatus::Submitted => Some(submitted_on.map_or(Self::New, Self::Submitted)),
            MandateStatus::PendingSubmission | MandateStatus::PendingCustomerApproval => {
                Some(Self::New)
            }
            _ => None,
        }
    }
}

/// The earliest day on which a payment that is created now can be charged.
pub fn earliest_charge(now: Timestamp, mandate: MandateStage) -> Date {
    let submission = submission_day(now);
    let of_payment = CALENDAR.add_business_days(submission, CHARGE_DAYS);
    let of_mandate = match mandate {
        MandateStage::New => CALENDAR.add_business_days(submission, FIRST_CHARGE_DAYS),
        MandateStage::Submitted(day) => CALENDAR.add_business_days(day, FIRST_CHARGE_DAYS),
        MandateStage::Active => of_payment,
    };
    of_payment.max(of_mandate)
}

/// The day on which a payment wanted on `wanted` is charged, when it is created now: a working day, and not too early.
pub fn charge_day(now: Timestamp, mandate: MandateStage, wanted: Date) -> Date {
    CALENDAR.on_or_after(wanted).max(earliest_charge(now, mandate))
}

/// The last day on which a payment over an active mandate can be created (before the cut-off) to be charged on `charge`.
pub fn last_creation_day(charge: Date) -> Date {
    CALENDAR.add_business_days(CALENDAR.on_or_after(charge), -CHARGE_DAYS)
}

/// The day on which a payment charged on `charge` is confirmed or known to have failed.
pub fn confirm_day(charge: Date) -> Date {
    CALENDAR.add_business_days(CALENDAR.on_or_after(charge), CONFIRM_DAYS)
}

/// The day on which a payment charged on `charge` is paid out.
pub fn payout_day(charge: Date) -> Date {
    CALENDAR.add_business_days(CALENDAR.on_or_after(charge), PAYOUT_DAYS)
}

// --- the time of day in the United Kingdom ------------------------------------------------------

/// The time on clocks in the United Kingdom: UTC, and an hour more between 01:00 UTC on the last Sundays of March and
/// October (the rule since 1996, so that the machine needs no time zone data).
pub fn uk_time(moment: Timestamp) -> DateTime {
    let utc = moment.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    if is_summer_time(utc) { utc.saturating_add(SignedDuration::from_hours(1)) } else { utc }
}

/// The moment at which clocks in the United Kingdom show `local`; of a time that is shown twice, the second.
pub fn uk_instant(local: DateTime) -> Timestamp {
    let earlier = local.saturating_sub(SignedDuration::from_hours(1));
    let utc = if is_summer_time(earlier) && !is_ambiguous(local) { earlier } else { local };
    utc.to_zoned(jiff::tz::TimeZone::UTC).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

fn is_summer_time(utc: DateTime) -> bool {
    let year = utc.year();
    utc >= last_sunday(year, 3).at(1, 0, 0, 0) && utc < last_sunday(year, 10).at(1, 0, 0, 0)
}

fn is_ambiguous(local: DateTime) -> bool {
    local.date() == last_sunday(local.year(), 10) && local.hour() == 1
}

fn last_sunday(year: i16, month: i8) -> Date {
    // Both months have 31 days.
    let last = Date::constant(year, month, 31);
    let after_sunday = last.weekday().since(Weekday::Sunday);
    Date::constant(year, month, 31 - after_sunday)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        uk_instant(text.parse().unwrap())
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn uk_time_table() {
        let check = |utc: &str, local: &str| {
            let moment: Timestamp = utc.parse().unwrap();
            assert_eq!(uk_time(moment), local.parse::<DateTime>().unwrap(), "{utc}");
            if !is_ambiguous(uk_time(moment)) {
                assert_eq!(uk_instant(uk_time(moment)), moment, "{utc}");
            }
        };
        check("2026-01-15T16:00:00Z", "2026-01-15T16:00:00");
        check("2026-03-29T00:59:59Z", "2026-03-29T00:59:59");
        check("2026-03-29T01:00:00Z", "2026-03-29T02:00:00");
        check("2026-07-01T15:00:00Z", "2026-07-01T16:00:00");
        check("2026-10-25T00:59:59Z", "2026-10-25T01:59:59");
        check("2026-10-25T01:00:00Z", "2026-10-25T01:00:00");
        check("2026-10-25T02:00:00Z", "2026-10-25T02:00:00");
        check("2024-03-31T01:00:00Z", "2024-03-31T02:00:00");
        check("2023-10-29T01:00:00Z", "2023-10-29T01:00:00");
    }

    fn submitted(now: &str, expected: &str) {
        assert_eq!(submission_day(at(now)), day(expected), "{now}");
    }

    #[test]
    fn submission_table() {
        submitted("2026-11-23T00:00:00", "2026-11-23"); // a Monday
        submitted("2026-11-23T15:59:59", "2026-11-23");
        submitted("2026-11-23T16:00:00", "2026-11-24");
        submitted("2026-11-20T16:00:00", "2026-11-23"); // Friday evening
        submitted("2026-11-21T09:00:00", "2026-11-23"); // Saturday
        submitted("2026-12-24T16:00:00", "2026-12-29"); // Christmas and the day for Boxing Day
        submitted("2026-04-02T17:00:00", "2026-04-07"); // Easter
        submitted("2026-07-01T15:59:00", "2026-07-01"); // 14:59 UTC
        submitted("2026-07-01T16:00:00", "2026-07-02");
        assert_eq!(cut_off(day("2026-07-01")), "2026-07-01T15:00:00Z".parse().unwrap());
        assert_eq!(cut_off(day("2026-11-23")), "2026-11-23T16:00:00Z".parse().unwrap());
    }

    fn charged(now: &str, mandate: MandateStage, expected: &str) {
        assert_eq!(earliest_charge(at(now), mandate), day(expected), "{now} {mandate:?}");
    }

    #[test]
    fn earliest_charge_table() {
        use MandateStage::*;
        // A new mandate: working day 4 after the day of submission.
        charged("2026-11-23T10:00:00", New, "2026-11-27");
        charged("2026-11-23T16:30:00", New, "2026-11-30");
        charged("2026-11-21T10:00:00", New, "2026-11-27");
        // An active one: three working days ahead.
        charged("2026-11-23T10:00:00", Active, "2026-11-26");
        charged("2026-11-25T10:00:00", Active, "2026-11-30");
        charged("2026-11-25T16:00:00", Active, "2026-12-01");
        // One that is with the bank: whichever of the two is later.
        charged("2026-11-24T10:00:00", Submitted(day("2026-11-23")), "2026-11-27");
        charged("2026-11-25T10:00:00", Submitted(day("2026-11-23")), "2026-11-30");
        // Over Christmas (25, 26 -> 28) and New Year.
        charged("2026-12-23T10:00:00", Active, "2026-12-30");
        charged("2026-12-23T10:00:00", New, "2026-12-31");
        charged("2026-12-30T16:00:00", New, "2027-01-07");
    }

    #[test]
    fn days_after_table() {
        let check = |charge: &str, confirmed: &str, paid_out: &str| {
            assert_eq!(confirm_day(day(charge)), day(confirmed), "{charge}");
            assert_eq!(payout_day(day(charge)), day(paid_out), "{charge}");
        };
        check("2026-11-27", "2026-11-30", "2026-12-01");
        check("2026-11-26", "2026-11-27", "2026-11-30");
        check("2026-12-24", "2026-12-29", "2026-12-30");
        assert_eq!(mandate_day(day("2026-11-23")), day("2026-11-26"));
        assert_eq!(mandate_day(day("2026-11-21")), day("2026-11-26"));
    }

    #[test]
    fn a_payment_created_on_its_last_day_is_charged_in_time() {
        for offset in 0..400 {
            let charge = day("2026-01-01").saturating_add(jiff::Span::new().days(offset));
            let last = last_creation_day(charge);
            let in_time = uk_instant(last.at(15, 59, 0, 0));
            let on = charge_day(in_time, MandateStage::Active, charge);
            assert_eq!(on, CALENDAR.on_or_after(charge), "{charge}");
            let too_late = charge_day(cut_off(last), MandateStage::Active, charge);
            assert!(too_late > on, "{charge}");
        }
    }

    #[test]
    fn stages_table() {
        use MandateStatus as S;
        let check = |status, submitted, expected| {
            assert_eq!(MandateStage::of(status, submitted), expected, "{status}");
        };
        let monday = day("2026-11-23");
        check(S::Active, None, Some(MandateStage::Active));
        check(S::Submitted, Some(monday), Some(MandateStage::Submitted(monday)));
        check(S::Submitted, None, Some(MandateStage::New));
        check(S::PendingSubmission, None, Some(MandateStage::New));
        check(S::PendingCustomerApproval, None, Some(MandateStage::New));
        check(S::Cancelled, None, None);
        check(S::Unknown, None, None);
    }
}
