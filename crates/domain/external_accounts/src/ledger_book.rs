//! What stands on customers' settlement accounts.

use florin_ids::TenantId;
use florin_ledger::{Balance, balances_in};
use florin_money::Money;
use florin_storage::Tx;

use crate::ExternalAccountsError;
use crate::customer::{Customer, SettlementAccount};
use crate::postings::CUSTOMER_SETTLEMENT;
use crate::program::CURRENCY;

/// The customer's settlement account with its balances, as of now.
///
/// # Errors
/// The database's.
pub fn settlement_in(
    tx: &mut Tx,
    tenant: TenantId,
    customer: &Customer,
) -> Result<SettlementAccount, ExternalAccountsError> {
    let owner = customer.id.uuid();
    let balances = balances_in(tx, tenant, vec![owner])?;
    let balance = balances.get(&(owner, CUSTOMER_SETTLEMENT.no)).copied();
    Ok(settlement(customer, balance.unwrap_or_default()))
}

/// The account is a liability: what we owe the customer stands in credit.
fn settlement(customer: &Customer, balance: Balance) -> SettlementAccount {
    let owed = balance.posted.saturating_neg();
    let money = |minor| Money::from_minor(minor, CURRENCY);
    SettlementAccount {
        id: customer.account,
        balance: money(owed),
        available: money(owed.saturating_sub(balance.pending_debit)),
        pending_in: money(balance.pending_credit),
        pending_out: money(balance.pending_debit),
    }
}
