//! Programs: the rules under which a tenant's customers have external accounts.
//!
//! A tenant has one program that its API keys call; it is made when it is first needed, as a sandbox wants it, and
//! changed or replaced by the operator.

mod entity;
mod repo;

use florin_ids::TenantId;
use florin_storage::Tx;
use florin_tenancy::{Caller, day};
use jiff::Timestamp;

pub use entity::{
    CURRENCY, Limit, Program, ProgramAccount, ProgramAccountType, ProgramBank,
    ProgramExternalAccount, ProgramSettings, TransferLimits, VerificationType,
};

use crate::number::{self, Series};
use crate::words::{AccountId, ProgramId};
use crate::{ExternalAccounts, ExternalAccountsError};

impl ExternalAccounts {
    /// The program that the tenant's API keys call (`program/get`); it is made now if there is none yet.
    ///
    /// # Errors
    /// Storage only.
    pub async fn get_program(&self, caller: &Caller) -> Result<Program, ExternalAccountsError> {
        let (tenant, now, is_sandbox) = (caller.tenant, caller.now, self.is_sandbox);
        let found = self.db.read(move |tx| {
            let at = day::state_in(tx, tenant)?.stamp(now);
            let program = repo::default(tx, tenant)?;
            Ok::<_, ExternalAccountsError>(program.map(|it| Program { filled_at: at, ..it }))
        });
        if let Some(program) = found.await? {
            return Ok(program);
        }
        self.db
            .write(move |tx| {
                let at = day::state_in(tx, tenant)?.stamp(now);
                let program = default_in(tx, tenant, is_sandbox, at)?;
                Ok(Program { filled_at: at, ..program })
            })
            .await
    }

    /// Every program of a tenant, by number.
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_programs(
        &self,
        tenant: TenantId,
    ) -> Result<Vec<Program>, ExternalAccountsError> {
        self.db.read(move |tx| Ok(repo::list(tx, tenant)?)).await
    }

    /// Makes a program. The first one of a tenant is the one that its keys call, and so is a later one that
    /// `becomes_default`.
    ///
    /// # Errors
    /// [`ExternalAccountsError::BadSettings`].
    pub async fn create_program(
        &self,
        tenant: TenantId,
        settings: ProgramSettings,
        becomes_default: bool,
        now: Timestamp,
    ) -> Result<Program, ExternalAccountsError> {
        settings.check()?;
        self.db
            .write(move |tx| {
                let at = day::state_in(tx, tenant)?.stamp(now);
                let id = number::next_in(tx, tenant, Series::Program)?;
                let is_default = becomes_default || repo::default(tx, tenant)?.is_none();
                if is_default {
                    repo::unset_default(tx, tenant)?;
                }
                insert_in(tx, tenant, ProgramId::from_number(id), settings.clone(), is_default, at)
            })
            .await
    }

    /// Changes what is configured of a program. Its own accounts keep their numbers.
    ///
    /// # Errors
    /// [`ExternalAccountsError::BadSettings`], also when there is no such program.
    pub async fn change_program(
        &self,
        tenant: TenantId,
        id: ProgramId,
        settings: ProgramSettings,
    ) -> Result<Program, ExternalAccountsError> {
        settings.check()?;
        self.db
            .write(move |tx| {
                let unknown =
                    || ExternalAccountsError::BadSettings(format!("there is no program {id}"));
                let current = repo::get_for_update(tx, tenant, id)?.ok_or_else(unknown)?;
                let program = numbered_in(tx, tenant, settings.clone(), &current)?;
                repo::update(tx, tenant, &program)?;
                Ok(program)
            })
            .await
    }

    /// Lets the tenant's API keys call this program from now on.
    ///
    /// # Errors
    /// [`ExternalAccountsError::BadSettings`] when there is no such program.
    pub async fn use_program(
        &self,
        tenant: TenantId,
        id: ProgramId,
    ) -> Result<(), ExternalAccountsError> {
        self.db
            .write(move |tx| {
                if repo::get_for_update(tx, tenant, id)?.is_none() {
                    let text = format!("there is no program {id}");
                    return Err(ExternalAccountsError::BadSettings(text));
                }
                repo::unset_default(tx, tenant)?;
                Ok(repo::set_default(tx, tenant, id)?)
            })
            .await
    }
}

/// The program that the tenant's keys call, made when there is none yet. For transactions that write.
///
/// # Errors
/// The database's.
pub(crate) fn default_in(
    tx: &mut Tx,
    tenant: TenantId,
    is_sandbox: bool,
    at: Timestamp,
) -> Result<Program, ExternalAccountsError> {
    if let Some(program) = repo::default(tx, tenant)? {
        return Ok(program);
    }
    // Whoever else makes it waits here for the number, and then finds it.
    let id = ProgramId::from_number(number::next_in(tx, tenant, Series::Program)?);
    match repo::default(tx, tenant)? {
        Some(program) => Ok(program),
        None => {
            let settings = if is_sandbox {
                ProgramSettings::default()
            } else {
                ProgramSettings::without_bank()
            };
            insert_in(tx, tenant, id, settings, true, at)
        }
    }
}

/// The program that the tenant's keys call, when there is one.
///
/// # Errors
/// The database's.
pub(crate) fn find_default_in(
    tx: &mut Tx,
    tenant: TenantId,
) -> Result<Option<Program>, ExternalAccountsError> {
    Ok(repo::default(tx, tenant)?)
}

fn insert_in(
    tx: &mut Tx,
    tenant: TenantId,
    id: ProgramId,
    settings: ProgramSettings,
    is_default: bool,
    at: Timestamp,
) -> Result<Program, ExternalAccountsError> {
    let empty = Program {
        id,
        settings: ProgramSettings::default(),
        accounts: Vec::new(),
        external_accounts: Vec::new(),
        is_default,
        created_at: at,
        filled_at: at,
    };
    let program = numbered_in(tx, tenant, settings, &empty)?;
    repo::insert(tx, tenant, &program)?;
    Ok(program)
}

/// The program with these settings; accounts that it did not have get numbers.
fn numbered_in(
    tx: &mut Tx,
    tenant: TenantId,
    settings: ProgramSettings,
    current: &Program,
) -> Result<Program, ExternalAccountsError> {
    let mut accounts = Vec::new();
    for kind in &settings.accounts {
        let known = current.accounts.iter().find(|account| account.kind == *kind);
        let id = match known {
            Some(account) => account.id,
            None => AccountId::from_number(number::next_in(tx, tenant, Series::Account)?),
        };
        accounts.push(ProgramAccount { id, kind: *kind });
    }
    let mut external_accounts = Vec::new();
    if let Some(bank) = &settings.bank {
        let id = match current.external_accounts.first() {
            Some(account) => account.id,
            None => AccountId::from_number(number::next_in(tx, tenant, Series::Account)?),
        };
        let (routing_number, nacha_name) = (bank.routing_number.clone(), bank.nacha_name.clone());
        external_accounts.push(ProgramExternalAccount { id, routing_number, nacha_name });
    }
    Ok(Program { settings, accounts, external_accounts, ..current.clone() })
}
