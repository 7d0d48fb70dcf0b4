//! One month of a simulated customer's money: what comes and goes on which day. Everything follows from the seed and the
//! month alone, so that what was told of a day never changes.
//!
//! The current account ends each month on what the next one opens with, because whatever is left over after payday goes to
//! (or is taken from) an investment account elsewhere. What a month opens with is what it spends until payday and a
//! cushion; in a month with an overdraft the cushion is negative.

use florin_calendar::Calendar;
use jiff::civil::{Date, Weekday};

use crate::account::Category;

/// A draw from the seed, by what it is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dice(pub u64);

impl Dice {
    /// A number from 0 to `below` - 1, always the same for the same labels.
    pub(super) fn roll(self, labels: [u64; 3], below: u64) -> u64 {
        let mut x = self.0;
        for label in labels {
            x = mix(x ^ label.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        }
        mix(x) % below.max(1)
    }

    /// A number of cents from `from` to `to`.
    pub(super) fn cents(self, labels: [u64; 3], from: i64, to: i64) -> i64 {
        let width = u64::try_from(to - from + 1).unwrap_or(1);
        from + i64::try_from(self.roll(labels, width)).unwrap_or(0)
    }
}

/// The finalizer of MurmurHash3.
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    x = (x ^ (x >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

/// Something that is booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub on: Date,
    pub cents: i64,
    pub description: &'static str,
    pub merchant: Option<&'static str>,
    pub category: Category,
}

impl Event {
    const fn new(
        on: Date,
        cents: i64,
        description: &'static str,
        merchant: Option<&'static str>,
        category: Category,
    ) -> Self {
        Self { on, cents, description, merchant, category }
    }
}

/// What a customer's life is like: the same in every month.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    pub dice: Dice,
    pub is_british: bool,
    pub salary: i64,
    pub rent: i64,
    pub standing_order: i64,
    pub interest: i64,
}

/// Places and shops: British, American.
struct Names {
    grocers: &'static [&'static str],
    eateries: &'static [&'static str],
    shops: &'static [&'static str],
    rides: &'static [&'static str],
    employer: &'static str,
    landlord: &'static str,
    power: &'static str,
    phone: &'static str,
    cash: &'static str,
}

const BRITISH: Names = Names {
    grocers: &["Greenway Market", "Barrow & Sons", "Corner Larder"],
    eateries: &["The Copper Kettle", "Noodle Lane", "Bluebird Cafe", "Fox & Anchor"],
    shops: &["Hartley Homeware", "Pages Bookshop", "Northway Outfitters", "Tinker Electricals"],
    rides: &["Metroline", "Southern Rail", "Greenfuel Station"],
    employer: "ALDER LOGISTICS LTD SALARY",
    landlord: "STANDING ORDER RENT",
    power: "BRIGHTWATT ENERGY DD",
    phone: "LARK MOBILE DD",
    cash: "CASH MACHINE",
};

const AMERICAN: Names = Names {
    grocers: &["Greenway Market", "Prairie Grocers", "Corner Pantry"],
    eateries: &["Copper Kettle Diner", "Noodle Lane", "Bluebird Cafe", "Taco Mesa"],
    shops: &["Hartley Home", "Pages Bookstore", "Northway Outfitters", "Tinker Electronics"],
    rides: &["Metro Transit", "Greenfuel Gas", "Ridgeline Rides"],
    employer: "ALDER LOGISTICS INC PAYROLL",
    landlord: "RENT PAYMENT",
    power: "BRIGHTWATT ENERGY",
    phone: "LARK WIRELESS",
    cash: "ATM WITHDRAWAL",
};

/// A month, counted from the year 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Month(pub i32);

impl Month {
    pub(super) fn of(date: Date) -> Self {
        Self(i32::from(date.year()) * 12 + i32::from(date.month()) - 1)
    }

    pub(super) fn plus(self, months: i32) -> Self {
        Self(self.0.saturating_add(months))
    }

    pub(super) fn first(self) -> Date {
        self.day(1)
    }

    pub(super) fn last(self) -> Date {
        self.first().last_of_month()
    }

    /// A day of it; the last one for days that it does not have.
    pub(super) fn day(self, day: i8) -> Date {
        let year = i16::try_from(self.0.div_euclid(12)).unwrap_or(9999).clamp(1, 9999);
        let month = i8::try_from(self.0.rem_euclid(12) + 1).unwrap_or(1);
        let first = Date::new(year, month, 1).unwrap_or(Date::MAX);
        Date::new(year, month, day).unwrap_or_else(|_| first.last_of_month())
    }

