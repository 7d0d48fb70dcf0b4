//! Last days: of returns, notifications, corrections, reversals, and of sending again.

use florin_calendar::{date_of_epoch_day, epoch_day};
use jiff::civil::Date;

use crate::window::CALENDAR;
use crate::{Category, ReturnCode, TimeLimit};

/// A returned entry may be sent again this often (Article Two, "Reinitiation of Returned Entries").
pub const RETRIES: u8 = 2;

fn days_after(date: Date, days: i32) -> Date {
    epoch_day(date).checked_add(days).and_then(date_of_epoch_day).unwrap_or(Date::MAX)
}

impl ReturnCode {
    /// The last date on which the originating bank has to have the return, for an entry that settled on
    /// `settled_on`: for dishonoured and contested returns, the settlement of the return they answer; for R23, the
    /// day of the receiver's refusal. `None` where the Rules set no date.
    ///
    /// Article Three, "Timing Requirements for Return by RDFI": two banking days; returns of consumers' unauthorised
    /// debits by the opening of the banking day after the sixtieth calendar day.
    pub fn deadline(self, settled_on: Date) -> Option<Date> {
        match self.info().limit {
            TimeLimit::BankingDays(days) => {
                Some(CALENDAR.add_business_days(settled_on, i32::from(days)))
            }
            TimeLimit::CalendarDays(days) => {
                Some(CALENDAR.after(days_after(settled_on, i32::from(days))))
            }
            TimeLimit::NextFile => Some(CALENDAR.after(settled_on)),
            TimeLimit::Open => None,
        }
    }

    /// Whether a return that came on `received_on` came too late, so that it may be dishonoured (R68).
    pub fn is_untimely(self, settled_on: Date, received_on: Date) -> bool {
        self.deadline(settled_on).is_some_and(|last| received_on > last)
    }
}

/// The last date of dishonouring a return that settled on this date: five banking days.
pub fn dishonour_by(return_settled_on: Date) -> Date {
    CALENDAR.add_business_days(return_settled_on, 5)
}

/// Until when no return but of an unauthorised consumer debit can come any more: when money may count as had.
pub fn final_on(settled_on: Date) -> Date {
    CALENDAR.add_business_days(settled_on, 2)
}

/// The last date of sending an entry again that came back as R01 or R09, or of its corrected successor after an
/// R11; `None` for other returns. 180 calendar days after the original's settlement; for R11, 60 days after the
/// return's.
pub fn retry_by(code: ReturnCode, settled_on: Date, return_settled_on: Date) -> Option<Date> {
    match code.category() {
        Category::Retry => Some(days_after(settled_on, 180)),
        Category::NotAsAuthorised => Some(days_after(return_settled_on, 60)),
        _ => None,
    }
}

/// The date on which a notification of change has to have arrived: two banking days after the settlement of the
/// entry that it corrects (Article Three, "Notification of Change").
pub fn change_due_by(settled_on: Date) -> Date {
    CALENDAR.add_business_days(settled_on, 2)
}

/// The date by which the originator has to have made a change: six banking days after it was told, or before
/// the next entry, whichever is later (Article Two, "Notifications of Change").
pub fn correct_by(told_on: Date) -> Date {
    CALENDAR.add_business_days(told_on, 6)
}

/// The last date of refusing a notification of change: 15 calendar days after it was received.
pub fn refuse_change_by(received_on: Date) -> Date {
    days_after(received_on, 15)
}

/// The first date on which live entries may follow a prenote that was neither returned nor corrected: the third
/// banking day after its settlement (Article Two, "Prenotification Entries").
pub fn live_after_prenote(prenote_settled_on: Date) -> Date {
    CALENDAR.add_business_days(prenote_settled_on, 3)
}

/// The last date on which a reversal may reach the receiver's bank: five banking days after the settlement of
/// the erroneous entry (Article Two, "Reversing Entries").
pub fn reverse_by(settled_on: Date) -> Date {
    CALENDAR.add_business_days(settled_on, 5)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn code(number: u8) -> ReturnCode {
        ReturnCode::from_number(number).unwrap()
    }

    #[test]
    fn returns_have_a_last_day() {
        let check = |number: u8, settled: Date, last: Date| {
            assert_eq!(code(number).deadline(settled), Some(last), "R{number:02} {settled}");
            assert!(!code(number).is_untimely(settled, last));
            assert!(code(number).is_untimely(settled, last.tomorrow().unwrap()));
        };
        // Two banking days: plain, over a weekend, over Thanksgiving, over the turn of the year.
        check(1, date(2026, 11, 16), date(2026, 11, 18));
        check(2, date(2026, 11, 19), date(2026, 11, 23));
        check(3, date(2026, 11, 25), date(2026, 11, 30));
        check(29, date(2026, 12, 31), date(2027, 1, 5));
        // The banking day after the sixtieth day: 60 days after 2 November are 1 January, a holiday, and the next
        // banking day is Monday the 4th.
        check(10, date(2026, 11, 2), date(2027, 1, 4));
        check(7, date(2026, 6, 1), date(2026, 8, 3));
        // Five banking days to dishonour, two to contest.
        check(68, date(2026, 11, 24), date(2026, 12, 2));
        check(73, date(2026, 11, 24), date(2026, 11, 27));
        check(13, date(2026, 11, 24), date(2026, 11, 25));
        assert_eq!(code(31).deadline(date(2026, 11, 24)), None);
        assert!(!code(6).is_untimely(date(2026, 1, 5), date(2026, 12, 1)));
        assert_eq!(dishonour_by(date(2026, 11, 24)), date(2026, 12, 2));
        assert_eq!(final_on(date(2026, 11, 25)), date(2026, 11, 30));
    }

    #[test]
    fn what_follows_has_its_days_too() {
        let (settled, returned) = (date(2026, 11, 24), date(2026, 11, 27));
        assert_eq!(retry_by(code(1), settled, returned), Some(date(2027, 5, 23)));
        assert_eq!(retry_by(code(11), settled, returned), Some(date(2027, 1, 26)));
        assert_eq!(retry_by(code(10), settled, returned), None);
        assert_eq!(change_due_by(settled), date(2026, 11, 27));
        assert_eq!(correct_by(settled), date(2026, 12, 3));
        assert_eq!(refuse_change_by(settled), date(2026, 12, 9));
        assert_eq!(live_after_prenote(settled), date(2026, 11, 30));
        assert_eq!(reverse_by(settled), date(2026, 12, 2));
        assert_eq!(reverse_by(date(2026, 7, 1)), date(2026, 7, 8));
        assert_eq!(reverse_by(Date::MAX), Date::MAX);
    }
}
