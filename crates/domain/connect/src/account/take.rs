//! Takes in what an aggregator has read.

use florin_crypto::KeyRing;
use florin_ids::{ConnectAccountId, ConnectStatementId, ConnectTransactionId};
use florin_storage::Tx;
use jiff::Timestamp;

use super::entity::{Account, ConnectStatement, ConnectTransaction, Detail, Numbers, Owner};
use super::repo;
use crate::ConnectError;
use crate::aggregator::{AccountData, Data};
use crate::institution::derived_uuid;
use crate::member::Member;

/// Brings a member's accounts up to date; the member is held. Answers how many accounts there are that are not closed.
pub(crate) fn take_in(
    tx: &mut Tx,
    keys: &KeyRing,
    member: &Member,
    data: &Data,
    at: Timestamp,
) -> Result<usize, ConnectError> {
    let known = repo::of_member(tx, keys, member.tenant, member.id, Detail::Full)?;
    let mut open = known.iter().filter(|it| !it.is_closed).count();
    for told in &data.accounts {
        let id = match known.iter().find(|it| it.external_id == told.external_id) {
            Some(before) => {
                open += usize::from(before.is_closed);
                repo::update(tx, keys, &updated(before, told, at))?;
                before.id
            }
            None => {
                open += 1;
                let account = created(member, told, at);
                repo::insert(tx, keys, &account)?;
                account.id
            }
        };
        if !told.transactions.is_empty() {
            repo::put_transactions(tx, member.tenant, id, &transactions(id, told))?;
        }
        repo::put_statements(tx, keys, member.tenant, &statements(id, told))?;
    }
    if data.is_complete {
        let is_gone = |it: &&Account| {
            let is_told = data.accounts.iter().any(|told| told.external_id == it.external_id);
            !it.is_closed && !it.is_manual && !is_told
        };
        for gone in known.iter().filter(is_gone) {
            open = open.saturating_sub(1);
            let closed = Account { is_closed: true, updated_at: at, ..gone.clone() };
            repo::update(tx, keys, &closed)?;
        }
    }
    Ok(open)
}

fn created(member: &Member, told: &AccountData, at: Timestamp) -> Account {
    Account {
        id: ConnectAccountId::new(),
        tenant: member.tenant,
        user: member.user,
        member: member.id,
        external_id: told.external_id.clone(),
        name: told.name.clone(),
        account_type: told.account_type,
        currency: told.currency,
        numbers: told.numbers.clone().unwrap_or_default(),
        balance_minor: told.balance_minor,
        available_minor: told.available_minor,
        credit_limit_minor: told.credit_limit_minor,
        owners: told.owners.clone().unwrap_or_default(),
        is_verified: told.is_verified,
        is_manual: false,
        is_closed: false,
        balance_at: at,
        created_at: at,
        updated_at: at,
    }
}

/// What was not read stays as it was known.
fn updated(before: &Account, told: &AccountData, at: Timestamp) -> Account {
    let numbers = match &told.numbers {
        None => before.numbers.clone(),
        Some(told) => Numbers {
            account: told.account.clone().or_else(|| before.numbers.account.clone()),
            routing: told.routing.clone().or_else(|| before.numbers.routing.clone()),
            iban: told.iban.clone().or_else(|| before.numbers.iban.clone()),
        },
    };
    Account {
        name: told.name.clone(),
        account_type: told.account_type,
        // A number that the bank has changed has still to be proven.
        is_verified: told.is_verified || (before.is_verified && numbers == before.numbers),
        numbers,
        balance_minor: told.balance_minor,
        available_minor: told.available_minor,
        credit_limit_minor: told.credit_limit_minor.or(before.credit_limit_minor),
        owners: owners_of(before, told),
        is_closed: false,
        balance_at: at,
        updated_at: at,
        ..before.clone()
    }
}

/// Names alone do not replace what is known of the same people.
fn owners_of(before: &Account, told: &AccountData) -> Vec<Owner> {
    let Some(told) = &told.owners else { return before.owners.clone() };
    let known = |it: &Owner| before.owners.iter().find(|known| known.name == it.name);
    let is_name_alone = |it: &Owner| Owner { name: it.name.clone(), ..Owner::default() } == *it;
    let merged = |it: &Owner| match known(it) {
        Some(known) if is_name_alone(it) => known.clone(),
        _ => it.clone(),
    };
    told.iter().map(merged).collect()
}

fn transactions(account: ConnectAccountId, told: &AccountData) -> Vec<ConnectTransaction> {
    let row = |it: &crate::aggregator::TransactionData| ConnectTransaction {
        id: ConnectTransactionId::from_uuid(derived_uuid(&format!(
            "transaction:{account}:{}",
            it.external_id
        ))),
        account,
        external_id: it.external_id.clone(),
        posted_on: it.posted_on,
        amount_minor: it.amount_minor,
        balance_after_minor: it.balance_after_minor,
        description: it.description.clone(),
        merchant: it.merchant.clone(),
        category: it.category,
        is_pending: it.is_pending,
    };
    let mut rows: Vec<ConnectTransaction> = told.transactions.iter().map(row).collect();
    // Stable: those of a day stay as the bank tells them.
    rows.sort_by_key(|it| it.posted_on);
    rows
}

fn statements(account: ConnectAccountId, told: &AccountData) -> Vec<ConnectStatement> {
    let row = |it: &crate::aggregator::StatementData| ConnectStatement {
        id: ConnectStatementId::from_uuid(derived_uuid(&format!(
            "statement:{account}:{}",
            it.external_id
        ))),
        account,
        external_id: it.external_id.clone(),
        from_on: it.from_on,
        to_on: it.to_on,
        opening_minor: it.opening_minor,
        closing_minor: it.closing_minor,
        content: it.content.clone(),
    };
    told.statements.iter().map(row).collect()
}
