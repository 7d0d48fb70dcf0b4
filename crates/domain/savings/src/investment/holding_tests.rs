use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn price(micro: i64) -> Option<Price> {
    Some(Price { micro, on: date(2026, 11, 20) })
}

fn holding() -> Holding {
    Holding::empty(FundId::new(), Portfolio::of(60, Some("FDIC-Insured")))
}

#[test]
fn money_becomes_units_and_units_become_money() {
    let mut held = holding();
    let check =
        |held: &mut Holding, act, micro, expected: (i64, i64, i64), now: (i64, i64, i64)| {
            let change = held.act(act, price(micro)).expect("in range");
            let found = (change.invested_minor, change.units_micro, change.gain_minor);
            assert_eq!(found, expected, "{act:?} at {micro}");
            assert_eq!(
                (held.units_micro, held.value_minor, held.cash_minor),
                now,
                "{act:?} at {micro}"
            );
        };
    let money = |minor| Act::Money { minor };
    check(&mut held, money(10_000), 10_000_000, (10_000, 10_000_000, 0), (10_000_000, 10_000, 0));
    // Up a tenth.
    check(&mut held, Act::Nothing, 11_000_000, (0, 0, 1_000), (10_000_000, 11_000, 0));
    check(&mut held, money(10_000), 11_000_000, (10_000, 9_090_909, 0), (19_090_909, 21_000, 0));
    // Down again, and some is taken out.
    check(
        &mut held,
        money(-5_000),
        10_000_000,
        (-5_000, -5_000_000, -1_909),
        (14_090_909, 14_091, 0),
    );
    // All of it: no fraction of a unit stays.
    check(&mut held, money(-14_091), 10_000_000, (-14_091, -14_090_909, 0), (0, 0, 0));
    // What is taken back now is owed, and is paid by what comes in next.
    check(&mut held, money(-100), 10_000_000, (0, 0, 0), (0, 0, -100));
    check(&mut held, money(250), 10_000_000, (150, 150_000, 0), (150_000, 150, 0));
}

#[test]
fn without_a_price_money_waits() {
    let mut held = holding();
    let change = held.act(Act::Money { minor: 500 }, None).expect("in range");
    assert_eq!((change, held.cash_minor, held.units_micro), (Change::default(), 500, 0));
    let change = held.act(Act::Nothing, price(20_000_000)).expect("in range");
    assert_eq!((change.invested_minor, held.cash_minor, held.units_micro), (500, 0, 250_000));
    // A price that is not told again stays.
    held.act(Act::Money { minor: 100 }, None).expect("in range");
    assert_eq!((held.units_micro, held.value_minor), (300_000, 600));
}

#[test]
fn what_is_returned_is_undone_at_its_cost() {
    let bought = Bought { units_micro: 10_000_000, invested_minor: 10_000 };
    let undo = Act::Undo { minor: 10_000, bought };
    // Bought at 10 beside as much of earlier; units are at 12 now: the gain on the returned half is the plan's.
    let mut held = holding();
    held.act(Act::Money { minor: 20_000 }, price(10_000_000)).expect("in range");
    held.act(Act::Nothing, price(12_000_000)).expect("in range");
    let change = held.act(undo, price(12_000_000)).expect("in range");
    assert_eq!((change.invested_minor, change.gain_minor), (-10_000, -2_000));
    assert_eq!((held.units_micro, held.value_minor, held.cash_minor), (10_000_000, 12_000, 0));
    // Half of it was taken out before: the other half is given back at its cost, and the rest is owed.
    let mut held = holding();
    held.act(Act::Money { minor: 10_000 }, price(10_000_000)).expect("in range");
    held.act(Act::Money { minor: -5_000 }, price(10_000_000)).expect("in range");
    held.act(undo, price(10_000_000)).expect("in range");
    assert_eq!((held.units_micro, held.value_minor, held.cash_minor), (0, 0, -5_000));
    // Nothing was bought for it yet.
    let mut held = holding();
    held.act(Act::Money { minor: 10_000 }, None).expect("in range");
    let undo = Act::Undo { minor: 10_000, bought: Bought::default() };
    held.act(undo, None).expect("in range");
    assert_eq!((held.units_micro, held.cash_minor), (0, 0));
}

#[test]
fn an_exchange_keeps_the_worth() {
    let mut held = holding();
    let into = Portfolio::of(60, Some("Target Enrollment 2038/2039"));
    held.act(Act::Money { minor: 10_001 }, price(10_000_000)).expect("in range");
    assert_eq!(held.exchange(&into, price(10_000_000), None).expect("in range"), None);
    let halves = held.exchange(&into, price(10_000_000), price(30_000_000)).expect("in range");
    let [left, entered] = halves.expect("both prices are known");
    assert_eq!((left.units_micro, left.minor), (-10_001_000, -10_001));
    assert_eq!((entered.units_micro, entered.minor), (3_333_667, 10_001));
    assert_eq!((held.portfolio.clone(), held.value_minor), (into, 10_001));
    let change = held.act(Act::Nothing, price(30_000_000)).expect("in range");
    assert_eq!(change, Change::default());
}

/// What can happen to a holding, at a price.
fn story() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((-200_000_i64..200_000, 1_000_000_i64..100_000_000), 1..40)
}

proptest! {
    /// Whatever happens: units and money stay within their meaning, and the changes that the ledger is told of add up to
    /// what is held.
    #[test]
    fn changes_add_up(story in story()) {
        let mut held = holding();
        let (mut paid_in, mut invested, mut units, mut gain) = (0_i64, 0_i64, 0_i64, 0_i64);
        for (minor, micro) in story {
            let change = held.act(Act::Money { minor }, price(micro)).expect("in range");
            paid_in += minor;
            invested += change.invested_minor;
            units += change.units_micro;
            gain += change.gain_minor;
            prop_assert!(held.units_micro >= 0);
            prop_assert!(held.cash_minor <= 0, "everything is invested");
            prop_assert!(held.cash_minor == 0 || held.units_micro == 0, "who owes holds nothing");
            prop_assert_eq!(held.value_minor, value_minor(held.units_micro, micro).expect("in range"));
            prop_assert_eq!(held.units_micro, units);
            prop_assert_eq!(held.value_minor, invested + gain);
            prop_assert_eq!(held.cash_minor, paid_in - invested);
        }
    }

    /// A payment that is undone leaves no trace, whatever the price did meanwhile.
    #[test]
    fn undone_is_as_if_it_had_never_been(
        one in 1_i64..10_000_000,
        two in 1_i64..10_000_000,
        then in 1_000_000_i64..100_000_000,
        now in 1_000_000_i64..100_000_000,
    ) {
        let (mut held, mut other) = (holding(), holding());
        other.fund = held.fund;
        for held in [&mut held, &mut other] {
            held.act(Act::Money { minor: one }, price(then)).expect("in range");
        }
        let change = held.act(Act::Money { minor: two }, price(then)).expect("in range");
        let bought = Bought { units_micro: change.units_micro, invested_minor: change.invested_minor };
        held.act(Act::Undo { minor: two, bought }, price(now)).expect("in range");
        other.act(Act::Nothing, price(now)).expect("in range");
        prop_assert_eq!(held, other);
    }
}
