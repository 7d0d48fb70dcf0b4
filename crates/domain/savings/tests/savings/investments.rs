//! Funds hold units: amounts are checked against a model of their own, which knows nothing but prices and days.

use florin_calendar::Calendar;
use florin_ids::{FundId, GiftId};
use florin_payments::Told;
use florin_savings::contribution::ContributionFields;
use florin_savings::investment::file::{LoadError, load_prices};
use florin_savings::investment::{Market, Portfolio, simulated};
use florin_savings::performance::{Performance, Span};
use florin_savings::transaction::{Transaction, TransactionKind, TransactionStatus};
use florin_savings::{DISPUTING, Given, MOVED, SavingsError};
use florin_tenancy::Collections;
use jiff::civil::{Date, date};

use crate::giving;
use crate::partner::{Partner, on_both};

/// A cent in millionths of a unit times millionths of a dollar.
const CENT: i128 = 10_000_000_000;

/// What a fund should hold: units, bought and sold at the simulated prices.
#[derive(Default)]
struct Model {
    units_micro: i128,
    paid_in: i64,
}

impl Model {
    fn price(on: Date) -> i128 {
        i128::from(simulated::price(&Portfolio::of(60, None), on).micro)
    }

    fn trade(&mut self, minor: i64, on: Date) {
        let price = Self::price(on);
        let units = (i128::from(minor.abs()) * CENT * 2 + price) / (price * 2);
        self.units_micro += if minor < 0 { -units } else { units };
        self.paid_in += minor;
    }

    fn worth(&self, on: Date) -> i64 {
        let twice = self.units_micro * Self::price(on) * 2 + CENT;
        i64::try_from(twice / (CENT * 2)).expect("cents")
    }
}

fn settles(on: Date) -> Date {
    Calendar::UsFed.add_business_days(on, 2)
}

fn save_semimonthly(partner: &Partner, fund: FundId, amount: i64) {
    let fields = ContributionFields {
        frequency: "semimonthly".into(),
        amount: Given::Value(amount),
        first_day: Given::Value(31),
        second_day: Given::Value(15),
        ..ContributionFields::default()
    };
    let made = partner.savings.create_contribution(&partner.caller, fund, fields);
    partner.runtime.block_on(made).expect("a contribution");
}

fn performance(partner: &Partner, fund: FundId, span: Span) -> Performance {
    let found = partner.savings.performance(&partner.caller, fund, span);
    partner.runtime.block_on(found).expect("a performance")
}

#[test]
fn ten_years_of_saving_and_spending_add_up_to_the_cent() {
    on_both(Collections::Simulated, |partner| {
        partner.let_prices_move();
        let jane = partner.fund_of("901939500", "Jane");
        let disputing = partner.fund_of("901939501", DISPUTING);
        let moved = partner.fund_of("901939502", MOVED);
        for fund in [jane, disputing, moved] {
            save_semimonthly(partner, fund, 12_345);
        }
        let (mut taken_out, mut given, mut disputed) = (Vec::new(), Vec::new(), None);
        for year in 2023..=2032 {
            partner.advance(date(year, 8, 18));
            take_back(partner, disputed.take());
            let amount = 1_000 * (i64::from(year) - 2_000);
            let out = partner.withdraw(jane, amount, "college", None).expect("asked for");
            assert_eq!((out.amount_minor, out.tax_year), (amount, year));
            taken_out.push((out.requested_on, -amount));
            let gift = give(partner, jane);
            // Every other gift is disputed a year later.
            match year % 2 {
                0 => disputed = Some(gift),
                _ => given.push((gift.occurred_on, gift.amount_minor)),
            }
            partner.withdraw(moved, amount, "college", None).expect("asked for");
            if year % 3 == 0 {
                partner.prove();
            }
        }
        let today = date(2032, 9, 30);
        partner.advance(today);
        take_back(partner, disputed);
        let deposits = partner.transactions(jane);
        let deposits = deposits.iter().filter(|it| it.kind == TransactionKind::Contribution);
        let mut flows: Vec<(Date, i64)> = deposits
            .filter(|it| it.status == TransactionStatus::Settled)
            .map(|it| (settles(it.occurred_on), it.amount_minor))
            .collect();
        // 24 a year; the last one, of 30 September 2032, is on its way.
        assert_eq!(flows.len(), 239);
        assert_eq!(given.len(), 5);
        flows.extend(taken_out.iter().chain(&given));
        flows.sort_unstable();
        let mut model = Model::default();
        for (on, minor) in flows {
            model.trade(minor, on);
        }
        let spent: i64 = taken_out.iter().map(|(_, minor)| minor).sum();
        assert_eq!(model.paid_in, 239 * 12_345 + 5 * 25_000 + spent);
        assert_eq!(partner.balances(jane), (model.worth(today), model.worth(today) + 12_345));
        assert_ne!(model.worth(today), model.paid_in, "the market has moved");
        // Once for each payment of the three; a dispute comes later.
        assert_eq!(partner.settled_events(), 3 * 239 + 10);
        check_the_others(partner, disputing, moved);
        check_performance(partner, jane, &model, -spent);
        partner.prove();
    });
}

