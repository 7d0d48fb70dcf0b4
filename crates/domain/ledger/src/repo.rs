//! SQL of the ledger.

use std::collections::BTreeMap;

use uuid::Uuid;

use florin_ids::{EntryId, TenantId};
use florin_money::Currency;
use florin_storage::{Insert, Row, StorageError, Tx, Type, Value, params};

use crate::{
    AccountKey, AccountNo, Balance, Changes, Entry, LedgerError, Outcome, Posting, Resolution,
    TrialBalanceLine,
};

/// What is booked under an entry's id.
pub(crate) struct Booked {
    pub pending: bool,
    pub currency: Currency,
    pub postings: Vec<Posting>,
}

const INSERT_ENTRY: Insert = Insert {
    table: "ledger_entry",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Uuid),
        ("kind", Type::Text),
        ("currency", Type::Text),
        ("pending", Type::Int),
        ("effective_on", Type::Text),
        ("recorded_at", Type::Int),
    ],
    on_conflict: "ON CONFLICT (tenant_id, id) DO NOTHING",
};

const INSERT_POSTING: Insert = Insert {
    table: "ledger_posting",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("entry_id", Type::Uuid),
        ("line", Type::Int),
        ("account_no", Type::Int),
        ("owner_id", Type::Uuid),
        ("amount", Type::Int),
    ],
    on_conflict: "",
};

const INSERT_RESOLUTION: Insert = Insert {
    table: "ledger_resolution",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("entry_id", Type::Uuid),
        ("outcome", Type::Text),
        ("effective_on", Type::Text),
        ("recorded_at", Type::Int),
    ],
    on_conflict: "",
};

const ADD_TO_BALANCE: Insert = Insert {
    table: "ledger_balance",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("owner_id", Type::Uuid),
        ("account_no", Type::Int),
        ("currency", Type::Text),
        ("posted", Type::Int),
        ("pending_debit", Type::Int),
        ("pending_credit", Type::Int),
    ],
    on_conflict: "ON CONFLICT (tenant_id, owner_id, account_no, currency) DO UPDATE SET \
        posted = ledger_balance.posted + excluded.posted, \
        pending_debit = ledger_balance.pending_debit + excluded.pending_debit, \
        pending_credit = ledger_balance.pending_credit + excluded.pending_credit",
};

/// The lines of the entries, in order, with what the lines share.
pub(crate) fn postings(
    tx: &mut Tx,
    tenant: TenantId,
    ids: &[EntryId],
) -> Result<BTreeMap<EntryId, Booked>, LedgerError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let mut lines = tx.query_keys(
        "SELECT e.id, e.pending, e.currency, p.line, p.account_no, p.owner_id, p.amount FROM ledger_entry e \
         JOIN ledger_posting p ON p.tenant_id = e.tenant_id AND p.entry_id = e.id \
         WHERE e.tenant_id = ?1 AND e.id = ANY(?2)",
        params![tenant, ids],
        |row| {
            let posting = Posting { account: account(row)?, amount_minor: row.get("amount")? };
            let place: (EntryId, i64) = (row.get("id")?, row.get("line")?);
            Ok((place, row.get("pending")?, currency(row)?, posting))
        },
    )?;
    lines.sort_unstable_by_key(|(place, ..)| *place);
    // An id that was asked for twice may have been answered twice.
    lines.dedup_by_key(|(place, ..)| *place);
    let mut found: BTreeMap<EntryId, Booked> = BTreeMap::new();
    for ((id, _), pending, currency, posting) in lines {
        let booked = found.entry(id).or_insert(Booked { pending, currency, postings: Vec::new() });
        booked.postings.push(posting);
    }
    Ok(found)
}

pub(crate) fn resolutions(
    tx: &mut Tx,
    tenant: TenantId,
    ids: &[EntryId],
) -> Result<BTreeMap<EntryId, Outcome>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = tx.query_keys(
        "SELECT entry_id, outcome FROM ledger_resolution WHERE tenant_id = ?1 AND entry_id = ANY(?2)",
        params![tenant, ids],
        |row| {
            let outcome: String = row.get("outcome")?;
            Ok((row.get("entry_id")?, if outcome == "posted" { Outcome::Posted } else { Outcome::Voided }))
        },
    )?;
    Ok(rows.into_iter().collect())
}

/// Inserts the heads of those entries whose ids are new, and answers how many those were.
pub(crate) fn insert_new_entries(
    tx: &mut Tx,
    tenant: TenantId,
    entries: &[Entry],
) -> Result<usize, StorageError> {
    let rows = entries.iter().map(|entry| {
        [
            Value::from(tenant),
            entry.id.into(),
            Value::fixed(entry.kind),
            Value::fixed(entry.currency.code()),
            entry.pending.into(),
            entry.effective_on.into(),
            entry.recorded_at.into(),
        ]
    });
    let inserted = tx.insert_many(&INSERT_ENTRY, rows)?;
    Ok(usize::try_from(inserted).unwrap_or(usize::MAX))
}

