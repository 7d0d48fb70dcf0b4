//! `/externalAccount/`: customers' accounts at other banks.

use axum::extract::{Path, Query, State};
use florin_external_accounts::account::VerifyAmounts;
use florin_external_accounts::{AccountUpdate, ExternalAccount, NewAccount};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ExternalAccountsApi;
use crate::caller::ProgramCaller;
use crate::docs::Refusals;
use crate::envelope::{Answer, Envelope, Outcome};
use crate::input::{Body, Fields, FromMembers};
use crate::json::Fault;
use crate::wire::{self, ByTag, Zone};

/// An account of a customer at another bank. What is not known is left out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalAccount)]
pub(crate) struct ExternalAccountBody {
    /// Last four digits of the account number, behind six asterisks.
    #[schema(example = "******9873")]
    #[serde(skip_serializing_if = "Option::is_none")]
    account_number_masked: Option<String>,
    /// Whose it is.
    #[schema(example = 231)]
    customer_id: i64,
    /// The caller's own data, at most 50 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_field1: Option<String>,
    /// The caller's own data, at most 50 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_field2: Option<String>,
    /// The caller's own data, at most 50 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_field3: Option<String>,
    /// The caller's own data, at most 50 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_field4: Option<String>,
    /// The caller's own data, at most 50 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_field5: Option<String>,
    /// Its number.
    #[schema(example = 253)]
    external_account_id: i64,
    /// The holder's first name.
    #[schema(example = "Brock")]
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    /// Whether it is not archived.
    is_active: bool,
    /// Whether nothing can be done with it, whatever its status.
    is_locked: bool,
    /// When anything of it last changed.
    #[schema(format = DateTime, example = "2014-02-25T15:21:16.152-06:00")]
    last_modified_date: String,
    /// The holder's last name.
    #[schema(example = "Weaver")]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
    /// When the time to tell the trial deposits was over.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_verify_expired_date: Option<String>,
    /// When the trial deposits were asked for.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_verify_sent_date: Option<String>,
    /// When it was locked; 9999-12-31 when it is not.
    #[schema(format = DateTime, example = "9999-12-31T23:59:59.999+00:00")]
    locked_date: String,
    /// Why it is locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    locked_reason: Option<String>,
    /// The bank's name.
    #[schema(example = "PrepaidAbc")]
    name: String,
    /// What the customer calls it; the bank's name unless given.
    #[schema(example = "pp1")]
    nick_name: String,
    /// The code of the last notification of change.
    #[schema(example = "C01")]
    #[serde(skip_serializing_if = "Option::is_none")]
    noc_code: Option<String>,
    /// Last four digits of the routing number, behind six asterisks.
    #[schema(example = "******1234")]
    #[serde(skip_serializing_if = "Option::is_none")]
    routing_number_masked: Option<String>,
    /// `Unverified`, `VerifyLocked`, `Verified`, `Denied`, `Expired` or `Archived`.
    #[schema(example = "Unverified")]
    status: &'static str,
    /// When the status last changed.
    #[schema(format = DateTime, example = "2014-02-25T15:21:16.152-06:00")]
    status_date: String,
    /// The caller's own id, unique within the program.
    #[schema(example = "tag12345")]
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    /// `Prepaid`, `Savings` or `Checking`.
    #[schema(example = "Savings")]
    #[serde(rename = "type")]
    kind: &'static str,
}

/// What an external account is made of.
#[derive(Debug, ToSchema)]
#[schema(as = NewExternalAccount, rename_all = "camelCase")]
pub(crate) struct NewAccountBody {
    /// Whose it is.
    #[schema(example = 456)]
    customer_id: i64,
    /// Nine digits; not needed for a prepaid account.
    #[schema(example = "123456789")]
    routing_number: Option<String>,
    /// At most 17 characters; not needed for a prepaid account.
    #[schema(example = "343434")]
    account_number: Option<String>,
    /// The holder's first name. `initiate` needs it, `create` needs either name.
    #[schema(example = "Brock")]
    first_name: Option<String>,
    /// The holder's last name.
    #[schema(example = "Weaver")]
    last_name: Option<String>,
    /// `Checking`, `Savings` or, for `create`, `Prepaid`.
    #[schema(example = "Checking")]
    #[schema(rename = "type")]
    kind: Option<String>,
    /// The bank's name, where the program does not find it by the routing number.
    name: Option<String>,
    /// What the customer calls it, at most 50 characters.
    #[schema(example = "Sample Bank Checking")]
    nick_name: Option<String>,
    /// The caller's own id, unique within the program, at most 50 characters.
    tag: Option<String>,
    /// The caller's own data, at most 50 characters.
    custom_field1: Option<String>,
    /// The caller's own data, at most 50 characters.
    custom_field2: Option<String>,
    /// The caller's own data, at most 50 characters.
    custom_field3: Option<String>,
    /// The caller's own data, at most 50 characters.
    custom_field4: Option<String>,
    /// The caller's own data, at most 50 characters.
    custom_field5: Option<String>,
}

