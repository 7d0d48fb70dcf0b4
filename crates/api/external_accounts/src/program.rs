//! `/program/`: what is allowed.

use axum::extract::State;
use florin_external_accounts::program::{Limit, ProgramAccount, ProgramExternalAccount};
use florin_external_accounts::{ExternalAccounts, Program};
use florin_http::MoneyNumber;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ExternalAccountsApi;
use crate::caller::ProgramCaller;
use crate::docs::Refusals;
use crate::envelope::{Answer, Envelope, Outcome};
use crate::wire::Zone;

/// How a program is configured.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Program)]
pub(crate) struct ProgramBody {
    /// For people.
    #[schema(example = "Default program")]
    name: String,
    /// How external accounts come to be verified: `None`, `TrialDeposits` or `Any`.
    #[schema(example = "Any")]
    verification_type: &'static str,
    /// The zone in which times are answered.
    #[schema(example = "America/New_York")]
    time_zone: String,
    /// Of all withdrawals of a customer on a day.
    per_user_daily_withdraw_limit: LimitBody,
    /// Of all deposits of a customer on a day.
    per_user_daily_deposit_limit: LimitBody,
    /// Of all withdrawals of a customer in a month.
    per_user_monthly_withdraw_limit: LimitBody,
    /// Of all deposits of a customer in a month.
    per_user_monthly_deposit_limit: LimitBody,
    /// Of all withdrawals on a day.
    per_program_daily_withdraw_limit: LimitBody,
    /// Of all deposits on a day.
    per_program_daily_deposit_limit: LimitBody,
    /// For people; may be empty.
    website: String,
    /// Whether money can be moved between accounts in the program.
    is_internal_to_internal_transfer_enabled: bool,
    /// Whether customers can save regularly.
    is_recurring_contribution_enabled: bool,
    /// Decimals of amounts.
    #[schema(example = 2)]
    decimal_count: u32,
    /// When this was answered.
    #[schema(format = DateTime, example = "2014-02-25T15:21:16.152-06:00")]
    filled_date: String,
    /// The most external accounts of a customer.
    #[schema(example = 3)]
    per_user_external_account_count_max: u32,
    /// The most accounts in the program of a customer.
    #[schema(example = 1)]
    per_user_account_count_max: u32,
    /// The program's own accounts.
    accounts: Vec<ProgramAccountBody>,
    /// The program's accounts at its bank.
    external_accounts: Vec<ProgramExternalAccountBody>,
}

/// Bounds of transfers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Limit)]
struct LimitBody {
    /// The least that a single transfer may be.
    minimum_amount: MoneyNumber,
    /// The most that all transfers of the period may come to.
    maximum_amount: MoneyNumber,
}

/// One of the program's own accounts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProgramAccount)]
struct ProgramAccountBody {
    /// Its number.
    #[schema(example = 1)]
    program_account_id: i64,
    /// `VerificationFunds`, `RetailClearing` or `ProgramClearing`.
    #[schema(example = "RetailClearing")]
    #[serde(rename = "type")]
    kind: &'static str,
}

/// The program's account at its bank.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProgramExternalAccount)]
struct ProgramExternalAccountBody {
    /// Its number.
    #[schema(example = 4)]
    program_external_account_id: i64,
    /// Nine digits.
    #[schema(example = "123456789")]
    routing_number: String,
    /// The bank's name.
    #[schema(example = "COREPRO SANDBOX BANK")]
    nacha_name: String,
}

impl From<Limit> for LimitBody {
    fn from(limit: Limit) -> Self {
        Self {
            minimum_amount: MoneyNumber(limit.minimum()),
            maximum_amount: MoneyNumber(limit.maximum()),
        }
    }
}

impl From<&ProgramAccount> for ProgramAccountBody {
    fn from(account: &ProgramAccount) -> Self {
        Self { program_account_id: account.id.number(), kind: account.kind.as_str() }
    }
}

impl From<ProgramExternalAccount> for ProgramExternalAccountBody {
    fn from(account: ProgramExternalAccount) -> Self {
        Self {
            program_external_account_id: account.id.number(),
            routing_number: account.routing_number,
            nacha_name: account.nacha_name,
        }
    }
}

impl From<Program> for ProgramBody {
    fn from(program: Program) -> Self {
        let zone = Zone::named(&program.settings.time_zone);
        let limits = &program.settings.limits;
        Self {
            verification_type: program.settings.verification.as_str(),
            per_user_daily_withdraw_limit: limits.per_user_daily_withdraw.into(),
            per_user_daily_deposit_limit: limits.per_user_daily_deposit.into(),
            per_user_monthly_withdraw_limit: limits.per_user_monthly_withdraw.into(),
            per_user_monthly_deposit_limit: limits.per_user_monthly_deposit.into(),
            per_program_daily_withdraw_limit: limits.per_program_daily_withdraw.into(),
            per_program_daily_deposit_limit: limits.per_program_daily_deposit.into(),
            is_internal_to_internal_transfer_enabled: program.is_internal_transfer_enabled(),
            is_recurring_contribution_enabled: false,
            decimal_count: program.decimal_count(),
            filled_date: zone.time(program.filled_at),
            per_user_external_account_count_max: program.settings.external_account_count_max,
            per_user_account_count_max: 1,
            accounts: program.accounts.iter().map(Into::into).collect(),
            external_accounts: program.external_accounts.into_iter().map(Into::into).collect(),
            name: program.settings.name,
            time_zone: program.settings.time_zone,
            website: program.settings.website,
        }
    }
}

/// Get the program's configuration
#[utoipa::path(
    get,
    path = "/program/get",
    tag = "Program",
    operation_id = "get_program",
    responses((status = 200, body = Envelope<ProgramBody>, description = "The program"), Refusals)
)]
pub(crate) async fn get(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
) -> Outcome<ProgramBody> {
    let service: &ExternalAccounts = &api.accounts;
    Ok(Answer::ok(service.get_program(&caller).await?.into()))
}
