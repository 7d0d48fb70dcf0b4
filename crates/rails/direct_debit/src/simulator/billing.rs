//! Billing requests and their flows: from the wish for a mandate to the mandate.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use super::answer::{Answer, Fault, Refusal};
use super::mandates::ActionData;
use super::organisation::{AccountRow, CustomerRow, Organisation, Told, because};
use super::payments::check_metadata;
use super::request::{ApiRequest, Params};
use crate::account::{AccountNumber, SortCode};
use crate::states::BACS_ACTIONS;
use crate::wire::*;

/// How long a flow's link leads somewhere.
const FLOW_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
const BRQ: &str = "billing_requests";

impl Organisation {
    pub fn create_billing_request(&mut self, request: &ApiRequest) -> Result<Answer, Refusal> {
        self.check_key(BRQ, request.key.as_deref())?;
        let content = request.body.get(BRQ).unwrap_or(&Json::Null);
        if content.get("mandate_request").is_none_or(Json::is_null) {
            let text = "the simulator knows billing requests for mandates only";
            return Err(Fault::new(BRQ, "mandate_request", text).into());
        }
        let new: Wanted = request.content(BRQ)?;
        let mandate = MandateRequest {
            scheme: new.mandate_request.scheme.unwrap_or_else(|| "bacs".to_owned()),
            currency: new.mandate_request.currency,
            verify: new.mandate_request.verify,
            description: new.mandate_request.description,
            metadata: new.mandate_request.metadata,
            links: Some(MandateRequestLinks::default()),
        };
        check_mandate_request(&mandate)?;
        check_metadata(BRQ, &new.metadata)?;
        let customer = match new.links.customer {
            Some(id) => match self.customers.get(&id) {
                Ok(_) => id,
                Err(_) => return Err(Fault::new(BRQ, "links/customer", "not found").into()),
            },
            None => self.create_customer(),
        };
        let billing_detail = self.customers.get(&customer)?.billing_detail.clone();
        let account = new.links.customer_bank_account;
        if account.as_deref().is_some_and(|id| self.accounts.get(id).is_err()) {
            return Err(Fault::new(BRQ, "links/customer_bank_account", "not found").into());
        }
        let id = self.new_id("BRQ");
        let made = BillingRequest {
            id: id.clone(),
            created_at: self.stamp(),
            status: BillingRequestStatus::Pending,
            mandate_request: Some(mandate),
            metadata: new.metadata,
            actions: Vec::new(),
            links: BillingRequestLinks {
                customer: Some(customer),
                customer_billing_detail: Some(billing_detail),
                customer_bank_account: account,
                creditor: Some(self.creditor.id.clone()),
                organisation: Some(format!("OR{}", self.key.to_uppercase())),
                mandate_request: Some(self.new_id("MRQ")),
                mandate_request_mandate: None,
            },
        };
        self.billing_requests.insert(&id, made);
        self.keep_key(BRQ, request.key.as_deref(), &id);
        self.review(&id, false)?;
        self.tell_request(&id, "created", "api", "billing_request_created")?;
        let shown = json!(self.billing_requests.get(&id)?);
        Ok(Answer::created(BRQ, shown))
    }

    fn create_customer(&mut self) -> String {
        let id = self.new_id("CU");
        let billing_detail = self.new_id("CBD");
        let blank = json!({ "id": id, "created_at": self.stamp(), "language": "en" });
        // Every other field may be missing.
        if let Ok(customer) = serde_json::from_value(blank) {
            self.customers.insert(&id, CustomerRow { customer, billing_detail });
        }
        id
    }

    pub fn billing_request(&self, id: &str) -> Result<Answer, Refusal> {
        Ok(Answer::thing(BRQ, json!(self.billing_requests.get(id)?)))
    }