pub(crate) fn insert_postings(
    tx: &mut Tx,
    tenant: TenantId,
    entries: &[&Entry],
) -> Result<(), StorageError> {
    // Gathered first, so that storage knows their number and can choose the fastest way.
    let mut lines = Vec::with_capacity(entries.iter().map(|entry| entry.postings.len()).sum());
    for entry in entries {
        lines.extend(entry.postings.iter().zip(0_i64..).map(|(posting, line)| {
            [
                Value::from(tenant),
                entry.id.into(),
                line.into(),
                posting.account.no.into(),
                posting.account.owner.into(),
                posting.amount_minor.into(),
            ]
        }));
    }
    tx.insert_many(&INSERT_POSTING, lines)?;
    Ok(())
}

pub(crate) fn insert_resolutions(
    tx: &mut Tx,
    tenant: TenantId,
    resolutions: &[Resolution],
) -> Result<(), StorageError> {
    let rows = resolutions.iter().map(|resolution| {
        [
            Value::from(tenant),
            resolution.entry.into(),
            Value::fixed(if resolution.outcome == Outcome::Posted { "posted" } else { "voided" }),
            resolution.effective_on.into(),
            resolution.recorded_at.into(),
        ]
    });
    tx.insert_many(&INSERT_RESOLUTION, rows)?;
    Ok(())
}

pub(crate) fn add_to_balances(
    tx: &mut Tx,
    tenant: TenantId,
    changes: &Changes,
) -> Result<(), LedgerError> {
    let rows = changes.0.iter().map(|((account, currency), change)| {
        [
            Value::from(tenant),
            account.owner.into(),
            account.no.into(),
            Value::fixed(currency.code()),
            change.posted.into(),
            change.pending_debit.into(),
            change.pending_credit.into(),
        ]
    });
    tx.insert_many(&ADD_TO_BALANCE, rows)?;
    Ok(())
}

pub(crate) fn balances(
    tx: &mut Tx,
    tenant: TenantId,
    owners: Vec<Uuid>,
) -> Result<BTreeMap<(Uuid, AccountNo), Balance>, StorageError> {
    let rows = tx.query_keys(
        "SELECT owner_id, account_no, posted, pending_debit, pending_credit FROM ledger_balance \
         WHERE tenant_id = ?1 AND owner_id = ANY(?2)",
        params![tenant, owners],
        |row| {
            let account = account(row)?;
            Ok(((account.owner, account.no), balance(row)?))
        },
    )?;
    Ok(rows.into_iter().collect())
}

pub(crate) fn balances_between(
    tx: &mut Tx,
    tenant: TenantId,
    first: Uuid,
    last: Uuid,
) -> Result<BTreeMap<(Uuid, AccountNo), Balance>, StorageError> {
    let rows = tx.query(
        "SELECT owner_id, account_no, posted, pending_debit, pending_credit FROM ledger_balance \
         WHERE tenant_id = ?1 AND owner_id >= ?2 AND owner_id <= ?3 ORDER BY owner_id, account_no",
        params![tenant, first, last],
        |row| {
            let account = account(row)?;
            Ok(((account.owner, account.no), balance(row)?))
        },
    )?;
    Ok(rows.into_iter().collect())
}

pub(crate) fn trial_balance(
    tx: &mut Tx,
    tenant: TenantId,
) -> Result<Vec<TrialBalanceLine>, StorageError> {
    tx.query(
        "SELECT account_no, currency, CAST(SUM(posted) AS BIGINT) AS posted, \
         CAST(SUM(pending_debit) AS BIGINT) AS pending_debit, CAST(SUM(pending_credit) AS BIGINT) AS pending_credit \
         FROM ledger_balance WHERE tenant_id = ?1 GROUP BY account_no, currency ORDER BY account_no, currency",
        params![tenant],
        |row| {
            let balance = balance(row)?;
            Ok(TrialBalanceLine {
                no: row.get("account_no")?,
                currency: currency(row)?,
                posted: balance.posted,
                pending_debit: balance.pending_debit,
                pending_credit: balance.pending_credit,
            })
        },
    )
}

pub(crate) fn account(row: &Row<'_>) -> Result<AccountKey, StorageError> {
    Ok(AccountKey { owner: row.get("owner_id")?, no: row.get("account_no")? })
}

pub(crate) fn balance(row: &Row<'_>) -> Result<Balance, StorageError> {
    Ok(Balance {
        posted: row.get("posted")?,
        pending_debit: row.get("pending_debit")?,
        pending_credit: row.get("pending_credit")?,
    })
}

pub(crate) fn currency(row: &Row<'_>) -> Result<Currency, StorageError> {
    row.parse("currency", "a currency code", |code| Currency::from_code(code).ok())
}
