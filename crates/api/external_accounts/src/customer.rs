//! `/customer/`: who has accounts.

use axum::extract::{Path, Query, State};
use florin_external_accounts::customer::{Address, Phone};
use florin_external_accounts::{
    CustomerView, ExternalAccountsError, NewCustomer, SettlementAccount, rejection,
};
use florin_http::MoneyNumber;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ExternalAccountsApi;
use crate::caller::ProgramCaller;
use crate::docs::Refusals;
use crate::envelope::{Answer, Envelope, Outcome};
use crate::external_account::ExternalAccountBody;
use crate::input::{Body, Fields, FromMembers};
use crate::json::Fault;
use crate::wire::{self, ByTag, Zone};

/// A customer of the program. What is not known is left out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Customer)]
pub(crate) struct CustomerBody {
    /// Its number.
    #[schema(example = 231)]
    customer_id: i64,
    /// First name.
    #[schema(example = "Brock")]
    first_name: String,
    /// Middle name.
    #[serde(skip_serializing_if = "Option::is_none")]
    middle_name: Option<String>,
    /// Last name.
    #[schema(example = "Weaver")]
    last_name: String,
    /// Such as `Jr.`.
    #[serde(skip_serializing_if = "Option::is_none")]
    suffix: Option<String>,
    /// Date of birth, as midnight in UTC.
    #[schema(format = DateTime, example = "1976-07-04T00:00:00.000+00:00")]
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_date: Option<String>,
    /// As sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    gender: Option<String>,
    /// Such as `en-US`.
    #[serde(skip_serializing_if = "Option::is_none")]
    culture: Option<String>,
    /// The caller's own id, unique within the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    /// `Initiated`, `Unverified` or `Verified`; only a verified customer can act.
    #[schema(example = "Verified")]
    status: &'static str,
    /// When it was created.
    #[schema(format = DateTime, example = "2014-02-25T15:21:16.152-06:00")]
    created_date: String,
    /// Last four digits of the tax id, behind six asterisks.
    #[schema(example = "******1234")]
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_id_masked: Option<String>,
    /// As sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    email_address: Option<String>,
    /// Whether it can act at all.
    is_active: bool,
    /// Whether it is locked.
    is_locked: bool,
    /// When it was locked; 9999-12-31 when it is not.
    #[schema(format = DateTime, example = "9999-12-31T23:59:59.999+00:00")]
    locked_date: String,
    /// Why it is locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    locked_reason: Option<String>,
    /// The day on which it died, as midnight in UTC.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    deceased_date: Option<String>,
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
    /// When it last changed.
    #[schema(format = DateTime, example = "2014-02-25T15:21:16.152-06:00")]
    last_modified_date: String,
    /// Phone numbers, as sent.
    phones: Vec<PhoneBody>,
    /// Addresses, as sent.
    addresses: Vec<AddressBody>,
    /// Its account in the program.
    accounts: Vec<AccountBody>,
    /// Its accounts at other banks, without the archived ones.
    external_accounts: Vec<ExternalAccountBody>,
}

/// A phone number.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Phone)]
pub(crate) struct PhoneBody {
    /// Such as `Mobile`.
    #[schema(example = "Mobile")]
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_type: Option<String>,
    /// The number.
    #[schema(example = "515-555-0100")]
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    /// Whether it is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_active: Option<bool>,
}

/// A postal address.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Address)]
pub(crate) struct AddressBody {
    /// Such as `Residence`.
    #[schema(example = "Residence")]
    #[serde(skip_serializing_if = "Option::is_none")]
    address_type: Option<String>,
    /// First line.
    #[serde(skip_serializing_if = "Option::is_none")]
    address_line1: Option<String>,
    /// Second line.
    #[serde(skip_serializing_if = "Option::is_none")]
    address_line2: Option<String>,
    /// Third line.
    #[serde(skip_serializing_if = "Option::is_none")]
    address_line3: Option<String>,
    /// Fourth line.
    #[serde(skip_serializing_if = "Option::is_none")]
    address_line4: Option<String>,
    /// City.
    #[schema(example = "Ames")]
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    /// State.
    #[schema(example = "IA")]
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    /// ZIP code.
    #[schema(example = "50010")]
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    /// Country.
    #[schema(example = "US")]
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    /// Whether it is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_active: Option<bool>,
}

/// A customer's account in the program.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Account)]
pub(crate) struct AccountBody {
    /// Its number, for `fromId` and `toId` of transfers.
    #[schema(example = 254)]
    account_id: i64,
    /// Whose it is.
    #[schema(example = 231)]
    customer_id: i64,
    /// Always `Settlement`.
    #[schema(example = "Settlement")]
    #[serde(rename = "type")]
    kind: &'static str,
    /// Always `Active`.
    #[schema(example = "Active")]
    status: &'static str,
    /// Always true: a customer has one.
    is_primary: bool,
    /// What has settled.
    account_balance: MoneyNumber,
    /// What can be withdrawn: what has settled less what is on its way out.
    available_balance: MoneyNumber,
    /// What is on its way in less what is on its way out.
    pending_balance: MoneyNumber,
}