    pub fn list_billing_requests(&self, params: &Params) -> Result<Answer, Refusal> {
        let created = params.times(BRQ, "created_at")?;
        let wanted = |request: &BillingRequest| {
            params.fits("status", request.status.as_str())
                && params.fits("customer", request.links.customer.as_deref().unwrap_or_default())
                && created.hold(&request.created_at)
        };
        let show = |request: &BillingRequest| (request.id.clone(), json!(request));
        self.billing_requests.page(BRQ, params, wanted, show)
    }

    pub fn collect_customer_details(
        &mut self,
        id: &str,
        request: &ApiRequest,
    ) -> Result<Answer, Refusal> {
        let links = self.open_request(id)?.links.clone();
        let details: CustomerDetails = request.data()?;
        check_details(&details)?;
        let customer = links.customer.unwrap_or_default();
        merge_details(&mut self.customers.get_mut(&customer)?.customer, details);
        self.review(id, false)?;
        self.tell_request(id, "collect_customer_details", "api", "collect_customer_details")?;
        self.billing_request(id)
    }

    pub fn collect_bank_account(
        &mut self,
        id: &str,
        request: &ApiRequest,
    ) -> Result<Answer, Refusal> {
        let links = self.open_request(id)?.links.clone();
        let details: BankAccountDetails = request.data()?;
        let (_, number) = check_account("data", &details, true)?;
        let account = CustomerBankAccount {
            id: self.new_id("BA"),
            created_at: self.stamp(),
            account_holder_name: details.account_holder_name.unwrap_or_default().to_uppercase(),
            account_number_ending: number.ending(),
            bank_name: Some(bank_name(details.branch_code.as_deref().unwrap_or_default())),
            country_code: "GB".to_owned(),
            currency: "GBP".to_owned(),
            enabled: true,
            metadata: details.metadata,
            links: CustomerBankAccountLinks { customer: links.customer.unwrap_or_default() },
        };
        let account_id = account.id.clone();
        self.accounts.insert(&account_id, AccountRow { account, number: number.digits() });
        self.billing_requests.get_mut(id)?.links.customer_bank_account = Some(account_id);
        self.review(id, false)?;
        self.tell_request(id, "collect_bank_account", "api", "collect_bank_account")?;
        self.billing_request(id)
    }

    pub fn confirm_payer_details(&mut self, id: &str) -> Result<Answer, Refusal> {
        let request = self.open_request(id)?;
        let others = |action: &&Action| action.kind != ActionKind::ConfirmPayerDetails;
        let is_complete = request
            .actions
            .iter()
            .filter(others)
            .all(|action| action.status == ActionStatus::Completed);
        if !is_complete {
            let text = "The payer's details have not all been collected".to_owned();
            return Err(Refusal::State("billing_request_action_not_available", text));
        }
        self.review(id, true)?;
        self.tell_request(id, "payer_details_confirmed", "api", "payer_details_confirmed")?;
        self.billing_request(id)
    }

    pub fn fulfil(&mut self, id: &str) -> Result<Answer, Refusal> {
        let request = self.billing_requests.get(id)?;
        if request.status != BillingRequestStatus::ReadyToFulfil {
            let text = format!("Billing request is {} and cannot be fulfilled", request.status);
            return Err(Refusal::State("billing_request_not_ready_to_fulfil", text));
        }
        let links = MandateLinks {
            creditor: self.creditor.id.clone(),
            customer: request.links.customer.clone().unwrap_or_default(),
            customer_bank_account: request.links.customer_bank_account.clone().unwrap_or_default(),
            new_mandate: None,
        };
        let wanted = request.mandate_request.as_ref();
        let metadata = wanted.map(|wanted| wanted.metadata.clone()).unwrap_or_default();
        let mandate = self.create_mandate(links, metadata);
        let request = self.billing_requests.get_mut(id)?;
        request.status = BillingRequestStatus::Fulfilled;
        request.links.mandate_request_mandate = Some(mandate.clone());
        if let Some(wanted) = &mut request.mandate_request {
            wanted.links = Some(MandateRequestLinks { mandate: Some(mandate) });
        }
        self.tell_request(id, "fulfilled", "api", "billing_request_fulfilled")?;
        self.billing_request(id)
    }