    fn days(self) -> impl Iterator<Item = Date> {
        (1..=self.last().day()).map(move |day| self.day(day))
    }

    fn label(self) -> u64 {
        u64::from(self.0.unsigned_abs())
    }
}

impl Life {
    pub(super) fn new(seed: u64, is_british: bool) -> Self {
        let dice = Dice(seed);
        let salary = dice.cents([1, 0, 0], 2_700, 4_400) * 100 + dice.cents([2, 0, 0], 0, 99);
        let rent = salary * dice.cents([3, 0, 0], 27, 33) / 100 / 500 * 500;
        let standing_order = dice.cents([4, 0, 0], 4, 12) * 500;
        let interest = dice.cents([5, 0, 0], 210, 990);
        Self { dice, is_british, salary, rent, standing_order, interest }
    }

    fn names(&self) -> &'static Names {
        if self.is_british { &BRITISH } else { &AMERICAN }
    }

    /// Whether the customer runs short before payday: twice in twelve months, and always in the same ones.
    pub(super) fn is_short(&self, month: Month) -> bool {
        month.label() % 6 == self.dice.roll([6, 0, 0], 6)
    }

    /// Payday: the 25th, or the business day before.
    pub(super) fn payday(&self, month: Month) -> Date {
        let calendar = if self.is_british { Calendar::GbEng } else { Calendar::UsFed };
        calendar.on_or_before(month.day(25))
    }

    /// What the card is used for in a month.
    pub(super) fn card(&self, month: Month) -> Vec<Event> {
        let names = self.names();
        let mut events = Vec::new();
        for date in month.days() {
            let at = |label| [label, month.label(), u64::from(date.day().unsigned_abs())];
            if self.dice.roll(at(20), 4) != 0 {
                continue;
            }
            let (list, category, most) = match self.dice.roll(at(21), 3) {
                0 => (names.shops, Category::Shopping, 9_500),
                1 => (names.eateries, Category::EatingOut, 4_200),
                _ => (names.rides, Category::Transport, 3_800),
            };
            let merchant = list[self.dice.roll(at(22), list.len() as u64) as usize];
            let cents = -self.dice.cents(at(23), 480, most);
            events.push(Event {
                on: date,
                cents,
                description: merchant,
                merchant: Some(merchant),
                category,
            });
        }
        events
    }

    /// What the card's customer owes at the end of a month, and pays in the next one.
    pub(super) fn card_total(&self, month: Month) -> i64 {
        self.card(month).iter().map(|it| it.cents).sum()
    }

    /// The day on which the card is paid.
    pub(super) fn card_paid_on(month: Month) -> Date {
        month.day(18)
    }

    /// The current account's month without what goes to the investments, in the order of the days.
    fn lived(&self, month: Month) -> Vec<Event> {
        let mut events = self.bills(month);
        let at = |label| [label, month.label(), 0];
        if self.dice.roll(at(32), 5) == 0 {
            let cents = self.dice.cents(at(33), 4_000, 26_000);
            let (text, merchant) = ("MARKETPLACE PAYOUT", Some("Attic Finds"));
            events.push(Event::new(month.day(11), cents, text, merchant, Category::Income));
        }
        if self.is_short(month) {
            let cents = -self.dice.cents(at(34), 24_000, 61_000);
            let (text, merchant) = ("GARAGE REPAIR", Some("Hillside Garage"));
            events.push(Event::new(month.day(13), cents, text, merchant, Category::Transport));
            let interest = -self.dice.cents(at(35), 260, 1_240);
            let text = "OVERDRAFT INTEREST";
            events.push(Event::new(month.last(), interest, text, None, Category::Fees));
        }
        for date in month.days() {
            self.live_day(month, date, &mut events);
        }
        events.sort_by_key(|it| it.on);
        events
    }

    /// What comes and goes every month.
    fn bills(&self, month: Month) -> Vec<Event> {
        let names = self.names();
        let fixed = |day: i8, cents, text, merchant, category| {
            Event::new(month.day(day), cents, text, merchant, category)
        };
        let season = if matches!(month.0.rem_euclid(12), 10 | 11 | 0 | 1) { 3_800 } else { 0 };
        let power = -(self.dice.cents([30, month.label(), 0], 5_200, 8_900) + season);
        let phone = -(1_500 + self.dice.cents([31, 0, 0], 0, 20) * 100);
        let (watts, lark, films) = (Some("Brightwatt Energy"), Some("Lark"), Some("Streamline"));
        let film = "STREAMLINE SUBSCRIPTION";
        let mut events = vec![
            fixed(1, -self.rent, names.landlord, None, Category::Housing),
            fixed(2, -self.standing_order, "TRANSFER TO SAVINGS", None, Category::Transfer),
            fixed(5, power, names.power, watts, Category::Bills),
            fixed(8, phone, names.phone, lark, Category::Bills),
            fixed(15, -1_099, film, films, Category::Entertainment),
        ];
        let card = self.card_total(month.plus(-1));
        if card != 0 {
            let on = Self::card_paid_on(month);
            events.push(Event::new(on, card, "CARD PAYMENT", None, Category::Loan));
        }
        let (on, employer) = (self.payday(month), Some("Alder Logistics"));
        events.push(Event::new(on, self.salary, names.employer, employer, Category::Salary));
        events
    }

    fn live_day(&self, month: Month, date: Date, events: &mut Vec<Event>) {
        let names = self.names();
        let at = |label| [label, month.label(), u64::from(date.day().unsigned_abs())];
        let mut buy = |label: u64, list: &'static [&'static str], category, from, to| {
            let merchant = list[self.dice.roll(at(label), list.len() as u64) as usize];
            let cents = -self.dice.cents(at(label + 1), from, to);
            events.push(Event {
                on: date,
                cents,
                description: merchant,
                merchant: Some(merchant),
                category,
            });
        };
        if date.weekday() == Weekday::Saturday {
            buy(40, names.grocers, Category::Groceries, 3_900, 9_400);
        }
        if self.dice.roll(at(42), 7) == 0 {
            buy(43, names.eateries, Category::EatingOut, 450, 3_300);
        }
        if self.dice.roll(at(45), 11) == 0 {
            buy(46, names.rides, Category::Transport, 320, 2_900);
        }
        if self.dice.roll(at(48), 19) == 0 {
            let cents = -self.dice.cents(at(49), 2, 8) * 1_000;
            let (description, category) = (names.cash, Category::Cash);
            events.push(Event { on: date, cents, description, merchant: None, category });
        }
    }

    /// What the current account holds when the month begins.
    pub(super) fn opening(&self, month: Month) -> i64 {
        let payday = self.payday(month);
        let until: i64 =
            self.lived(month).iter().filter(|it| it.on < payday).map(|it| it.cents).sum();
        let at = |label| [label, month.label(), 0];
        let cushion = if self.is_short(month) {
            -self.dice.cents(at(50), 4_500, 31_000)
        } else {
            self.dice.cents(at(51), 9_000, 74_000)
        };
        cushion - until
    }

    /// The current account's month, in the order of its bookings: those of a day with money in before money out.
    pub(super) fn current(&self, month: Month) -> Vec<Event> {
        let mut events = self.lived(month);
        let kept: i64 = events.iter().map(|it| it.cents).sum();
        let left_over = self.opening(month) + kept - self.opening(month.plus(1));
        if left_over != 0 {
            let on = self.payday(month).tomorrow().unwrap_or(Date::MAX);
            let description = if left_over > 0 {
                "TRANSFER TO MARLOW INVESTMENTS"
            } else {
                "TRANSFER FROM MARLOW INVESTMENTS"
            };
            let merchant = Some("Marlow Investments");
            events.push(Event {
                on,
                cents: -left_over,
                description,
                merchant,
                category: Category::Transfer,
            });
        }
        events.sort_by_key(|it| (it.on, it.cents <= 0));
        events
    }

    /// The savings account's month.
    pub(super) fn savings(&self, month: Month) -> Vec<Event> {
        let event = |on, cents, description, category| Event {
            on,
            cents,
            description,
            merchant: None,
            category,
        };
        vec![
            event(
                month.day(2),
                self.standing_order,
                "TRANSFER FROM CURRENT ACCOUNT",
                Category::Transfer,
            ),
            event(month.last(), self.interest, "INTEREST", Category::Interest),
        ]
    }

    /// The card's month: what was bought, and the payment for the month before.
    pub(super) fn card_account(&self, month: Month) -> Vec<Event> {
        let mut events = self.card(month);
        let owed = self.card_total(month.plus(-1));
        if owed != 0 {
            let on = Self::card_paid_on(month);
            let (description, category) = ("PAYMENT RECEIVED", Category::Loan);
            events.push(Event { on, cents: -owed, description, merchant: None, category });
        }
        events.sort_by_key(|it| (it.on, it.cents <= 0));
        events
    }
}
