//! Every ledger entry that savings can make, and its chart of accounts.

use florin_ids::{EntryId, FundId};
use florin_ledger::{Account, Entry, Kind, Posting};
use florin_money::Currency;
use florin_payments::Moment;

/// Every 529 plan is in dollars.
pub const CURRENCY: Currency = Currency::USD;

/// What is pulled from banks for funds and has not reached the plans.
pub const CONTRIBUTIONS_CLEARING: Account =
    Account { no: 1300, name: "Contributions clearing", kind: Kind::Asset };
/// What the plans hold.
pub const HELD_AT_PLANS: Account = Account { no: 1310, name: "Held at plans", kind: Kind::Asset };
/// What is owed to the owners of funds; one account a fund.
pub const FUND_BALANCES: Account =
    Account { no: 2300, name: "Fund balances", kind: Kind::Liability };

/// Savings' chart of accounts, by number.
pub const CHART: &[Account] = &[CONTRIBUTIONS_CLEARING, HELD_AT_PLANS, FUND_BALANCES];

/// A payment into a fund on its way: pending until the bank has answered.
pub(crate) fn pay_in(id: EntryId, fund: FundId, amount: i64, moment: Moment) -> Entry {
    into_fund(id, fund, amount, true, moment)
}

/// A payment into a fund that had failed or been returned, and has arrived after all.
pub(crate) fn arrived(id: EntryId, fund: FundId, amount: i64, moment: Moment) -> Entry {
    into_fund(id, fund, amount, false, moment)
}

/// What has settled is pushed to the plan.
pub(crate) fn push(id: EntryId, amount: i64, moment: Moment) -> Entry {
    let postings = vec![
        Posting::debit(HELD_AT_PLANS.house(), amount),
        Posting::credit(CONTRIBUTIONS_CLEARING.house(), amount),
    ];
    entry(id, "plan_purchase", false, moment, postings)
}

/// A payment that had settled was taken back by the bank: the plan gives it back.
pub(crate) fn returned(id: EntryId, fund: FundId, amount: i64, moment: Moment) -> Entry {
    let postings = vec![
        Posting::debit(FUND_BALANCES.of(fund.uuid()), amount),
        Posting::credit(HELD_AT_PLANS.house(), amount),
    ];
    entry(id, "contribution_return", false, moment, postings)
}

fn into_fund(id: EntryId, fund: FundId, amount: i64, pending: bool, moment: Moment) -> Entry {
    let postings = vec![
        Posting::debit(CONTRIBUTIONS_CLEARING.house(), amount),
        Posting::credit(FUND_BALANCES.of(fund.uuid()), amount),
    ];
    entry(id, "contribution", pending, moment, postings)
}

fn entry(
    id: EntryId,
    kind: &'static str,
    pending: bool,
    moment: Moment,
    postings: Vec<Posting>,
) -> Entry {
    let (effective_on, recorded_at) = (moment.on, moment.at);
    Entry { id, kind, currency: CURRENCY, pending, effective_on, recorded_at, postings }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_balances() {
        let at = "2026-11-21T10:00:00Z".parse().expect("a time");
        let moment = Moment { on: jiff::civil::date(2026, 11, 21), at };
        let (fund, id) = (FundId::new(), EntryId::new);
        for entry in [
            pay_in(id(), fund, 15_000, moment),
            arrived(id(), fund, 15_000, moment),
            push(id(), 15_000, moment),
            returned(id(), fund, 15_000, moment),
        ] {
            assert!(entry.check().is_ok(), "{entry:?}");
        }
        assert!(CHART.windows(2).all(|pair| pair[0].no < pair[1].no));
    }
}