/// A gift of 250 dollars that has arrived.
fn give(partner: &Partner, fund: FundId) -> Transaction {
    let key = giving::ask(partner, fund, GiftId::new(), giving::form()).expect("asked for");
    giving::confirm(partner, &key, "0.18", "0.28");
    let gift = partner.transactions(fund).remove(0);
    assert_eq!((gift.kind, gift.amount_minor), (TransactionKind::Gift, 25_000));
    partner.tell(&gift, Told::Confirmed, "", 1);
    gift
}

/// The giver has had a gift back.
fn take_back(partner: &Partner, gift: Option<Transaction>) {
    if let Some(gift) = gift {
        partner.tell(&gift, Told::Failed, "R10", 2);
    }
}

/// What was disputed has left no trace; what could not be paid out has come back and bought units again.
fn check_the_others(partner: &Partner, disputing: FundId, moved: FundId) {
    let returned = partner.transactions(disputing);
    let returned = returned.iter().filter(|it| it.status == TransactionStatus::Returned).count();
    // The last ones have settled, or are on their way.
    assert_eq!(returned, 239);
    assert_eq!(partner.balances(disputing), (0, 12_345));
    let failed = partner.withdrawals(moved);
    assert!(failed.len() == 10 && failed.iter().all(|it| it.reason == "R02"));
    let found = performance(partner, moved, Span::default());
    assert_eq!((found.contributed_minor, found.withdrawn_minor), (239 * 12_345, 0));
}

fn check_performance(partner: &Partner, fund: FundId, model: &Model, spent: i64) {
    let found = performance(partner, fund, Span::default());
    assert_eq!((found.from, found.to), (date(2022, 10, 19), date(2032, 9, 30)));
    let paid_in = 239 * 12_345 + 5 * 25_000;
    assert_eq!((found.contributed_minor, found.withdrawn_minor), (paid_in, spent));
    assert_eq!(found.balance_minor, model.worth(found.to));
    assert_eq!(found.gain_minor, model.worth(found.to) - model.paid_in);
    let first = found.points.first().expect("points");
    assert_eq!(
        (first.on, first.balance_minor, first.contributed_minor),
        (found.from, 12_345, 12_345)
    );
    let last = found.points.last().expect("points");
    assert_eq!((last.balance_minor, last.contributed_minor), (found.balance_minor, model.paid_in));
    let yearly = found.yearly_return_micro.expect("a return");
    assert_eq!(yearly > 0, found.gain_minor > 0, "{yearly}");
    // The parts are the whole.
    let to = date(2027, 12, 31);
    let before = performance(partner, fund, Span { to: Some(to), ..Span::default() });
    let after = performance(partner, fund, Span { from: Some(to), ..Span::default() });
    assert_eq!(before.gain_minor + after.gain_minor, found.gain_minor);
    assert_eq!(before.contributed_minor + after.contributed_minor, found.contributed_minor);
}

#[test]
fn a_return_takes_back_the_units_whatever_the_market_did() {
    on_both(Collections::Simulated, |partner| {
        partner.let_prices_move();
        partner.pull_from("17").expect("set");
        let fund = partner.fund();
        partner.contribute(fund, 14);
        partner.advance(date(2022, 11, 14));
        let made = partner.transactions(fund);
        let (second, first) = (&made[0], &made[1]);
        partner.tell(first, Told::Confirmed, "", 1);
        partner.advance(date(2022, 12, 1));
        partner.tell(second, Told::Confirmed, "", 1);
        partner.advance(date(2022, 12, 20));
        // The first one is told of on 14 November, and comes back on 20 December.
        partner.tell(first, Told::Failed, "R10", 2);
        let mut model = Model::default();
        model.trade(15_000, date(2022, 12, 1));
        let worth = model.worth(date(2022, 12, 20));
        assert_ne!(worth, 15_000);
        assert_eq!(partner.balances(fund), (worth, worth + 15_000), "December's is on its way");
        partner.prove();
        // And arrives after all, at the price of that day.
        partner.tell(first, Told::Confirmed, "", 3);
        model.trade(15_000, date(2022, 12, 20));
        assert_eq!(partner.balances(fund).0, model.worth(date(2022, 12, 20)));
        partner.prove();
    });
}

#[test]
fn who_spends_what_the_bank_takes_back_owes_it() {
    on_both(Collections::Simulated, |partner| {
        partner.pull_from("17").expect("set");
        let fund = partner.fund();
        partner.contribute(fund, 14);
        partner.advance(date(2022, 11, 14));
        let made = partner.transactions(fund);
        partner.tell(&made[1], Told::Confirmed, "", 1);
        partner.withdraw(fund, 10_000, "college", None).expect("asked for");
        partner.tell(&made[1], Told::Failed, "R10", 2);
        assert_eq!(partner.balances(fund), (-10_000, 5_000));
        partner.prove();
        let refused = partner.withdraw(fund, 1, "college", None).expect_err("refused");
        let SavingsError::Impossible(reasons) = refused else { panic!("{refused:?}") };
        assert_eq!(reasons, ["amount is more than the settled balance of -10000"]);
        // What comes in next pays it first.
        partner.tell(&made[0], Told::Confirmed, "", 1);
        assert_eq!(partner.balances(fund), (5_000, 5_000));
        partner.prove();
    });
}