    pub fn cancel_billing_request(
        &mut self,
        id: &str,
        request: &ApiRequest,
    ) -> Result<Answer, Refusal> {
        let _: ActionData = request.data()?;
        self.open_request(id)?.status = BillingRequestStatus::Cancelled;
        self.tell_request(id, "cancelled", "api", "billing_request_cancelled")?;
        self.billing_request(id)
    }

    /// A billing request that is neither fulfilled nor cancelled.
    fn open_request(&mut self, id: &str) -> Result<&mut BillingRequest, Refusal> {
        let request = self.billing_requests.get_mut(id)?;
        match request.status {
            BillingRequestStatus::Pending | BillingRequestStatus::ReadyToFulfil => Ok(request),
            status => {
                let text = format!("Billing request is {status}");
                Err(Refusal::State("billing_request_already_finished", text))
            }
        }
    }

    /// Finds out what has still to be done. Whatever is collected anew has to be confirmed anew.
    fn review(&mut self, id: &str, is_confirmed: bool) -> Result<(), Refusal> {
        let links = self.billing_requests.get(id)?.links.clone();
        let customer = &self.customers.get(links.customer.as_deref().unwrap_or_default())?.customer;
        let missing = missing_details(customer);
        let is_known = missing == IncompleteFields::default();
        let has_account = links.customer_bank_account.is_some();
        let actions = BACS_ACTIONS.map(|kind| {
            let is_done = match kind {
                ActionKind::CollectCustomerDetails => is_known,
                ActionKind::CollectBankAccount => has_account,
                _ => is_confirmed,
            };
            let of_details = (kind == ActionKind::CollectCustomerDetails)
                .then(|| MissingDetails { incomplete_fields: missing.clone() });
            Action {
                kind,
                required: true,
                status: if is_done { ActionStatus::Completed } else { ActionStatus::Pending },
                collect_customer_details: of_details,
            }
        });
        let request = self.billing_requests.get_mut(id)?;
        request.actions = actions.into();
        request.status = if is_known && has_account && is_confirmed {
            BillingRequestStatus::ReadyToFulfil
        } else {
            BillingRequestStatus::Pending
        };
        Ok(())
    }

    pub fn tell_request(
        &mut self,
        id: &str,
        action: &'static str,
        origin: &str,
        cause: &str,
    ) -> Result<(), Refusal> {
        let request = self.billing_requests.get(id)?;
        let details = because(origin, cause, "");
        let mut told = Told::new(ResourceType::BillingRequests, action, details);
        told.resource_metadata.clone_from(&request.metadata);
        told.links.billing_request = Some(id.to_owned());
        told.links.customer.clone_from(&request.links.customer);
        told.links.customer_bank_account.clone_from(&request.links.customer_bank_account);
        told.links.mandate_request_mandate.clone_from(&request.links.mandate_request_mandate);
        self.tell(told);
        Ok(())
    }

    pub fn customer(&self, id: &str) -> Result<Answer, Refusal> {
        Ok(Answer::thing("customers", json!(self.customers.get(id)?.customer)))
    }

    pub fn bank_account(&self, id: &str) -> Result<Answer, Refusal> {
        Ok(Answer::thing("customer_bank_accounts", json!(self.accounts.get(id)?.account)))
    }

    // --- flows ---------------------------------------------------------------------------------

