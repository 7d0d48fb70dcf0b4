//! SQL of contributions.

use florin_ids::{ContributionId, FundId, FundTransactionId, TenantId};
use florin_storage::{Row, StorageError, Tx, Type, Update, Value, params};
use jiff::civil::Date;
use uuid::Uuid;

use super::entity::{Contribution, ContributionStatus};
use super::schedule::{Due, Frequency, Slot, Terms};
use crate::column;

pub(super) fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    contribution: &Contribution,
) -> Result<(), StorageError> {
    let mut values = keys(tenant, contribution);
    values.extend([contribution.fund.into(), contribution.inserted_at.into()]);
    values.extend(changing(contribution));
    tx.execute(
        "INSERT INTO savings_contribution (tenant_id, id, fund_id, inserted_at, frequency, amount_minor, first_day, \
         second_day, starts_on, month, status, activation_date, next_on, next_period, next_slot, paid_period, \
         paid_slot, account_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, \
         ?18)",
        &values,
    )?;
    Ok(())
}

const UPDATE: Update = Update {
    table: "savings_contribution",
    keys: &[("tenant_id", Type::Uuid), ("id", Type::Uuid)],
    set: &[
        ("frequency", Type::Text),
        ("amount_minor", Type::Int),
        ("first_day", Type::Int),
        ("second_day", Type::Int),
        ("starts_on", Type::Text),
        ("month", Type::Int),
        ("status", Type::Text),
        ("activation_date", Type::Text),
        ("next_on", Type::Text),
        ("next_period", Type::Int),
        ("next_slot", Type::Int),
        ("paid_period", Type::Int),
        ("paid_slot", Type::Int),
        ("account_id", Type::Int),
    ],
    add: &[],
};

pub(crate) fn update_many(
    tx: &mut Tx,
    tenant: TenantId,
    contributions: &[Contribution],
) -> Result<(), StorageError> {
    let rows = contributions.iter().map(|it| {
        let mut values = keys(tenant, it);
        values.extend(changing(it));
        values
    });
    tx.update_many(&UPDATE, rows.collect::<Vec<_>>())?;
    Ok(())
}

fn keys(tenant: TenantId, contribution: &Contribution) -> Vec<Value> {
    vec![tenant.into(), contribution.id.into()]
}

fn changing(contribution: &Contribution) -> Vec<Value> {
    let (terms, next, paid) = (&contribution.terms, contribution.next, contribution.paid);
    vec![
        terms.frequency.as_str().into(),
        contribution.amount_minor.into(),
        terms.first_day.map(i64::from).into(),
        terms.second_day.map(i64::from).into(),
        terms.starts_on.into(),
        terms.month.map(i64::from).into(),
        contribution.status.as_str().into(),
        contribution.activation_date.into(),
        next.map(|due| due.on).into(),
        next.map(|due| i64::from(due.slot.period)).into(),
        next.map(|due| i64::from(due.slot.index)).into(),
        paid.map(|slot| i64::from(slot.period)).into(),
        paid.map(|slot| i64::from(slot.index)).into(),
        contribution.account.into(),
    ]
}

pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: ContributionId,
) -> Result<Option<Contribution>, StorageError> {
    let sql = "SELECT * FROM savings_contribution WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], read)
}

/// The contribution, which nobody else can change until the transaction ends.
pub(super) fn get_for_update(
    tx: &mut Tx,
    tenant: TenantId,
    id: ContributionId,
) -> Result<Option<Contribution>, StorageError> {
    let sql = "SELECT * FROM savings_contribution WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE";
    tx.query_opt(sql, params![tenant, id], read)
}

/// The contributions of a fund, oldest first.
pub(super) fn of_fund(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
) -> Result<Vec<Contribution>, StorageError> {
    let sql =
        "SELECT * FROM savings_contribution WHERE tenant_id = ?1 AND fund_id = ?2 ORDER BY id";
    tx.query(sql, params![tenant, fund], read)
}

/// Contributions that are due on `today`, after `after` in the order of their ids; nobody else can change them until the
/// transaction ends.
pub(crate) fn due_after(
    tx: &mut Tx,
    tenant: TenantId,
    today: Date,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Contribution>, StorageError> {
    let sql = "SELECT * FROM savings_contribution WHERE tenant_id = ?1 AND next_on <= ?2 AND id > ?3 \
               ORDER BY id LIMIT ?4 FOR UPDATE";
    tx.query(sql, params![tenant, today, after.unwrap_or(Uuid::nil()), limit], read)
}

/// Onetime contributions whose payment did not come are failed, and completed when it came after all.
pub(crate) fn follow(
    tx: &mut Tx,
    tenant: TenantId,
    failed: Vec<Uuid>,
    settled: Vec<Uuid>,
) -> Result<(), StorageError> {
    use ContributionStatus::{Completed, Failed};
    for (ids, from, to) in [(failed, Completed, Failed), (settled, Failed, Completed)] {
        if !ids.is_empty() {
            let sql = "UPDATE savings_contribution SET status = ?4 \
                       WHERE tenant_id = ?1 AND id = ANY(?2) AND status = ?3";
            tx.execute(sql, params![tenant, Value::Uuids(ids), from.as_str(), to.as_str()])?;
        }
    }
    Ok(())
}

/// Whether a key named a payment that the schedule had made.
pub(super) fn is_key_known(
    tx: &mut Tx,
    tenant: TenantId,
    id: ContributionId,
    key: &str,
) -> Result<bool, StorageError> {
    let sql = "SELECT transaction_id FROM savings_payment_key \
               WHERE tenant_id = ?1 AND contribution_id = ?2 AND payment_key = ?3";
    let found = tx.query_opt(sql, params![tenant, id, key], |row| {
        row.get::<FundTransactionId>("transaction_id")
    })?;
    Ok(found.is_some())
}

/// A key names a payment that the schedule has made.
pub(super) fn insert_key(
    tx: &mut Tx,
    tenant: TenantId,
    id: ContributionId,
    key: &str,
    transaction: FundTransactionId,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO savings_payment_key (tenant_id, contribution_id, payment_key, transaction_id) \
               VALUES (?1, ?2, ?3, ?4)";
    tx.execute(sql, params![tenant, id, key, transaction])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Contribution, StorageError> {
    let slot = |period: Option<i32>, index: Option<u8>| match (period, index) {
        (Some(period), Some(index)) => Some(Slot { period, index }),
        _ => None,
    };
    let next_slot = slot(column::small(row, "next_period")?, column::small(row, "next_slot")?);
    let next_on: Option<Date> = row.get("next_on")?;
    Ok(Contribution {
        id: row.get("id")?,
        fund: row.get("fund_id")?,
        terms: Terms {
            frequency: column::word(row, "frequency", Frequency::parse)?,
            first_day: column::small(row, "first_day")?,
            second_day: column::small(row, "second_day")?,
            starts_on: row.get("starts_on")?,
            month: column::small(row, "month")?,
        },
        amount_minor: row.get("amount_minor")?,
        account: row.get("account_id")?,
        status: column::word(row, "status", ContributionStatus::parse)?,
        activation_date: row.get("activation_date")?,
        next: next_slot.zip(next_on).map(|(slot, on)| Due { slot, on }),
        paid: slot(column::small(row, "paid_period")?, column::small(row, "paid_slot")?),
        inserted_at: row.get("inserted_at")?,
    })
}