/// What a customer is made of.
#[derive(Debug, ToSchema)]
#[schema(as = NewCustomer, rename_all = "camelCase")]
pub(crate) struct NewCustomerBody {
    /// At most 50 characters.
    #[schema(example = "Brock")]
    first_name: Option<String>,
    /// At most 50 characters.
    middle_name: Option<String>,
    /// At most 50 characters.
    #[schema(example = "Weaver")]
    last_name: Option<String>,
    /// Such as `Jr.`.
    suffix: Option<String>,
    /// A date, or a date and time.
    #[schema(value_type = Option<String>, format = Date, example = "1976-07-04")]
    birth_date: Option<Date>,
    /// Kept as sent.
    gender: Option<String>,
    /// Such as `en-US`.
    culture: Option<String>,
    /// The caller's own id, unique within the program, at most 50 characters.
    tag: Option<String>,
    /// Social security number or the like; sealed, and shown masked.
    tax_id: Option<String>,
    /// Kept as sent.
    email_address: Option<String>,
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
    /// Phone numbers.
    phones: Vec<PhoneBody>,
    /// Addresses.
    addresses: Vec<AddressBody>,
}

/// The number of a customer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomerIdOnly)]
pub(crate) struct CustomerIdBody {
    /// Its number.
    #[schema(example = 231)]
    customer_id: i64,
}

impl From<Phone> for PhoneBody {
    fn from(phone: Phone) -> Self {
        let Phone { phone_type, number, is_active } = phone;
        Self { phone_type, number, is_active }
    }
}

impl From<PhoneBody> for Phone {
    fn from(phone: PhoneBody) -> Self {
        let PhoneBody { phone_type, number, is_active } = phone;
        Self { phone_type, number, is_active }
    }
}

impl From<Address> for AddressBody {
    fn from(address: Address) -> Self {
        Self {
            address_type: address.address_type,
            address_line1: address.address_line1,
            address_line2: address.address_line2,
            address_line3: address.address_line3,
            address_line4: address.address_line4,
            city: address.city,
            state: address.state,
            postal_code: address.postal_code,
            country: address.country,
            is_active: address.is_active,
        }
    }
}

impl From<AddressBody> for Address {
    fn from(address: AddressBody) -> Self {
        Self {
            address_type: address.address_type,
            address_line1: address.address_line1,
            address_line2: address.address_line2,
            address_line3: address.address_line3,
            address_line4: address.address_line4,
            city: address.city,
            state: address.state,
            postal_code: address.postal_code,
            country: address.country,
            is_active: address.is_active,
        }
    }
}

fn take_phone(fields: &mut Fields<'_>) -> PhoneBody {
    PhoneBody {
        phone_type: fields.text("phoneType"),
        number: fields.text("number"),
        is_active: fields.boolean("isActive"),
    }
}

fn take_address(fields: &mut Fields<'_>) -> AddressBody {
    AddressBody {
        address_type: fields.text("addressType"),
        address_line1: fields.text("addressLine1"),
        address_line2: fields.text("addressLine2"),
        address_line3: fields.text("addressLine3"),
        address_line4: fields.text("addressLine4"),
        city: fields.text("city"),
        state: fields.text("state"),
        postal_code: fields.text("postalCode"),
        country: fields.text("country"),
        is_active: fields.boolean("isActive"),
    }
}

impl FromMembers for NewCustomerBody {
    const NAME: &'static str = "Customer";

    fn from_members(fields: &mut Fields<'_>) -> Self {
        let [custom_field1, custom_field2, custom_field3, custom_field4, custom_field5] =
            fields.custom();
        Self {
            first_name: fields.text("firstName"),
            middle_name: fields.text("middleName"),
            last_name: fields.text("lastName"),
            suffix: fields.text("suffix"),
            birth_date: fields.date("birthDate"),
            gender: fields.text("gender"),
            culture: fields.text("culture"),
            tag: fields.text("tag"),
            tax_id: fields.text("taxId"),
            email_address: fields.text("emailAddress"),
            custom_field1,
            custom_field2,
            custom_field3,
            custom_field4,
            custom_field5,
            phones: fields.objects("phones", take_phone),
            addresses: fields.objects("addresses", take_address),
        }
    }
}

impl From<NewCustomerBody> for NewCustomer {
    fn from(body: NewCustomerBody) -> Self {
        Self {
            first_name: body.first_name,
            middle_name: body.middle_name,
            last_name: body.last_name,
            suffix: body.suffix,
            birth_date: body.birth_date,
            gender: body.gender,
            culture: body.culture,
            tag: body.tag,
            tax_id: body.tax_id,
            email_address: body.email_address,
            custom_fields: [
                body.custom_field1,
                body.custom_field2,
                body.custom_field3,
                body.custom_field4,
                body.custom_field5,
            ],
            phones: body.phones.into_iter().map(Into::into).collect(),
            addresses: body.addresses.into_iter().map(Into::into).collect(),
        }
    }
}

