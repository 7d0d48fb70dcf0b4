//! `/transfer/`: money between a customer's account in the program and an external account.

use axum::extract::State;
use florin_external_accounts::{NewTransfer, Transfer, VoidTransfer};
use florin_http::MoneyNumber;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ExternalAccountsApi;
use crate::caller::ProgramCaller;
use crate::docs::Refusals;
use crate::envelope::{Answer, Envelope, Outcome};
use crate::input::{Body, Fields, FromMembers};

/// Money from one account to another.
#[derive(Debug, ToSchema)]
#[schema(as = NewTransfer, rename_all = "camelCase")]
pub(crate) struct NewTransferBody {
    /// Whose accounts they are.
    #[schema(example = 231)]
    customer_id: i64,
    /// The external account, or the customer's account in the program.
    #[schema(example = 253)]
    from_id: i64,
    /// The other one.
    #[schema(example = 254)]
    to_id: i64,
    /// Dollars, more than 0, at most two decimals.
    #[schema(value_type = f64, example = 25.00)]
    amount: Decimal,
    /// The caller's own id of the transfer: the same tag again answers the first transfer.
    #[schema(example = "order-17")]
    tag: Option<String>,
    /// What the bank statement is to say, at most 50 characters.
    description: Option<String>,
    /// Whether it is to settle on the same day where that can be; the answer says whether it can.
    is_same_day_settle: Option<bool>,
}

/// Which transfer is to be called off: by number or by tag.
#[derive(Debug, ToSchema)]
#[schema(as = VoidTransfer, rename_all = "camelCase")]
pub(crate) struct VoidTransferBody {
    /// Whose it is.
    #[schema(example = 231)]
    customer_id: i64,
    /// Its number.
    #[schema(example = 17)]
    transaction_id: Option<i64>,
    /// The caller's own id of it.
    #[schema(example = "order-17")]
    tag: Option<String>,
}

/// A transfer. What is not known is left out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Transfer)]
pub(crate) struct TransferBody {
    /// Whose accounts they are.
    #[schema(example = 231)]
    customer_id: i64,
    /// Where the money comes from.
    #[schema(example = 253)]
    from_id: i64,
    /// Where it goes to.
    #[schema(example = 254)]
    to_id: i64,
    /// Dollars.
    amount: MoneyNumber,
    /// The caller's own id of the transfer.
    #[schema(example = "order-17")]
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    /// As sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// The same under another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    nacha_description: Option<String>,
    /// Whether it can: `false` also where it was asked for and bank, amount (1,000,000 dollars) or prenote stand against it.
    is_same_day_settle: bool,
    /// Its number among the transactions.
    #[schema(example = 17)]
    transaction_id: i64,
    /// `Initiated`, `Pending`, `Settled`, `Returned` or `Voided`.
    #[schema(example = "Initiated")]
    status: &'static str,
}

impl From<Transfer> for TransferBody {
    fn from(transfer: Transfer) -> Self {
        Self {
            customer_id: transfer.customer.number(),
            from_id: transfer.from().number(),
            to_id: transfer.to().number(),
            amount: MoneyNumber(transfer.amount),
            transaction_id: transfer.id.number(),
            status: transfer.status.as_str(),
            is_same_day_settle: transfer.is_same_day_settle,
            tag: transfer.tag,
            nacha_description: transfer.description.clone(),
            description: transfer.description,
        }
    }
}

impl FromMembers for NewTransferBody {
    const NAME: &'static str = "Transfer";

    fn from_members(fields: &mut Fields<'_>) -> Self {
        Self {
            customer_id: fields.id("customerId"),
            from_id: fields.id("fromId"),
            to_id: fields.id("toId"),
            amount: fields.required_money("amount"),
            tag: fields.text("tag"),
            // One client has only this name for it.
            description: fields.text("description").or_else(|| fields.text("nachaDescription")),
            is_same_day_settle: fields.boolean("isSameDaySettle"),
        }
    }
}

impl FromMembers for VoidTransferBody {
    const NAME: &'static str = "Transfer";

    fn from_members(fields: &mut Fields<'_>) -> Self {
        Self {
            customer_id: fields.id("customerId"),
            transaction_id: fields.integer("transactionId"),
            tag: fields.text("tag"),
        }
    }
}

/// Move money
///
/// From a verified external account to the customer's account in the program, or the other way. The answer is a list of
/// one transfer.
#[utoipa::path(
    post,
    path = "/transfer/create",
    tag = "Transfers",
    operation_id = "create_transfer",
    request_body = NewTransferBody,
    responses((status = 201, body = Envelope<Vec<TransferBody>>, description = "The transfer"), Refusals)
)]
pub(crate) async fn create(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Body(new): Body<NewTransferBody>,
) -> Outcome<Vec<TransferBody>> {
    let new = NewTransfer {
        customer: new.customer_id,
        from: new.from_id,
        to: new.to_id,
        amount: new.amount,
        tag: new.tag,
        description: new.description,
        is_same_day_settle: new.is_same_day_settle.unwrap_or_default(),
    };
    let transfer = api.accounts.create_transfer(&caller, new).await?;
    Ok(Answer::created(vec![transfer.into()]))
}

/// Void a transfer that has not left yet
#[utoipa::path(
    post,
    path = "/transfer/void",
    tag = "Transfers",
    operation_id = "void_transfer",
    request_body = VoidTransferBody,
    responses((status = 200, body = Envelope<Vec<TransferBody>>, description = "The transfer"), Refusals)
)]
pub(crate) async fn void(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Body(void): Body<VoidTransferBody>,
) -> Outcome<Vec<TransferBody>> {
    let void = VoidTransfer {
        customer: void.customer_id,
        // Clients that print unset numbers write 0.
        transaction: void.transaction_id.filter(|number| *number != 0),
        tag: void.tag,
    };
    let transfer = api.accounts.void_transfer(&caller, void).await?;
    Ok(Answer::ok(vec![transfer.into()]))
}
