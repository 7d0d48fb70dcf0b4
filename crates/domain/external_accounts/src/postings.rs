//! Every ledger entry that external accounts can make, and their chart of accounts.

use florin_ids::EntryId;
use florin_ledger::{Account, Entry, Kind, Posting};
use florin_money::Money;
use florin_payments::Moment;

use crate::transfer::TransferKind;
use crate::words::CustomerId;

/// Money that the ACH network has brought (debit) or taken (credit), until the program's bank is reconciled with it.
pub const ACH_CLEARING: Account = Account { no: 1040, name: "ACH clearing", kind: Kind::Asset };
/// What stands on the customers' accounts in the program; one account a customer. In debit, a customer has spent
/// money that was returned.
pub const CUSTOMER_SETTLEMENT: Account =
    Account { no: 2200, name: "Customer settlement", kind: Kind::Liability };
/// Trial deposits paid, less what their offsets have taken back.
pub const TRIAL_DEPOSITS: Account =
    Account { no: 5200, name: "Trial deposits", kind: Kind::Expense };

/// The chart of accounts of external accounts, by number.
pub const CHART: &[Account] = &[ACH_CLEARING, CUSTOMER_SETTLEMENT, TRIAL_DEPOSITS];

/// What of an entry's way through the ledger is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Asked for: it counts once it has settled.
    UnderWay,
    /// It has settled without an open entry.
    Settled,
    /// It is to come back, and is held until it has: everything the other way round.
    ComingBack,
    /// It has come back: everything the other way round.
    Returned,
}

/// A transfer: a deposit debits the clearing account and credits the customer's, a withdrawal does the opposite.
pub(crate) fn transfer(
    id: EntryId,
    customer: CustomerId,
    kind: TransferKind,
    amount: Money,
    stage: Stage,
    moment: Moment,
) -> Entry {
    let (clearing, settlement) = (ACH_CLEARING.house(), CUSTOMER_SETTLEMENT.of(customer.uuid()));
    let (debited, credited, name) = match kind {
        TransferKind::Deposit => (clearing, settlement, "external_deposit"),
        TransferKind::Withdraw => (settlement, clearing, "external_withdrawal"),
    };
    entry(id, name, "transfer_return", (debited, credited), amount, stage, moment)
}

/// A trial deposit (`is_credit` of the external account), or the offset that takes both back.
pub(crate) fn trial(
    id: EntryId,
    is_credit: bool,
    amount: Money,
    stage: Stage,
    moment: Moment,
) -> Entry {
    let (expense, clearing) = (TRIAL_DEPOSITS.house(), ACH_CLEARING.house());
    let (debited, credited, name) = if is_credit {
        (expense, clearing, "trial_deposit")
    } else {
        (clearing, expense, "trial_offset")
    };
    entry(id, name, "trial_return", (debited, credited), amount, stage, moment)
}

fn entry(
    id: EntryId,
    kind: &'static str,
    return_kind: &'static str,
    (debited, credited): (florin_ledger::AccountKey, florin_ledger::AccountKey),
    amount: Money,
    stage: Stage,
    moment: Moment,
) -> Entry {
    let is_return = matches!(stage, Stage::ComingBack | Stage::Returned);
    let (debited, credited) = if is_return { (credited, debited) } else { (debited, credited) };
    Entry {
        id,
        kind: if is_return { return_kind } else { kind },
        currency: amount.currency(),
        pending: matches!(stage, Stage::UnderWay | Stage::ComingBack),
        effective_on: moment.on,
        recorded_at: moment.at,
        postings: vec![
            Posting::debit(debited, amount.minor()),
            Posting::credit(credited, amount.minor()),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::CURRENCY;
    use jiff::Timestamp;
    use jiff::civil::date;

    #[test]
    fn every_entry_sums_to_zero() {
        let moment = Moment { on: date(2026, 12, 1), at: Timestamp::UNIX_EPOCH };
        let amount = Money::from_minor(1_234, CURRENCY);
        for stage in [Stage::UnderWay, Stage::Settled, Stage::ComingBack, Stage::Returned] {
            for kind in TransferKind::ALL {
                let customer = CustomerId::from_number(7);
                let entry = transfer(EntryId::new(), customer, *kind, amount, stage, moment);
                let is_open = matches!(stage, Stage::UnderWay | Stage::ComingBack);
                assert!(entry.check().is_ok() && entry.pending == is_open);
            }
            for is_credit in [true, false] {
                assert!(trial(EntryId::new(), is_credit, amount, stage, moment).check().is_ok());
            }
        }
    }

    #[test]
    fn numbers_of_the_chart_ascend() {
        assert!(CHART.windows(2).all(|pair| pair[0].no < pair[1].no));
    }
}
