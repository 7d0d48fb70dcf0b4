//! Accounts that an end user tells of by hand.

use axum::Json;
use axum::extract::State;
use florin_connect::{Connect, Detail, NewManualAccount};
use florin_http::request_body;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Body, Visit};
use crate::docs::{BadInput, Conflict, Refusals};
use crate::error::Answer;
use crate::guid::guid;
use crate::input::{Reader, Written};
use crate::partner::data::AccountBody;

request_body! {
    /// An account by hand.
    pub(crate) struct AccountInput as "NewManualAccount" {
        /// What the end user calls it.
        user_name: optional String,
        /// The same as `user_name`.
        name: optional String,
        /// 1 CHECKING, 2 SAVINGS, 3 LOAN, 4 CREDIT_CARD, 5 INVESTMENT, 6 LINE_OF_CREDIT, 7 MORTGAGE, 8 PROPERTY, 9 CASH,
        /// 10 INSURANCE, 11 PREPAID, 12 CHECKING_LINE_OF_CREDIT.
        account_type: optional i64,
        /// What stands on it, or what is owed on a loan or card.
        balance: optional Written,
        /// ISO 4217.
        currency_code: optional String,
        /// The most that can be owed.
        credit_limit: optional Written,
        /// The least that is paid a month.
        minimum_payment: optional Written,
        /// What was borrowed.
        original_balance: optional Written,
        /// Per cent a year.
        interest_rate: optional Written,
        /// The day of the month, 1 to 31.
        day_payment_is_due: optional Written,
        /// The kind of a property, 0 to 9.
        property_type: optional Written,
        /// A business's otherwise.
        is_personal: optional bool,
    }
    example {"account_type": 1, "user_name": "Joint account", "balance": "1250.00"}
}

/// A new account by hand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ManualAccount)]
pub(crate) struct ManualBody {
    /// The account.
    #[serde(flatten)]
    account: AccountBody,
    /// The institution that stands for accounts by hand.
    institution_guid: String,
}

/// Add an account by hand
#[utoipa::path(
    post, path = "/connect/v1/accounts", tag = "End user", operation_id = "account_create",
    security(("Session" = [])), request_body = AccountInput,
    responses(
        (status = 200, description = "The account.", body = ManualBody), BadInput, Conflict, Refusals
    ),
)]
pub(crate) async fn create(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Body(input): Body<AccountInput>,
) -> Answer<Json<ManualBody>> {
    let mut reader = Reader::default();
    let mut written = |field: &str, given: florin_http::Input<Written>| {
        reader.take(field, given).map(|Written(text)| text)
    };
    let mut new = NewManualAccount {
        balance: written("balance", input.balance),
        credit_limit: written("credit_limit", input.credit_limit),
        minimum_payment: written("minimum_payment", input.minimum_payment),
        original_balance: written("original_balance", input.original_balance),
        interest_rate: written("interest_rate", input.interest_rate),
        day_payment_is_due: written("day_payment_is_due", input.day_payment_is_due),
        property_type: written("property_type", input.property_type),
        ..NewManualAccount::default()
    };
    let name = reader.take("name", input.name);
    new.user_name = reader.take("user_name", input.user_name).or(name);
    new.account_type = reader.take("account_type", input.account_type);
    new.currency_code = reader.take("currency_code", input.currency_code);
    new.is_personal = reader.take("is_personal", input.is_personal);
    reader.done()?;
    let account = connect.create_account(&visitor, new).await?;
    let member = connect.member(&visitor, account.member).await?;
    Ok(Json(ManualBody {
        account: AccountBody::of(account, Detail::Masked),
        institution_guid: guid(member.institution),
    }))
}
