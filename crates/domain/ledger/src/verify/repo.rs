//! SQL of the proof: the postings are added up again, from nothing else than themselves.

use florin_storage::{StorageError, Tx, params};

use super::Proof;
use crate::{Balance, repo};

/// The first entry that has fewer than two postings or does not sum to zero; postings without an entry
/// and entries without postings are such entries too.
pub(super) fn first_entry_out_of_balance(tx: &mut Tx) -> Result<Option<Proof>, StorageError> {
    tx.query_opt(
        "SELECT tenant_id, entry_id, total, lines FROM ( \
           SELECT tenant_id, entry_id, CAST(SUM(amount) AS BIGINT) AS total, COUNT(*) AS lines, 1 AS booked \
           FROM ledger_posting GROUP BY tenant_id, entry_id \
           UNION ALL \
           SELECT e.tenant_id, e.id, 0, 0, 0 FROM ledger_entry e \
           LEFT JOIN ledger_posting p ON p.tenant_id = e.tenant_id AND p.entry_id = e.id AND p.line = 0 \
           WHERE p.entry_id IS NULL \
           UNION ALL \
           SELECT p.tenant_id, p.entry_id, p.amount, 1, 0 FROM ledger_posting p \
           LEFT JOIN ledger_entry e ON e.tenant_id = p.tenant_id AND e.id = p.entry_id \
           WHERE e.id IS NULL \
         ) AS q WHERE total <> 0 OR lines < 2 OR booked = 0 ORDER BY tenant_id, entry_id LIMIT 1",
        params![],
        |row| {
            Ok(Proof::EntryOutOfBalance {
                tenant: row.get("tenant_id")?,
                entry: row.get("entry_id")?,
                sum: row.get("total")?,
                postings: row.get("lines")?,
            })
        },
    )
}

/// The first account whose balance is not what its postings come to, in either direction.
pub(super) fn first_balance_that_differs(tx: &mut Tx) -> Result<Option<Proof>, StorageError> {
    tx.query_opt(
        "SELECT tenant_id, owner_id, account_no, currency, \
           CAST(SUM(kept) AS BIGINT) AS posted, CAST(SUM(kept_debit) AS BIGINT) AS pending_debit, CAST(SUM(kept_credit) AS BIGINT) AS pending_credit, \
           CAST(SUM(proven) AS BIGINT) AS proven, CAST(SUM(proven_debit) AS BIGINT) AS proven_debit, CAST(SUM(proven_credit) AS BIGINT) AS proven_credit \
         FROM ( \
           SELECT tenant_id, owner_id, account_no, currency, posted AS kept, pending_debit AS kept_debit, pending_credit AS kept_credit, \
             0 AS proven, 0 AS proven_debit, 0 AS proven_credit FROM ledger_balance \
           UNION ALL \
           SELECT p.tenant_id, p.owner_id, p.account_no, e.currency, 0, 0, 0, \
             CASE WHEN e.pending = 0 OR r.outcome = 'posted' THEN p.amount ELSE 0 END, \
             CASE WHEN e.pending = 1 AND r.outcome IS NULL AND p.amount > 0 THEN p.amount ELSE 0 END, \
             CASE WHEN e.pending = 1 AND r.outcome IS NULL AND p.amount < 0 THEN -p.amount ELSE 0 END \
           FROM ledger_posting p \
           JOIN ledger_entry e ON e.tenant_id = p.tenant_id AND e.id = p.entry_id \
           LEFT JOIN ledger_resolution r ON r.tenant_id = p.tenant_id AND r.entry_id = p.entry_id \
         ) AS q GROUP BY tenant_id, owner_id, account_no, currency \
         HAVING SUM(kept) <> SUM(proven) OR SUM(kept_debit) <> SUM(proven_debit) OR SUM(kept_credit) <> SUM(proven_credit) \
         ORDER BY tenant_id, account_no, owner_id, currency LIMIT 1",
        params![],
        |row| {
            Ok(Proof::BalanceDiffers {
                tenant: row.get("tenant_id")?,
                account: repo::account(row)?,
                currency: row.get("currency")?,
                kept: repo::balance(row)?,
                proven: Balance {
                    posted: row.get("proven")?,
                    pending_debit: row.get("proven_debit")?,
                    pending_credit: row.get("proven_credit")?,
                },
            })
        },
    )
}

/// How many entries and balances there are.
pub(super) fn counts(tx: &mut Tx) -> Result<(u64, u64), StorageError> {
    let mut count =
        |sql| tx.query_one(sql, params![], |row| row.get::<i64>("n")).map(i64::unsigned_abs);
    Ok((
        count("SELECT COUNT(*) AS n FROM ledger_entry")?,
        count("SELECT COUNT(*) AS n FROM ledger_balance")?,
    ))
}
