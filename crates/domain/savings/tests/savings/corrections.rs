//! Prices that were loaded wrong are put right while nothing was traded at them.

use florin_ids::FundId;
use florin_savings::SavingsError;
use florin_savings::investment::Market;
use florin_savings::investment::correct::{
    Corrected, Correcting, Correction, correct_prices, corrections,
};
use florin_savings::investment::file::{LoadError, load_prices};
use florin_savings::performance::Span;
use florin_tenancy::Collections;
use jiff::civil::date;

use crate::partner::{Partner, on_both};

const HEAD: &str = "portfolio,date,price\n";

fn load(partner: &Partner, text: &str) {
    let (text, today) = (format!("{HEAD}{text}"), date(2022, 12, 31));
    let loaded = load_prices(partner.savings.db(), &text, today);
    partner.runtime.block_on(loaded).expect("loaded");
}

fn correct(partner: &Partner, text: &str) -> Result<Corrected, Vec<String>> {
    let how = Correcting {
        reason: "The plan sent a wrong file.".to_owned(),
        today: date(2022, 12, 31),
        now: partner.caller.now,
    };
    let text = format!("{HEAD}{text}");
    let done = partner.runtime.block_on(correct_prices(partner.savings.db(), &text, how));
    done.map_err(|error| match error {
        LoadError::File(faults) => faults.iter().map(ToString::to_string).collect(),
        LoadError::Savings(error) => panic!("{error}"),
    })
}

fn all(partner: &Partner) -> Vec<Correction> {
    partner.runtime.block_on(corrections(partner.savings.db())).expect("corrections")
}

fn take_loaded_prices(partner: &Partner) {
    let set = partner.savings.set_market(&partner.caller, Market::Loaded);
    partner.runtime.block_on(set).expect("set");
}

/// What the fund was worth on each business day.
fn worth(partner: &Partner, fund: FundId) -> Vec<i64> {
    let found = partner.savings.performance(&partner.caller, fund, Span::default());
    let found: Result<_, SavingsError> = partner.runtime.block_on(found);
    found.expect("a performance").points.iter().map(|point| point.balance_minor).collect()
}

#[test]
fn a_price_that_nothing_was_traded_at_is_corrected_and_what_follows_is_worked_out() {
    on_both(Collections::Simulated, |partner| {
        take_loaded_prices(partner);
        load(partner, "60:Age-Based,2022-10-17,20.00\n");
        let fund = partner.fund();
        // 1,000 dollars buy 50 units on the 18th, at the price of the 17th.
        partner.deposit(fund, 100_000, date(2022, 10, 14));
        load(partner, "60:Age-Based,2022-10-19,12.10\n60:FDIC-Insured,2022-10-19,1\n");
        partner.advance(date(2022, 10, 20));
        assert_eq!(partner.balances(fund).0, 60_500);
        let done =
            correct(partner, "60:FDIC-Insured,2022-10-19,1\n60:Age-Based,2022-10-19,21.10\n");
        assert_eq!(done, Ok(Corrected { prices: 1, holdings: 1 }));
        assert_eq!(partner.balances(fund).0, 105_500);
        partner.prove();
        // Once is enough, and it stays to be seen why.
        let again = correct(partner, "60:Age-Based,2022-10-19,21.10\n");
        assert_eq!(again, Ok(Corrected { prices: 0, holdings: 0 }));
        let known = all(partner);
        let found: Vec<_> = known
            .iter()
            .map(|it| (it.portfolio.code(), it.on, it.was_micro, it.is_micro))
            .collect();
        let expected = ("60:Age-Based", date(2022, 10, 19), 12_100_000, 21_100_000);
        assert_eq!(found, [expected]);
        assert_eq!(known[0].reason, "The plan sent a wrong file.");
        // A day that has passed: what is worth something by a later price stays, and the chart is put right.
        load(partner, "60:Age-Based,2022-10-24,22.00\n");
        partner.advance(date(2022, 10, 24));
        let done = correct(partner, "60:Age-Based,2022-10-19,21.00\n");
        assert_eq!(done, Ok(Corrected { prices: 1, holdings: 0 }));
        assert_eq!(partner.balances(fund).0, 110_000);
        assert_eq!(worth(partner, fund), [100_000, 105_000, 105_000, 105_000, 110_000]);
        partner.prove();
    });
}

#[test]
fn a_price_that_was_traded_at_stays() {
    on_both(Collections::Simulated, |partner| {
        take_loaded_prices(partner);
        load(partner, "60:Age-Based,2022-10-17,20.00\n60:Age-Based,2022-10-19,25.00\n");
        let fund = partner.fund();
        partner.deposit(fund, 100_000, date(2022, 10, 14));
        partner.advance(date(2022, 10, 20));
        partner.withdraw(fund, 10_000, "college", None).expect("asked for");
        partner.withdraw(fund, 10_000, "college", None).expect("asked for");
        let before = (partner.balances(fund), worth(partner, fund));
        // All or nothing, every fault with its line.
        let wrong =
            "60:Age-Based,2022-10-19,26\n60:Age-Based,2022-10-17,21\n60:Age-Based,2022-10-18,1\n";
        let expected = [
            "line 2, column 1: 2 trades were made at the price, which therefore stays",
            "line 3, column 1: one trade was made at the price, which therefore stays",
            "line 4, column 1: there is no price of this date to correct: load it",
        ];
        assert_eq!(correct(partner, wrong), Err(expected.map(str::to_owned).to_vec()));
        assert_eq!((partner.balances(fund), worth(partner, fund)), before);
        assert!(all(partner).is_empty());
        // A later price is the same: what was traded before is not its.
        load(partner, "60:Age-Based,2022-10-21,25.00\n");
        partner.advance(date(2022, 10, 21));
        let done = correct(partner, "60:Age-Based,2022-10-21,24.00\n");
        assert_eq!(done, Ok(Corrected { prices: 1, holdings: 1 }));
        // 50 units, of which 8 were sold at 25.
        assert_eq!(partner.balances(fund).0, 42 * 2_400);
        partner.prove();
    });
}

#[test]
fn tenants_with_prices_of_their_own_have_no_part_in_it() {
    on_both(Collections::Simulated, |partner| {
        // A flat market: a unit is always 10 dollars.
        let fund = partner.fund();
        load(partner, "60:Age-Based,2022-10-18,10.00\n");
        partner.deposit(fund, 100_000, date(2022, 10, 14));
        assert_eq!(partner.balances(fund).0, 100_000);
        let done = correct(partner, "60:Age-Based,2022-10-18,11.00\n");
        assert_eq!(done, Ok(Corrected { prices: 1, holdings: 0 }));
        partner.advance(date(2022, 10, 20));
        assert_eq!(partner.balances(fund).0, 100_000);
        partner.prove();
    });
}