    pub fn create_flow(&mut self, request: &ApiRequest) -> Result<Answer, Refusal> {
        let new: NewBillingRequestFlow = request.content("billing_request_flows")?;
        for (name, uri) in [("redirect_uri", &new.redirect_uri), ("exit_uri", &new.exit_uri)] {
            let is_sound = |uri: &String| {
                reqwest::Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
            };
            if uri.as_ref().is_some_and(|uri| !is_sound(uri)) {
                return Err(Fault::new("billing_request_flows", name, "is not a valid URL").into());
            }
        }
        let billing_request = new.links.billing_request.clone();
        let owner = self.open_request(&billing_request)?.links.customer.clone();
        let id = self.new_id("BRF");
        let created_at = self.stamp();
        let flow = BillingRequestFlow {
            id: id.clone(),
            authorisation_url: None,
            redirect_uri: new.redirect_uri,
            exit_uri: new.exit_uri,
            auto_fulfil: new.auto_fulfil.unwrap_or(true),
            created_at,
            expires_at: created_at.checked_add(FLOW_LIFE).ok(),
            links: new.links,
        };
        if let Some(prefilled) = new.prefilled_customer {
            let customer = self.customers.get_mut(owner.as_deref().unwrap_or_default())?;
            merge_details(&mut customer.customer, of_prefilled(prefilled));
            self.review(&billing_request, false)?;
        }
        self.flows.insert(&id, flow);
        self.tell_request(&billing_request, "flow_created", "api", "billing_request_flow_created")?;
        let shown = json!(self.flows.get(&id)?);
        Ok(Answer::created("billing_request_flows", shown))
    }

    /// A flow that still leads somewhere.
    pub fn open_flow(
        &self,
        id: &str,
        now: Timestamp,
    ) -> Option<(&BillingRequestFlow, &BillingRequest)> {
        let flow = self.flows.get(id).ok()?;
        let request = self.billing_requests.get(&flow.links.billing_request).ok()?;
        flow.expires_at.is_none_or(|end| now < end).then_some((flow, request))
    }
}

/// What a billing request is made from, as lenient as the provider.
#[derive(serde::Deserialize)]
struct Wanted {
    mandate_request: WantedMandate,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    links: NewBillingRequestLinks,
}

#[derive(serde::Deserialize)]
struct WantedMandate {
    #[serde(default)]
    scheme: Option<String>,
    #[serde(default = "pounds")]
    currency: String,
    #[serde(default)]
    verify: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    metadata: Metadata,
}

fn pounds() -> String {
    "GBP".to_owned()
}

fn check_mandate_request(wanted: &MandateRequest) -> Result<(), Refusal> {
    if wanted.scheme != "bacs" {
        let text = "the simulator knows the scheme bacs only";
        return Err(Fault::new(BRQ, "mandate_request/scheme", text).into());
    }
    if wanted.currency != "GBP" {
        return Err(Fault::new(BRQ, "mandate_request/currency", "must be GBP for bacs").into());
    }
    check_metadata(BRQ, &wanted.metadata)
}

/// Formats; what is missing is told by the action instead.
fn check_details(details: &CustomerDetails) -> Result<(), Refusal> {
    let mut faults = Vec::new();
    let email = details.customer.email.as_deref();
    let is_email =
        |text: &str| text.split_once('@').is_some_and(|(a, b)| !a.is_empty() && b.contains('.'));
    if email.is_some_and(|text| !is_email(text)) {
        faults.push(Fault::new("data", "customer/email", "is invalid"));
    }
    let country = details.customer_billing_detail.country_code.as_deref();
    if country.is_some_and(|code| code.len() != 2 || !code.bytes().all(|b| b.is_ascii_uppercase()))
    {
        let text = "must be an ISO 3166-1 alpha-2 code";
        faults.push(Fault::new("data", "customer_billing_detail/country_code", text));
    }
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
}

fn merge_details(customer: &mut Customer, details: CustomerDetails) {
    let put = |field: &mut Option<String>, new: Option<String>| {
        if new.is_some() {
            *field = new;
        }
    };
    let (who, at) = (details.customer, details.customer_billing_detail);
    put(&mut customer.given_name, who.given_name);
    put(&mut customer.family_name, who.family_name);
    put(&mut customer.company_name, who.company_name);
    put(&mut customer.email, who.email);
    put(&mut customer.phone_number, who.phone_number);
    put(&mut customer.language, who.language);
    put(&mut customer.address_line1, at.address_line1);
    put(&mut customer.address_line2, at.address_line2);
    put(&mut customer.address_line3, at.address_line3);
    put(&mut customer.city, at.city);
    put(&mut customer.region, at.region);
    put(&mut customer.postal_code, at.postal_code);
    put(&mut customer.country_code, at.country_code);
    if !who.metadata.is_empty() {
        customer.metadata = who.metadata;
    }
}