impl AccountBody {
    fn new(account: &SettlementAccount, customer_id: i64) -> Result<Self, ExternalAccountsError> {
        Ok(Self {
            account_id: account.id.number(),
            customer_id,
            kind: "Settlement",
            status: "Active",
            is_primary: true,
            account_balance: MoneyNumber(account.balance),
            available_balance: MoneyNumber(account.available),
            pending_balance: MoneyNumber(account.pending_in.checked_sub(account.pending_out)?),
        })
    }
}

impl CustomerBody {
    fn new(view: CustomerView, zone: &Zone) -> Result<Self, ExternalAccountsError> {
        let customer = view.customer;
        let customer_id = customer.id.number();
        let [custom_field1, custom_field2, custom_field3, custom_field4, custom_field5] =
            customer.custom_fields;
        let external = view.external_accounts;
        Ok(Self {
            customer_id,
            first_name: customer.first_name,
            middle_name: customer.middle_name,
            last_name: customer.last_name,
            suffix: customer.suffix,
            birth_date: customer.birth_date.map(wire::day),
            gender: customer.gender,
            culture: customer.culture,
            tag: customer.tag,
            status: customer.status.as_str(),
            created_date: zone.time(customer.created_at),
            tax_id_masked: customer.tax_id.map(|digits| digits.masked()),
            email_address: customer.email_address,
            is_active: customer.is_active,
            is_locked: customer.locked_at.is_some(),
            locked_date: zone.or_never(customer.locked_at),
            locked_reason: customer.locked_reason,
            deceased_date: customer.deceased_on.map(wire::day),
            custom_field1,
            custom_field2,
            custom_field3,
            custom_field4,
            custom_field5,
            last_modified_date: zone.time(customer.last_modified_at),
            phones: customer.phones.into_iter().map(Into::into).collect(),
            addresses: customer.addresses.into_iter().map(Into::into).collect(),
            accounts: vec![AccountBody::new(&view.account, customer_id)?],
            external_accounts: external
                .into_iter()
                .map(|account| ExternalAccountBody::new(account, zone))
                .collect(),
        })
    }
}

/// Create a customer
///
/// It is verified at once, unless its program says otherwise, and has an account in the program.
#[utoipa::path(
    post,
    path = "/customer/create",
    tag = "Customers",
    operation_id = "create_customer",
    request_body = NewCustomerBody,
    responses((status = 201, body = Envelope<CustomerIdBody>, description = "The customer's number"), Refusals)
)]
pub(crate) async fn create(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Body(new): Body<NewCustomerBody>,
) -> Outcome<CustomerIdBody> {
    let customer = api.accounts.create_customer(&caller, new.into()).await?;
    Ok(Answer::created(CustomerIdBody { customer_id: customer.id.number() }))
}

/// Get a customer
#[utoipa::path(
    get,
    path = "/customer/get/{customerId}",
    tag = "Customers",
    operation_id = "get_customer",
    params(("customerId" = i64, Path, description = "The customer's number")),
    responses((status = 200, body = Envelope<CustomerBody>, description = "The customer"), Refusals)
)]
pub(crate) async fn get(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Path(customer): Path<String>,
) -> Outcome<CustomerBody> {
    let view = api.accounts.get_customer(&caller, wire::customer(&customer)?).await?;
    let zone = Zone::of(&api.accounts, &caller).await?;
    Ok(Answer::ok(CustomerBody::new(view, &zone)?))
}

/// Get a customer by tag
///
/// Also as `/customer/getByTag/?tag=`.
#[utoipa::path(
    get,
    path = "/customer/getByTag/{tag}",
    tag = "Customers",
    operation_id = "get_customer_by_tag",
    params(("tag" = String, Path, description = "The caller's own id of the customer")),
    responses((status = 200, body = Envelope<CustomerBody>, description = "The customer"), Refusals)
)]
pub(crate) async fn get_by_tag(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Path(tag): Path<String>,
) -> Outcome<CustomerBody> {
    let view = api.accounts.get_customer_by_tag(&caller, &tag).await?;
    let zone = Zone::of(&api.accounts, &caller).await?;
    Ok(Answer::ok(CustomerBody::new(view, &zone)?))
}

/// [`get_by_tag`] as one client asks: the customer's number, which it may not know, stands before the tag.
pub(crate) async fn get_named_by_tag(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Path((customer, tag)): Path<(String, String)>,
) -> Outcome<CustomerBody> {
    let view = api.accounts.get_customer_by_tag(&caller, &tag).await?;
    if !wire::is_absent(&customer) && wire::customer(&customer)? != view.customer.id.number() {
        return Err(Fault::from(rejection::customer_tag_unknown(&tag)).into());
    }
    let zone = Zone::of(&api.accounts, &caller).await?;
    Ok(Answer::ok(CustomerBody::new(view, &zone)?))
}

/// [`get_by_tag`] with the tag in the query.
pub(crate) async fn get_by_query(
    state: State<ExternalAccountsApi>,
    caller: ProgramCaller,
    Query(query): Query<ByTag>,
) -> Outcome<CustomerBody> {
    get_by_tag(state, caller, Path(query.tag())).await
}
