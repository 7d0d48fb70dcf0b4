//! SQL of what is owed to borrowers: what stands on the ledger's account 2000 (see `postings.rs`), loan by loan.

use florin_ids::TenantId;
use florin_storage::{Field, Kind, ListQuery, Page, Row, StorageError, Tx, params};

use super::OwedToBorrower;
use crate::column;
use crate::loan::LoanStatus;

/// What the list can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "loan", column: "id", kind: Kind::Uuid },
    Field { name: "end_user", column: "end_user_id", kind: Kind::Uuid },
    Field { name: "status", column: "status", kind: Kind::Text },
    Field { name: "currency", column: "currency", kind: Kind::Text },
    Field { name: "amount", column: "amount", kind: Kind::Money },
];

const LIST: &str = "SELECT l.id, l.end_user_id, l.status, l.currency, -b.posted AS amount, b.pending_debit AS being_refunded \
     FROM ledger_balance b JOIN loan l ON l.tenant_id = b.tenant_id AND l.id = b.owner_id AND l.currency = b.currency \
     WHERE b.tenant_id = ?1 AND b.account_no = 2000 AND b.posted <> 0";

pub(in crate::refund) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<OwedToBorrower>, StorageError> {
    tx.list(LIST, params![tenant], query, read)
}

fn read(row: &Row<'_>) -> Result<OwedToBorrower, StorageError> {
    let currency = column::currency(row)?;
    Ok(OwedToBorrower {
        loan: row.get("id")?,
        end_user: row.get("end_user_id")?,
        status: column::word(row, "status", LoanStatus::parse)?,
        amount: column::money(row, "amount", currency)?,
        being_refunded: column::money(row, "being_refunded", currency)?,
    })
}