/// What may change of an external account. What is absent or `null` stays as it is; an empty text clears it.
#[derive(Debug, ToSchema)]
#[schema(as = ExternalAccountUpdate, rename_all = "camelCase")]
pub(crate) struct UpdateBody {
    /// Whose it is.
    #[schema(example = 456)]
    customer_id: i64,
    /// Its number.
    #[schema(example = 12)]
    external_account_id: i64,
    /// What the customer calls it, at most 50 characters.
    #[schema(example = "Big Bank Checking")]
    nick_name: Option<String>,
    /// The caller's own id, unique within the program, at most 50 characters.
    tag: Option<String>,
    /// The caller's own data, at most 50 characters.
    custom_field1: Option<String>,
    /// The caller's own data, at most 50 characters.
    custom_field2: Option<String>,
    /// The caller's own data, at most 50 characters.
    custom_field3: Option<String>,
    /// The caller's own data, at most 50 characters.
    custom_field4: Option<String>,
    /// The caller's own data, at most 50 characters.
    custom_field5: Option<String>,
}

/// The amounts of the trial deposits, in either order.
#[derive(Debug, ToSchema)]
#[schema(as = ExternalAccountVerify, rename_all = "camelCase")]
pub(crate) struct VerifyBody {
    /// Whose it is.
    #[schema(example = 456)]
    customer_id: i64,
    /// Its number.
    #[schema(example = 12)]
    external_account_id: i64,
    /// One of the amounts.
    #[schema(value_type = f64, example = 0.24)]
    amount1: Decimal,
    /// The other one.
    #[schema(value_type = f64, example = 0.14)]
    amount2: Decimal,
}

/// Which external account.
#[derive(Debug, ToSchema)]
#[schema(as = ExternalAccountKey, rename_all = "camelCase")]
pub(crate) struct NamedBody {
    /// Whose it is.
    #[schema(example = 456)]
    customer_id: i64,
    /// Its number.
    #[schema(example = 12)]
    external_account_id: i64,
}

/// The number of an external account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalAccountIdOnly)]
pub(crate) struct IdBody {
    /// Its number.
    #[schema(example = 12)]
    external_account_id: i64,
}

impl From<ExternalAccount> for IdBody {
    fn from(account: ExternalAccount) -> Self {
        Self { external_account_id: account.id.number() }
    }
}

impl ExternalAccountBody {
    /// As clients in this zone see it.
    pub(crate) fn new(account: ExternalAccount, zone: &Zone) -> Self {
        let (is_active, is_locked) = (account.is_active(), account.is_locked());
        let [custom_field1, custom_field2, custom_field3, custom_field4, custom_field5] =
            account.custom_fields;
        Self {
            account_number_masked: account.account_number.map(|digits| digits.masked()),
            customer_id: account.customer.number(),
            custom_field1,
            custom_field2,
            custom_field3,
            custom_field4,
            custom_field5,
            external_account_id: account.id.number(),
            first_name: account.first_name,
            is_active,
            is_locked,
            last_modified_date: zone.time(account.last_modified_at),
            last_name: account.last_name,
            last_verify_expired_date: zone.optional(account.last_verify_expired_at),
            last_verify_sent_date: zone.optional(account.last_verify_sent_at),
            locked_date: zone.or_never(account.locked_at),
            locked_reason: account.locked_reason,
            name: account.name,
            nick_name: account.nick_name,
            noc_code: account.noc_code,
            routing_number_masked: account.routing_number.map(|digits| digits.masked()),
            status: account.status.as_str(),
            status_date: zone.time(account.status_at),
            tag: account.tag,
            kind: account.kind.as_str(),
        }
    }
}

impl FromMembers for NewAccountBody {
    const NAME: &'static str = "ExternalAccount";

    fn from_members(fields: &mut Fields<'_>) -> Self {
        let [custom_field1, custom_field2, custom_field3, custom_field4, custom_field5] =
            fields.custom();
        Self {
            customer_id: fields.id("customerId"),
            routing_number: fields.text("routingNumber"),
            account_number: fields.text("accountNumber"),
            first_name: fields.text("firstName"),
            last_name: fields.text("lastName"),
            kind: fields.text("type"),
            name: fields.text("name"),
            nick_name: fields.text("nickName"),
            tag: fields.text("tag"),
            custom_field1,
            custom_field2,
            custom_field3,
            custom_field4,
            custom_field5,
        }
    }
}

