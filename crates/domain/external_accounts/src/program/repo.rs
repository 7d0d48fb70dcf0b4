//! SQL of programs.

use florin_ids::TenantId;
use florin_storage::{Row, StorageError, Tx, Value, params};

use super::entity::{
    Program, ProgramAccount, ProgramAccountType, ProgramBank, ProgramExternalAccount,
    ProgramSettings, VerificationType,
};
use crate::account::AccountKind;
use crate::column;
use crate::words::{AccountId, ProgramId, WORD};

pub(super) fn insert(tx: &mut Tx, tenant: TenantId, program: &Program) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO ea_program (tenant_id, id, name, verification, is_nacha, allowed_types, account_count_max, \
         archival_limit_daily, verify_attempts_max, verify_days, limits, time_zone, website, \
         customers_start_verified, accounts, bank_account_id, bank_routing, bank_name, is_default, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        &values(tenant, program),
    )?;
    Ok(())
}

pub(super) fn update(tx: &mut Tx, tenant: TenantId, program: &Program) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE ea_program SET name = ?3, verification = ?4, is_nacha = ?5, allowed_types = ?6, \
         account_count_max = ?7, archival_limit_daily = ?8, verify_attempts_max = ?9, verify_days = ?10, \
         limits = ?11, time_zone = ?12, website = ?13, customers_start_verified = ?14, accounts = ?15, \
         bank_account_id = ?16, bank_routing = ?17, bank_name = ?18, is_default = ?19, created_at = ?20 \
         WHERE tenant_id = ?1 AND id = ?2",
        &values(tenant, program),
    )?;
    Ok(())
}

/// The values of every column, in the order of the two statements above.
fn values(tenant: TenantId, program: &Program) -> Vec<Value> {
    let settings = &program.settings;
    let types: Vec<&str> = settings.allowed_types.iter().map(|kind| kind.as_str()).collect();
    let accounts: Vec<(i64, &str)> =
        program.accounts.iter().map(|it| (it.id.number(), it.kind.as_str())).collect();
    let bank = program.external_accounts.first();
    vec![
        tenant.into(),
        program.id.into(),
        settings.name.as_str().into(),
        settings.verification.as_str().into(),
        settings.is_nacha.into(),
        types.join(",").into(),
        settings.external_account_count_max.into(),
        settings.archival_limit_daily.into(),
        settings.verify_attempts_max.into(),
        settings.verify_days.into(),
        column::to_json(&settings.limits),
        settings.time_zone.as_str().into(),
        settings.website.as_str().into(),
        settings.customers_start_verified.into(),
        column::to_json(&accounts),
        bank.map(|it| it.id).into(),
        bank.map(|it| it.routing_number.as_str()).into(),
        bank.map(|it| it.nacha_name.as_str()).into(),
        program.is_default.into(),
        program.created_at.into(),
    ]
}

pub(super) fn default(tx: &mut Tx, tenant: TenantId) -> Result<Option<Program>, StorageError> {
    let sql = "SELECT * FROM ea_program WHERE tenant_id = ?1 AND is_default = 1";
    tx.query_opt(sql, params![tenant], read)
}

pub(super) fn get_for_update(
    tx: &mut Tx,
    tenant: TenantId,
    id: ProgramId,
) -> Result<Option<Program>, StorageError> {
    let sql = "SELECT * FROM ea_program WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE";
    tx.query_opt(sql, params![tenant, id], read)
}

pub(super) fn list(tx: &mut Tx, tenant: TenantId) -> Result<Vec<Program>, StorageError> {
    tx.query("SELECT * FROM ea_program WHERE tenant_id = ?1 ORDER BY id", params![tenant], read)
}

pub(super) fn unset_default(tx: &mut Tx, tenant: TenantId) -> Result<(), StorageError> {
    let sql = "UPDATE ea_program SET is_default = 0 WHERE tenant_id = ?1 AND is_default = 1";
    tx.execute(sql, params![tenant])?;
    Ok(())
}

pub(super) fn set_default(
    tx: &mut Tx,
    tenant: TenantId,
    id: ProgramId,
) -> Result<(), StorageError> {
    let sql = "UPDATE ea_program SET is_default = 1 WHERE tenant_id = ?1 AND id = ?2";
    tx.execute(sql, params![tenant, id])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Program, StorageError> {
    let accounts = accounts(row)?;
    let external_accounts: Vec<ProgramExternalAccount> =
        external_account(row)?.into_iter().collect();
    let bank = external_accounts.first().map(|account| ProgramBank {
        routing_number: account.routing_number.clone(),
        nacha_name: account.nacha_name.clone(),
    });
    let created_at = row.get("created_at")?;
    let settings = ProgramSettings {
        name: row.get("name")?,
        verification: row.parse("verification", WORD, VerificationType::parse)?,
        is_nacha: row.get("is_nacha")?,
        allowed_types: row.parse("allowed_types", WORD, types)?,
        external_account_count_max: row.get("account_count_max")?,
        archival_limit_daily: row.get("archival_limit_daily")?,
        verify_attempts_max: row.get("verify_attempts_max")?,
        verify_days: row.get("verify_days")?,
        limits: column::json(row, "limits")?,
        time_zone: row.get("time_zone")?,
        website: row.get("website")?,
        customers_start_verified: row.get("customers_start_verified")?,
        accounts: accounts.iter().map(|account| account.kind).collect(),
        bank,
    };
    Ok(Program {
        id: row.get("id")?,
        settings,
        accounts,
        external_accounts,
        is_default: row.get("is_default")?,
        created_at,
        filled_at: created_at,
    })
}

fn types(text: &str) -> Option<Vec<AccountKind>> {
    text.split(',').filter(|word| !word.is_empty()).map(AccountKind::parse).collect()
}

fn accounts(row: &Row<'_>) -> Result<Vec<ProgramAccount>, StorageError> {
    let written: Vec<(i64, String)> = column::json(row, "accounts")?;
    let read = |(number, kind): (i64, String)| {
        let kind = ProgramAccountType::parse(&kind)?;
        Some(ProgramAccount { id: AccountId::from_number(number), kind })
    };
    let accounts: Option<Vec<ProgramAccount>> = written.into_iter().map(read).collect();
    accounts.ok_or_else(|| column::bad("accounts", WORD))
}

fn external_account(row: &Row<'_>) -> Result<Option<ProgramExternalAccount>, StorageError> {
    let Some(id) = row.get::<Option<AccountId>>("bank_account_id")? else { return Ok(None) };
    Ok(Some(ProgramExternalAccount {
        id,
        routing_number: row.get("bank_routing")?,
        nacha_name: row.get("bank_name")?,
    }))
}
