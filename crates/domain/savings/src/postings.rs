//! Every ledger entry that savings can make, and its chart of accounts.

use florin_ids::{EntryId, FundId};
use florin_ledger::{Account, AccountKey, Entry, Kind, Posting};
use florin_money::Currency;
use florin_payments::Moment;

/// Every 529 plan is in dollars.
pub const CURRENCY: Currency = Currency::USD;

/// What is between banks and plans: pulled for funds and not yet invested, or got back from plans and not yet paid out.
pub const CONTRIBUTIONS_CLEARING: Account =
    Account { no: 1300, name: "Contributions clearing", kind: Kind::Asset };
/// What the plans hold: the worth of all units.
pub const HELD_AT_PLANS: Account = Account { no: 1310, name: "Held at plans", kind: Kind::Asset };
/// What was paid into funds less what was taken out of it; one account a fund. With [`MARKET_GAINS`], what is owed to the
/// owners.
pub const FUND_BALANCES: Account =
    Account { no: 2300, name: "Fund balances", kind: Kind::Liability };
/// What the market has made of funds, less what was taken out of that; one account a fund.
pub const MARKET_GAINS: Account =
    Account { no: 2310, name: "Market gains of funds", kind: Kind::Liability };
/// What was taken out of funds and is not yet with the owners; one account a fund.
pub const WITHDRAWALS_PAYABLE: Account =
    Account { no: 2320, name: "Withdrawals payable", kind: Kind::Liability };

/// Savings' chart of accounts, by number.
pub const CHART: &[Account] =
    &[CONTRIBUTIONS_CLEARING, HELD_AT_PLANS, FUND_BALANCES, MARKET_GAINS, WITHDRAWALS_PAYABLE];

/// A payment into a fund on its way: pending until the bank has answered.
pub(crate) fn pay_in(id: EntryId, fund: FundId, amount: i64, moment: Moment) -> Entry {
    into_fund(id, fund, amount, true, moment)
}

/// A payment into a fund that had failed or been returned, and has arrived after all.
pub(crate) fn arrived(id: EntryId, fund: FundId, amount: i64, moment: Moment) -> Entry {
    into_fund(id, fund, amount, false, moment)
}

/// The plan is paid for units, or pays for them when the amount is negative.
pub(crate) fn purchase(id: EntryId, amount: i64, moment: Moment) -> Entry {
    let kind = if amount < 0 { "plan_redemption" } else { "plan_purchase" };
    let postings = vec![
        signed(HELD_AT_PLANS.house(), amount),
        signed(CONTRIBUTIONS_CLEARING.house(), -amount),
    ];
    entry(id, kind, false, moment, postings)
}

/// The market has made a fund's units worth more, or less when the gain is negative.
pub(crate) fn valuation(id: EntryId, fund: FundId, gain: i64, moment: Moment) -> Entry {
    let postings =
        vec![signed(HELD_AT_PLANS.house(), gain), signed(MARKET_GAINS.of(fund.uuid()), -gain)];
    entry(id, "valuation", false, moment, postings)
}

/// A payment that had settled was taken back by the bank.
pub(crate) fn returned(id: EntryId, fund: FundId, amount: i64, moment: Moment) -> Entry {
    let postings = vec![
        Posting::debit(FUND_BALANCES.of(fund.uuid()), amount),
        Posting::credit(CONTRIBUTIONS_CLEARING.house(), amount),
    ];
    entry(id, "contribution_return", false, moment, postings)
}

/// What an amount that is taken out of a fund consists of, in cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TakenOut {
    pub fund: FundId,
    /// More than 0.
    pub amount: i64,
    /// The part that is gain; less than 0 after a loss.
    pub earnings: i64,
}

/// Money is taken out of a fund, and owed to its owner until it is paid.
pub(crate) fn withdrawal(id: EntryId, out: TakenOut, moment: Moment) -> Entry {
    let payable = WITHDRAWALS_PAYABLE.of(out.fund.uuid());
    entry(id, "withdrawal", false, moment, out_of_fund(out, 1, payable))
}

/// It has been paid.
pub(crate) fn withdrawal_paid(id: EntryId, out: TakenOut, moment: Moment) -> Entry {
    let postings = vec![
        Posting::debit(WITHDRAWALS_PAYABLE.of(out.fund.uuid()), out.amount),
        Posting::credit(CONTRIBUTIONS_CLEARING.house(), out.amount),
    ];
    entry(id, "withdrawal_payment", false, moment, postings)
}

/// It could not be paid: the fund has it again.
pub(crate) fn withdrawal_failed(id: EntryId, out: TakenOut, moment: Moment) -> Entry {
    let payable = WITHDRAWALS_PAYABLE.of(out.fund.uuid());
    entry(id, "withdrawal_failure", false, moment, out_of_fund(out, -1, payable))
}

/// It was paid, and has come back.
pub(crate) fn withdrawal_returned(id: EntryId, out: TakenOut, moment: Moment) -> Entry {
    let clearing = CONTRIBUTIONS_CLEARING.house();
    entry(id, "withdrawal_return", false, moment, out_of_fund(out, -1, clearing))
}

/// It had failed or come back, and was paid after all.
pub(crate) fn withdrawal_paid_after_all(id: EntryId, out: TakenOut, moment: Moment) -> Entry {
    let clearing = CONTRIBUTIONS_CLEARING.house();
    entry(id, "withdrawal", false, moment, out_of_fund(out, 1, clearing))
}

/// From what was paid in and from what was gained to `other`, or back when the sign is -1.
fn out_of_fund(out: TakenOut, sign: i64, other: AccountKey) -> Vec<Posting> {
    let fund = out.fund.uuid();
    let postings = [
        signed(FUND_BALANCES.of(fund), sign * (out.amount - out.earnings)),
        signed(MARKET_GAINS.of(fund), sign * out.earnings),
        signed(other, -sign * out.amount),
    ];
    postings.into_iter().filter(|posting| posting.amount_minor != 0).collect()
}

/// A debit, or a credit when it is negative.
fn signed(account: AccountKey, amount_minor: i64) -> Posting {
    Posting { account, amount_minor }
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
        let out = |earnings| TakenOut { fund, amount: 15_000, earnings };
        for entry in [
            pay_in(id(), fund, 15_000, moment),
            arrived(id(), fund, 15_000, moment),
            purchase(id(), 15_000, moment),
            purchase(id(), -15_000, moment),
            valuation(id(), fund, 7, moment),
            valuation(id(), fund, -7, moment),
            returned(id(), fund, 15_000, moment),
            withdrawal(id(), out(1_000), moment),
            withdrawal(id(), out(-1_000), moment),
            withdrawal(id(), out(15_000), moment),
            withdrawal_paid(id(), out(0), moment),
            withdrawal_failed(id(), out(0), moment),
            withdrawal_returned(id(), out(1), moment),
            withdrawal_paid_after_all(id(), out(1), moment),
        ] {
            assert!(entry.check().is_ok(), "{entry:?}");
        }
        assert!(CHART.windows(2).all(|pair| pair[0].no < pair[1].no));
    }
}
