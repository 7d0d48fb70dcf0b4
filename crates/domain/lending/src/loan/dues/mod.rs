//! What fell due and is not paid; pure.
//!
//! A loan that pays in time has none. Payments count for the oldest amount first, whatever they are split into on
//! the balance: who pays what was asked for is no longer late.

pub(crate) mod repo;

use jiff::civil::Date;

/// An amount that fell due, or that a statement asks for on a day to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// When it is, or was, to be paid.
    pub due_on: Date,
    /// All that was asked for, in minor units; above 0.
    pub billed_minor: i64,
    /// What is left of it, in minor units; 0 to all of it.
    pub unpaid_minor: i64,
    /// When nothing was left.
    pub paid_on: Option<Date>,
}

impl Due {
    /// Whether something is left of it, or was after its day.
    pub fn is_unpaid_or_was_late(&self) -> bool {
        self.paid_on.is_none_or(|paid_on| paid_on > self.due_on)
    }
}

/// A loan's dues, oldest first, a date at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dues(Vec<Due>);

/// What is overdue by age, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ageing {
    /// Up to 30 days past due.
    pub days_1_to_30: i64,
    /// From 31 to 60.
    pub days_31_to_60: i64,
    /// From 61 to 90.
    pub days_61_to_90: i64,
    /// More than 90.
    pub days_over_90: i64,
}

impl Dues {
    /// Dues as stored, oldest first.
    pub fn new(dues: Vec<Due>) -> Self {
        Self(dues)
    }

    /// All of them, oldest first.
    pub fn all(&self) -> &[Due] {
        &self.0
    }

    /// What has to be written when `before` is what is stored: one that was raised and paid on its own day is not.
    pub(crate) fn changed_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a Due> {
        self.0.iter().filter(|due| {
            let stored = before.0.iter().find(|stored| stored.due_on == due.due_on);
            stored.map_or(due.is_unpaid_or_was_late(), |stored| stored != *due)
        })
    }

    /// Asks for `amount_minor` more on `due_on`; nothing for amounts of 0 and below.
    pub fn raise(&mut self, due_on: Date, amount_minor: i64) {
        if amount_minor <= 0 {
            return;
        }
        match self.0.binary_search_by_key(&due_on, |due| due.due_on) {
            Ok(index) => {
                let due = &mut self.0[index];
                due.billed_minor = due.billed_minor.saturating_add(amount_minor);
                due.unpaid_minor = due.unpaid_minor.saturating_add(amount_minor);
                due.paid_on = None;
            }
            Err(index) => {
                let (billed_minor, unpaid_minor) = (amount_minor, amount_minor);
                self.0.insert(index, Due { due_on, billed_minor, unpaid_minor, paid_on: None });
            }
        }
    }

    /// Takes a payment off, oldest first.
    pub fn pay(&mut self, mut amount_minor: i64, on: Date) {
        for due in self.0.iter_mut().filter(|due| due.unpaid_minor > 0) {
            let paid = due.unpaid_minor.min(amount_minor);
            due.unpaid_minor -= paid;
            amount_minor -= paid;
            if due.unpaid_minor == 0 {
                due.paid_on = Some(on);
            }
        }
    }

    /// All that is unpaid, in minor units.
    pub fn unpaid(&self) -> i64 {
        self.0.iter().map(|due| due.unpaid_minor).sum()
    }

    /// What is unpaid of what was to be paid by `date`.
    pub fn unpaid_by(&self, date: Date) -> i64 {
        self.0.iter().filter(|due| due.due_on <= date).map(|due| due.unpaid_minor).sum()
    }

    /// The first day after `today` on which something is to be paid.
    pub fn next_after(&self, today: Date) -> Option<Date> {
        self.0.iter().find(|due| due.due_on > today && due.unpaid_minor > 0).map(|due| due.due_on)
    }

    /// What is unpaid of what was to be paid before `today`.
    pub fn overdue(&self, today: Date) -> i64 {
        self.0.iter().filter(|due| due.due_on < today).map(|due| due.unpaid_minor).sum()
    }

    /// The due date of the oldest unpaid amount.
    pub fn unpaid_since(&self) -> Option<Date> {
        self.0.iter().find(|due| due.unpaid_minor > 0).map(|due| due.due_on)
    }

    /// What was due before `today` and is unpaid, by age.
    pub fn ageing(&self, today: Date) -> Ageing {
        let mut ageing = Ageing::default();
        for due in self.0.iter().filter(|due| due.due_on < today) {
            let days = today.since(due.due_on).map_or(0, |span| span.get_days());
            let bucket = match days {
                ..=30 => &mut ageing.days_1_to_30,
                31..=60 => &mut ageing.days_31_to_60,
                61..=90 => &mut ageing.days_61_to_90,
                91.. => &mut ageing.days_over_90,
            };
            *bucket = bucket.saturating_add(due.unpaid_minor);
        }
        ageing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn payments_count_for_the_oldest_due_first() {
        let (first, second) = (date(2023, 2, 1), date(2023, 3, 1));
        let mut dues = Dues::default();
        dues.raise(second, 100);
        dues.raise(first, 50);
        dues.raise(first, 10);
        dues.raise(first, 0);
        assert_eq!((dues.unpaid(), dues.unpaid_since()), (160, Some(first)));
        dues.pay(60, date(2023, 2, 5));
        assert_eq!((dues.unpaid(), dues.unpaid_since()), (100, Some(second)));
        assert_eq!(dues.all()[0].paid_on, Some(date(2023, 2, 5)));
        dues.pay(40, second);
        assert_eq!((dues.unpaid_by(first), dues.unpaid_by(second)), (0, 60));
        dues.pay(1_000, second);
        assert_eq!((dues.unpaid(), dues.unpaid_since()), (0, None));
    }

    #[test]
    fn dues_age() {
        let mut dues = Dues::default();
        for (due_on, amount) in [
            (date(2023, 1, 1), 1),
            (date(2023, 2, 28), 20),
            (date(2023, 3, 2), 300),
            (date(2023, 4, 1), 4_000),
            (date(2023, 5, 1), 50_000),
        ] {
            dues.raise(due_on, amount);
        }
        let check = |today, expected: [i64; 4]| {
            let Ageing { days_1_to_30, days_31_to_60, days_61_to_90, days_over_90 } =
                dues.ageing(today);
            assert_eq!([days_1_to_30, days_31_to_60, days_61_to_90, days_over_90], expected);
        };
        check(date(2023, 1, 1), [0, 0, 0, 0]);
        check(date(2023, 1, 31), [1, 0, 0, 0]);
        check(date(2023, 2, 1), [0, 1, 0, 0]);
        check(date(2023, 5, 1), [4_000, 300, 20, 1]);
        check(date(2023, 5, 2), [50_000, 4_000, 320, 1]);
    }
}