impl From<NewAccountBody> for NewAccount {
    fn from(body: NewAccountBody) -> Self {
        Self {
            customer: body.customer_id,
            routing_number: body.routing_number,
            account_number: body.account_number,
            first_name: body.first_name,
            last_name: body.last_name,
            kind: body.kind,
            name: body.name,
            nick_name: body.nick_name,
            tag: body.tag,
            custom_fields: [
                body.custom_field1,
                body.custom_field2,
                body.custom_field3,
                body.custom_field4,
                body.custom_field5,
            ],
        }
    }
}

impl FromMembers for UpdateBody {
    const NAME: &'static str = "ExternalAccount";

    fn from_members(fields: &mut Fields<'_>) -> Self {
        let [custom_field1, custom_field2, custom_field3, custom_field4, custom_field5] =
            fields.custom();
        Self {
            customer_id: fields.id("customerId"),
            external_account_id: fields.id("externalAccountId"),
            nick_name: fields.text("nickName"),
            tag: fields.text("tag"),
            custom_field1,
            custom_field2,
            custom_field3,
            custom_field4,
            custom_field5,
        }
    }
}

impl From<UpdateBody> for AccountUpdate {
    fn from(body: UpdateBody) -> Self {
        Self {
            customer: body.customer_id,
            account: body.external_account_id,
            nick_name: body.nick_name,
            tag: body.tag,
            custom_fields: [
                body.custom_field1,
                body.custom_field2,
                body.custom_field3,
                body.custom_field4,
                body.custom_field5,
            ],
        }
    }
}

impl FromMembers for VerifyBody {
    const NAME: &'static str = "ExternalAccountVerify";

    fn from_members(fields: &mut Fields<'_>) -> Self {
        Self {
            customer_id: fields.id("customerId"),
            external_account_id: fields.id("externalAccountId"),
            amount1: fields.required_money("amount1"),
            amount2: fields.required_money("amount2"),
        }
    }
}

impl FromMembers for NamedBody {
    const NAME: &'static str = "ExternalAccount";

    fn from_members(fields: &mut Fields<'_>) -> Self {
        Self {
            customer_id: fields.id("customerId"),
            external_account_id: fields.id("externalAccountId"),
        }
    }
}

/// Create a verified external account
///
/// For programs that vet accounts themselves: their verification type is `None` or `Any`.
#[utoipa::path(
    post,
    path = "/externalAccount/create",
    tag = "External accounts",
    operation_id = "create_external_account",
    request_body = NewAccountBody,
    responses((status = 201, body = Envelope<IdBody>, description = "The account's number"), Refusals)
)]
pub(crate) async fn create(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Body(new): Body<NewAccountBody>,
) -> Outcome<IdBody> {
    let account = api.accounts.create_account(&caller, new.into()).await?;
    Ok(Answer::created(account.into()))
}

/// Initiate an external account
///
/// Two trial deposits and a withdrawal of their sum are made; the account is unverified until `verify` is told the
/// amounts. In the sandbox they are 0.18 and 0.28. The status in the envelope is 200, as the document prints it.
#[utoipa::path(
    post,
    path = "/externalAccount/initiate",
    tag = "External accounts",
    operation_id = "initiate_external_account",
    request_body = NewAccountBody,
    responses((status = 201, body = Envelope<IdBody>, description = "The account's number"), Refusals)
)]
pub(crate) async fn initiate(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Body(new): Body<NewAccountBody>,
) -> Outcome<IdBody> {
    let account = api.accounts.initiate_account(&caller, new.into()).await?;
    Ok(Answer::initiated(account.into()))
}

/// Verify an external account by the amounts of its trial deposits
#[utoipa::path(
    post,
    path = "/externalAccount/verify",
    tag = "External accounts",
    operation_id = "verify_external_account",
    request_body = VerifyBody,
    responses((status = 200, body = Envelope<IdBody>, description = "The account is verified"), Refusals)
)]
pub(crate) async fn verify(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Body(told): Body<VerifyBody>,
) -> Outcome<IdBody> {
    let told = VerifyAmounts {
        customer: told.customer_id,
        account: told.external_account_id,
        amount1: told.amount1,
        amount2: told.amount2,
    };
    Ok(Answer::ok(api.accounts.verify_account(&caller, told).await?.into()))
}

/// Update an external account
#[utoipa::path(
    post,
    path = "/externalAccount/update",
    tag = "External accounts",
    operation_id = "update_external_account",
    request_body = UpdateBody,
    responses((status = 200, body = Envelope<IdBody>, description = "The account's number"), Refusals)
)]
pub(crate) async fn update(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Body(update): Body<UpdateBody>,
) -> Outcome<IdBody> {
    Ok(Answer::ok(api.accounts.update_account(&caller, update.into()).await?.into()))
}