#[test]
fn money_waits_for_the_price_of_a_file() {
    on_both(Collections::Manual, |partner| {
        let (db, caller) = (partner.savings.db().clone(), partner.caller.clone());
        let market = partner.savings.set_market(&caller, Market::Loaded);
        partner.runtime.block_on(market).expect("set");
        partner.pull_from("17").expect("set");
        let fund = partner.fund();
        partner.contribute(fund, 14);
        partner.advance(date(2022, 10, 14));
        let made = partner.transactions(fund);
        partner.tell(&made[0], Told::Confirmed, "", 1);
        partner.advance(date(2022, 10, 17));
        assert_eq!(partner.balances(fund), (15_000, 15_000));
        partner.prove();
        let load = |text: &str| {
            let text = format!("portfolio,date,price\n{text}");
            partner.runtime.block_on(load_prices(&db, &text, date(2022, 12, 31)))
        };
        let file = "60:Age-Based,2022-10-17,20.00\n60:Age-Based,2022-10-18,22.000001\n";
        let loaded = load(file).expect("loaded");
        assert_eq!((loaded.prices, loaded.new), (2, 2));
        let loaded = load(file).expect("loaded again");
        assert_eq!((loaded.prices, loaded.new), (2, 0));
        let refused = load("3:Age-Based,2022-10-17,1\n60:Age-Based,2022-10-17,20.01\n");
        let Err(LoadError::File(faults)) = refused else { panic!("{refused:?}") };
        assert_eq!(
            faults[0].to_string(),
            "line 3, column 1: the portfolio is known to have had another price on this date"
        );
        let loaded =
            load("3:Age-Based,2022-10-17,1\n").expect("nothing of the refused file stayed");
        assert_eq!(loaded.new, 1);
        // Bought on the 18th at that day's price; a day without a price shows the last one.
        partner.advance(date(2022, 10, 18));
        assert_eq!(partner.balances(fund), (15_000, 15_000));
        load("60:Age-Based,2022-10-19,11.00\n").expect("loaded");
        partner.advance(date(2022, 10, 21));
        // 15,000 / 22.000001 are 6.818182 units (rounded), at 11.
        assert_eq!(partner.balances(fund).0, 7_500);
        let found = performance(partner, fund, Span::default());
        let found: Vec<i64> = found.points.iter().map(|point| point.balance_minor).collect();
        assert_eq!(found, [15_000, 15_000, 15_000, 7_500, 7_500, 7_500]);
        partner.prove();
    });
}

#[test]
fn a_market_is_chosen_before_the_first_unit() {
    on_both(Collections::Simulated, |partner| {
        let set =
            |market| partner.runtime.block_on(partner.savings.set_market(&partner.caller, market));
        set(Market::Simulated).expect("set");
        set(Market::Flat).expect("and back");
        let fund = partner.fund();
        partner.deposit(fund, 500, date(2022, 10, 14));
        let refused = set(Market::Simulated).expect_err("refused");
        let SavingsError::Impossible(reasons) = refused else { panic!("{refused:?}") };
        assert_eq!(reasons, ["market cannot change once a fund holds units"]);
        set(Market::Flat).expect("what is set already");
    });
}

#[test]
fn a_performance_needs_a_span_that_makes_sense() {
    on_both(Collections::Simulated, |partner| {
        let fund = partner.fund();
        let ask = |span| {
            partner.runtime.block_on(partner.savings.performance(&partner.caller, fund, span))
        };
        let empty = ask(Span::default()).expect("of nothing");
        assert_eq!(
            (empty.balance_minor, empty.yearly_return_micro, empty.points.len()),
            (0, None, 1)
        );
        let check = |span, expected: &str| {
            let refused = ask(span).expect_err("refused");
            let SavingsError::Invalid(faults) = refused else { panic!("{refused:?}") };
            assert_eq!(faults, [expected]);
        };
        let later = Some(date(2022, 10, 2));
        check(Span { from: later, ..Span::default() }, "from must not be after 2022-10-01");
        let day = Some(florin_savings::performance::Interval::Day);
        let long = Span { from: Some(date(1990, 1, 1)), interval: day, to: None };
        check(long, "interval must be longer: there would be more than 1000 points");
        let nobody = partner.savings.performance(&partner.caller, FundId::new(), Span::default());
        let refused = partner.runtime.block_on(nobody).expect_err("refused");
        assert!(matches!(refused, SavingsError::NotFound("fund")));
    });
}