fn of_prefilled(prefilled: PrefilledCustomer) -> CustomerDetails {
    CustomerDetails {
        customer: NewCustomer {
            given_name: prefilled.given_name,
            family_name: prefilled.family_name,
            email: prefilled.email,
            ..NewCustomer::default()
        },
        customer_billing_detail: BillingDetail {
            address_line1: prefilled.address_line1,
            address_line2: prefilled.address_line2,
            city: prefilled.city,
            postal_code: prefilled.postal_code,
            country_code: prefilled.country_code,
            ..BillingDetail::default()
        },
    }
}

/// What Bacs demands and is not there.
fn missing_details(customer: &Customer) -> IncompleteFields {
    let is_blank =
        |field: &Option<String>| field.as_deref().is_none_or(|text| text.trim().is_empty());
    let missing = |fields: &[(&str, &Option<String>)]| {
        let blank = fields.iter().filter(|(_, field)| is_blank(field));
        blank.map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>()
    };
    let mut who = missing(&[("email", &customer.email)]);
    if is_blank(&customer.company_name) {
        let names = [("given_name", &customer.given_name), ("family_name", &customer.family_name)];
        who.extend(missing(&names));
    }
    IncompleteFields {
        customer: who,
        customer_billing_detail: missing(&[
            ("address_line1", &customer.address_line1),
            ("city", &customer.city),
            ("postal_code", &customer.postal_code),
            ("country_code", &customer.country_code),
        ]),
    }
}

/// The account, or every field that is wrong.
pub(super) fn check_account(
    envelope: &str,
    details: &BankAccountDetails,
    needs_holder: bool,
) -> Result<(SortCode, AccountNumber), Refusal> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, text: String| faults.push(Fault::new(envelope, field, text));
    let code = SortCode::parse(details.branch_code.as_deref().unwrap_or_default());
    let number = AccountNumber::parse(details.account_number.as_deref().unwrap_or_default());
    if let Err(error) = &code {
        fault("branch_code", error.to_string());
    }
    if let Err(error) = &number {
        fault("account_number", error.to_string());
    }
    if details.country_code.as_deref().is_some_and(|country| country != "GB") {
        fault("country_code", "is not supported by the scheme".to_owned());
    }
    if details.currency.as_deref().is_some_and(|currency| currency != "GBP") {
        fault("currency", "is not supported by the scheme".to_owned());
    }
    let holder = details.account_holder_name.as_deref().unwrap_or_default().trim();
    if needs_holder && holder.is_empty() {
        fault("account_holder_name", "can't be blank".to_owned());
    }
    match (code, number) {
        (Ok(code), Ok(number)) if faults.is_empty() => Ok((code, number)),
        _ => Err(Refusal::Invalid(faults)),
    }
}

/// What is known of an account by its sort code alone.
pub(super) fn look_up(request: &ApiRequest) -> Result<Answer, Refusal> {
    let details: BankAccountDetails = request.content("bank_details_lookups")?;
    let (code, _) = check_account("bank_details_lookups", &details, false)?;
    let found = BankDetailsLookup {
        available_debit_schemes: vec!["bacs".to_owned()],
        bank_name: Some(bank_name(&code.digits())),
        bic: None,
    };
    Ok(Answer::thing("bank_details_lookups", json!(found)))
}

/// The bank behind a sort code: the ranges of the largest ones.
fn bank_name(sort_code: &str) -> String {
    let name = match sort_code.get(..2).unwrap_or_default() {
        "20" => "BARCLAYS BANK PLC",
        "30" | "77" => "LLOYDS BANK PLC",
        "40" => "HSBC UK BANK PLC",
        "60" => "NATIONAL WESTMINSTER BANK PLC",
        _ => "SIMULATED BANK PLC",
    };
    name.to_owned()
}