/// Archive an external account
///
/// For good: it can be used in no transfer, and `get`, `getByTag` and `list` do not know it any more.
#[utoipa::path(
    post,
    path = "/externalAccount/archive",
    tag = "External accounts",
    operation_id = "archive_external_account",
    request_body = NamedBody,
    responses((status = 200, body = Envelope<IdBody>, description = "The account is archived"), Refusals)
)]
pub(crate) async fn archive(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Body(named): Body<NamedBody>,
) -> Outcome<IdBody> {
    let (customer, account) = (named.customer_id, named.external_account_id);
    Ok(Answer::ok(api.accounts.archive_account(&caller, customer, account).await?.into()))
}

/// Deactivate an external account
///
/// The old name of `archive`, with refusals of its own.
#[utoipa::path(
    post,
    path = "/externalAccount/deactivate",
    tag = "External accounts",
    operation_id = "deactivate_external_account",
    request_body = NamedBody,
    responses((status = 200, body = Envelope<IdBody>, description = "The account is archived"), Refusals)
)]
#[deprecated = "kept for clients that have not moved to archive"]
pub(crate) async fn deactivate(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Body(named): Body<NamedBody>,
) -> Outcome<IdBody> {
    let (customer, account) = (named.customer_id, named.external_account_id);
    Ok(Answer::ok(api.accounts.deactivate_account(&caller, customer, account).await?.into()))
}

/// Get an external account
#[utoipa::path(
    get,
    path = "/externalAccount/get/{customerId}/{externalAccountId}",
    tag = "External accounts",
    operation_id = "get_external_account",
    params(
        ("customerId" = i64, Path, description = "Whose it is"),
        ("externalAccountId" = i64, Path, description = "Its number"),
    ),
    responses((status = 200, body = Envelope<ExternalAccountBody>, description = "The account"), Refusals)
)]
pub(crate) async fn get(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Path((customer, account)): Path<(String, String)>,
) -> Outcome<ExternalAccountBody> {
    let customer = wire::customer(&customer)?;
    let account = wire::number(&account, |given| {
        Fault::new(66201, format!("Invalid external account id '{given}'."))
    })?;
    let account = api.accounts.get_account(&caller, customer, account).await?;
    let zone = Zone::of(&api.accounts, &caller).await?;
    Ok(Answer::ok(ExternalAccountBody::new(account, &zone)))
}

/// Get an external account by tag
///
/// Also as `/externalAccount/getByTag/{customerId}/?tag=`.
#[utoipa::path(
    get,
    path = "/externalAccount/getByTag/{customerId}/{tag}",
    tag = "External accounts",
    operation_id = "get_external_account_by_tag",
    params(
        ("customerId" = i64, Path, description = "Whose it is"),
        ("tag" = String, Path, description = "The caller's own id of it"),
    ),
    responses((status = 200, body = Envelope<ExternalAccountBody>, description = "The account"), Refusals)
)]
pub(crate) async fn get_by_tag(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Path((customer, tag)): Path<(String, String)>,
) -> Outcome<ExternalAccountBody> {
    let customer = wire::customer(&customer)?;
    let account = api.accounts.get_account_by_tag(&caller, customer, &tag).await?;
    let zone = Zone::of(&api.accounts, &caller).await?;
    Ok(Answer::ok(ExternalAccountBody::new(account, &zone)))
}

/// [`get_by_tag`] with the tag in the query.
pub(crate) async fn get_by_query(
    state: State<ExternalAccountsApi>,
    caller: ProgramCaller,
    Path(customer): Path<String>,
    Query(query): Query<ByTag>,
) -> Outcome<ExternalAccountBody> {
    get_by_tag(state, caller, Path((customer, query.tag()))).await
}

/// [`list`] as one client asks: for one account alone, if there is such a one.
pub(crate) async fn list_one(
    state: State<ExternalAccountsApi>,
    caller: ProgramCaller,
    Path((customer, account)): Path<(String, String)>,
) -> Outcome<Vec<ExternalAccountBody>> {
    let mut answer = list(state, caller, Path(customer)).await?;
    if !wire::is_absent(&account) {
        answer.data.retain(|it| it.external_account_id.to_string() == account);
    }
    Ok(answer)
}

/// List a customer's external accounts
#[utoipa::path(
    get,
    path = "/externalAccount/list/{customerId}",
    tag = "External accounts",
    operation_id = "list_external_accounts",
    params(("customerId" = i64, Path, description = "Whose they are")),
    responses((status = 200, body = Envelope<Vec<ExternalAccountBody>>, description = "The accounts, without archived ones"), Refusals)
)]
pub(crate) async fn list(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Path(customer): Path<String>,
) -> Outcome<Vec<ExternalAccountBody>> {
    let accounts = api.accounts.list_accounts(&caller, wire::customer(&customer)?).await?;
    let zone = Zone::of(&api.accounts, &caller).await?;
    let body = |account| ExternalAccountBody::new(account, &zone);
    Ok(Answer::ok(accounts.into_iter().map(body).collect()))
}
