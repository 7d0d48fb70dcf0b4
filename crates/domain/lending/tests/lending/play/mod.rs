//! Random life stories of loans on a real database, the same for the same seed.
//!
//! A world is a lender with some loans of random products; in each round something may happen to each loan, then
//! some days go by. Every command is noted as it was asked and answered, with what Florin says of the loan after it.

pub mod command;
pub mod setting;
pub mod view;

use florin_ids::LoanId;
use florin_payments::{Instrument, Rails};
use florin_storage::Db;
use florin_tenancy::Collections;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::support::Lender;
use setting::Setting;
use view::View;

/// A repeatable stream of numbers (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 to `sides - 1`.
    pub fn roll(&mut self, sides: i64) -> i64 {
        (self.next() % sides.max(1) as u64) as i64
    }

    /// `low` to `high`.
    pub fn within(&mut self, low: i64, high: i64) -> i64 {
        low + self.roll(high - low + 1)
    }

    /// True this many times of a hundred.
    pub fn chance(&mut self, percent: i64) -> bool {
        self.roll(100) < percent
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len() as i64) as usize]
    }
}

/// A loan and what has happened to it.
pub struct Life {
    pub loan: LoanId,
    pub setting: Setting,
    /// The day on which it was made.
    start: Date,
    /// The commands with their answers and what Florin says after each.
    pub steps: Vec<Value>,
    view: View,
}

impl Life {
    /// The whole story.
    #[allow(dead_code, reason = "printed by an example")]
    pub fn story(&self) -> Value {
        json!({"start": self.start.to_string(), "terms": self.setting.terms(), "steps": self.steps})
    }
}

/// A lender with loans, and how its days are run.
pub struct World {
    pub lender: Lender,
    pub lives: Vec<Life>,
    pub dice: Dice,
}

impl World {
    #[allow(dead_code, reason = "some worlds have rails")]
    /// A lender with `count` loans that are not disbursed yet; every second world's lender collects by himself.
    pub fn begin(db: &Db, seed: u64, count: usize) -> Self {
        let mut dice = Dice(seed);
        let start = date(2019, 1, 1).checked_add(dice.roll(1_800).days()).expect("a date");
        let collections =
            if seed.is_multiple_of(2) { Collections::Simulated } else { Collections::Manual };
        let lender = Lender::new(db, start, collections);
        let lives = (0..count).map(|_| begin(&lender, &mut dice, collections)).collect();
        Self { lender, lives, dice }
    }

    /// A lender whose loans are collected over `instrument`.
    #[allow(dead_code, reason = "some worlds have no rails")]
    pub fn over(db: &Db, seed: u64, count: usize, rails: &Rails, instrument: &Instrument) -> Self {
        let mut dice = Dice(seed);
        let start = date(2019, 1, 1).checked_add(dice.roll(1_800).days()).expect("a date");
        let lender = Lender::with_rails(db, start, Collections::Manual, rails);
        let begin = |_| {
            let life = begin(&lender, &mut dice, Collections::Manual);
            let over = Some(instrument.clone());
            let set = lender.lending.set_instrument(&lender.caller, life.loan, over);
            lender.runtime.block_on(set).expect("an instrument");
            life
        };
        let lives = (0..count).map(begin).collect();
        Self { lender, lives, dice }
    }

    /// Something happens to each loan, or nothing; `after` is told the loan's place after each command.
    pub fn commands(&mut self, after: &mut dyn FnMut(&World, usize)) {
        for index in 0..self.lives.len() {
            let many = self.dice.pick(&[0, 0, 1, 1, 2, 4]);
            for _ in 0..many {
                let Some((command, answer)) =
                    command::any(&self.lender, &mut self.dice, &self.lives[index])
                else {
                    continue;
                };
                self.note(index, &command, &answer);
                after(self, index);
            }
        }
    }

    /// Some days go by as `run` has it; `after` is told each loan's place.
    pub fn days(
        &mut self,
        run: &mut dyn FnMut(&Lender, Date),
        after: &mut dyn FnMut(&World, usize),
    ) {
        let days =
            if self.dice.chance(60) { self.dice.within(1, 6) } else { self.dice.within(7, 45) };
        let today = self.lender.today().checked_add(days.days()).expect("a date");
        run(&self.lender, today);
        for index in 0..self.lives.len() {
            self.note(index, &json!({"do": "advance", "to": today.to_string()}), &json!("ok"));
            after(self, index);
        }
    }

    fn note(&mut self, index: usize, command: &Value, answer: &Value) {
        let life = &mut self.lives[index];
        let state = life.view.changes(&self.lender, life.loan);
        life.steps.push(json!({"command": command, "answer": answer, "state": state}));
    }
}

fn begin(lender: &Lender, dice: &mut Dice, collections: Collections) -> Life {
    let setting = Setting::random(dice, collections);
    let application = lender.application_for(setting.product(), setting.first_name());
    let loan = lender.open(application).expect("a loan").id;
    let start = lender.today();
    Life { loan, setting, start, steps: Vec::new(), view: View::default() }
}

/// Runs the days in one go.
pub fn in_one_go(lender: &Lender, until: Date) {
    lender.advance(until);
}
