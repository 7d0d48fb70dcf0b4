//! The calls.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::Client;
use super::send::Call;
use crate::ApiError;
use crate::wire::*;

impl Client {
    /// Asks for a mandate. Nothing happens until the billing request is fulfilled.
    ///
    /// # Errors
    /// As every call: see [`ApiError`].
    pub async fn create_billing_request(
        &self,
        new: &NewBillingRequest,
        key: &str,
    ) -> Result<BillingRequest, ApiError> {
        self.create("billing_requests", new, key).await
    }

    /// A billing request by its id (`BRQ...`).
    ///
    /// # Errors
    /// [`ApiError::NotFound`], or as every call.
    pub async fn get_billing_request(&self, id: &str) -> Result<BillingRequest, ApiError> {
        self.get("billing_requests", id).await
    }

    /// Gives name and address of the payer. May be repeated until the request is fulfilled: the last details hold.
    ///
    /// # Errors
    /// [`ApiError::Validation`] naming the fields, or as every call.
    pub async fn collect_customer_details(
        &self,
        id: &str,
        details: &CustomerDetails,
    ) -> Result<BillingRequest, ApiError> {
        self.act("billing_requests", id, "collect_customer_details", details).await
    }

    /// Gives the account to be debited. May be repeated until the request is fulfilled: the last account holds.
    ///
    /// # Errors
    /// [`ApiError::Validation`] naming the fields, or as every call.
    pub async fn collect_bank_account(
        &self,
        id: &str,
        account: &BankAccountDetails,
    ) -> Result<BillingRequest, ApiError> {
        self.act("billing_requests", id, "collect_bank_account", account).await
    }

    /// Says that the payer has seen the details and found them right.
    ///
    /// # Errors
    /// [`ApiError::State`] while details are missing, or as every call.
    pub async fn confirm_payer_details(&self, id: &str) -> Result<BillingRequest, ApiError> {
        self.act("billing_requests", id, "confirm_payer_details", &Nothing {}).await
    }

    /// Makes the mandate; answers the request as it is when that has happened before.
    ///
    /// # Errors
    /// [`ApiError::State`] while something is missing or after a cancellation, or as every call.
    pub async fn fulfil_billing_request(&self, id: &str) -> Result<BillingRequest, ApiError> {
        let is_done = |request: &BillingRequest| {
            matches!(
                request.status,
                BillingRequestStatus::Fulfilling | BillingRequestStatus::Fulfilled
            )
        };
        self.act_once("billing_requests", id, "fulfil", is_done).await
    }

    /// Gives the request up.
    ///
    /// # Errors
    /// [`ApiError::State`] once it is fulfilled, or as every call.
    pub async fn cancel_billing_request(&self, id: &str) -> Result<BillingRequest, ApiError> {
        let is_done = |request: &BillingRequest| request.status == BillingRequestStatus::Cancelled;
        self.act_once("billing_requests", id, "cancel", is_done).await
    }

    /// Makes a link for the payer to the provider's own pages. The provider does not hold links to their keys: a call
    /// whose answer was lost leaves behind a link that nobody knows, and makes another one.
    ///
    /// # Errors
    /// As every call.
    pub async fn create_billing_request_flow(
        &self,
        new: &NewBillingRequestFlow,
        key: &str,
    ) -> Result<BillingRequestFlow, ApiError> {
        self.create("billing_request_flows", new, key).await
    }

    /// A payer by their id (`CU...`).
    ///
    /// # Errors
    /// [`ApiError::NotFound`], or as every call.
    pub async fn get_customer(&self, id: &str) -> Result<Customer, ApiError> {
        self.get("customers", id).await
    }

    /// A payer's account by its id (`BA...`).
    ///
    /// # Errors
    /// [`ApiError::NotFound`], or as every call.
    pub async fn get_customer_bank_account(
        &self,
        id: &str,
    ) -> Result<CustomerBankAccount, ApiError> {
        self.get("customer_bank_accounts", id).await
    }

    /// A mandate by its id (`MD...`).
    ///
    /// # Errors
    /// [`ApiError::NotFound`], or as every call.
    pub async fn get_mandate(&self, id: &str) -> Result<Mandate, ApiError> {
        self.get("mandates", id).await
    }

    /// Mandates, newest first.
    ///
    /// # Errors
    /// As every call.
    pub async fn list_mandates(&self, filter: &MandateFilter) -> Result<Page<Mandate>, ApiError> {
        self.list("mandates", filter.query()).await
    }

    /// Ends a mandate and its payments that are not yet with the bank; answers it as it is when it had ended before.
    ///
    /// # Errors
    /// As every call.
    pub async fn cancel_mandate(&self, id: &str) -> Result<Mandate, ApiError> {
        let is_done = |mandate: &Mandate| {
            matches!(
                mandate.status,
                MandateStatus::Cancelled
                    | MandateStatus::Failed
                    | MandateStatus::Expired
                    | MandateStatus::Consumed
            )
        };
        self.act_once("mandates", id, "cancel", is_done).await
    }

    /// Sends a cancelled, failed or expired mandate to the bank again.
    ///
    /// # Errors
    /// As every call.
    pub async fn reinstate_mandate(&self, id: &str) -> Result<Mandate, ApiError> {
        let is_done = |mandate: &Mandate| mandate.status.takes_payments();
        self.act_once("mandates", id, "reinstate", is_done).await
    }

    /// Creates a payment, once for a key.
    ///
    /// # Errors
    /// [`ApiError::Validation`] (for example a charge date that is too early), [`ApiError::State`] with the reason
    /// `mandate_is_inactive`, or as every call.
    pub async fn create_payment(&self, new: &NewPayment, key: &str) -> Result<Payment, ApiError> {
        self.create("payments", new, key).await
    }

    /// A payment by its id (`PM...`).
    ///
    /// # Errors
    /// [`ApiError::NotFound`], or as every call.
    pub async fn get_payment(&self, id: &str) -> Result<Payment, ApiError> {
        self.get("payments", id).await
    }

    /// Payments, newest first.
    ///
    /// # Errors
    /// As every call.
    pub async fn list_payments(&self, filter: &PaymentFilter) -> Result<Page<Payment>, ApiError> {
        self.list("payments", filter.query()).await
    }

    /// Replaces our own texts on a payment.
    ///
    /// # Errors
    /// As every call.
    pub async fn update_payment(&self, id: &str, metadata: &Metadata) -> Result<Payment, ApiError> {
        #[derive(Serialize)]
        struct Change<'a> {
            metadata: &'a Metadata,
        }
        let path = format!("payments/{}", segment(id)?);
        let body = enveloped("payments", &Change { metadata })?;
        let answer = self.send(&Call::put(path, body)).await?;
        unwrapped("payments", answer)
    }

    /// Takes a payment back that is not yet with the bank; answers it as it is when that has happened before.
    ///
    /// # Errors
    /// [`ApiError::State`] with the reason `cancellation_failed` when it is too late, or as every call.
    pub async fn cancel_payment(&self, id: &str) -> Result<Payment, ApiError> {
        let is_done = |payment: &Payment| payment.status == PaymentStatus::Cancelled;
        self.act_once("payments", id, "cancel", is_done).await
    }

    /// Tries a failed payment again, at most three times; answers it as it is when it is on its way already.
    ///
    /// # Errors
    /// [`ApiError::State`] with the reason `retry_failed` when it has not failed, failed too often, or its mandate is not
    /// active; or as every call.
    pub async fn retry_payment(&self, id: &str) -> Result<Payment, ApiError> {
        let is_done = |payment: &Payment| {
            matches!(payment.status, PaymentStatus::PendingSubmission | PaymentStatus::Submitted)
        };
        self.act_once("payments", id, "retry", is_done).await
    }

    /// Events, newest first. To read on from the last one known, page through `after` until it appears, or give
    /// [`Paging::before`] its id: then the answer holds the newer ones.
    ///
    /// # Errors
    /// As every call.
    pub async fn list_events(&self, filter: &EventFilter) -> Result<Page<Event>, ApiError> {
        self.list("events", filter.query()).await
    }

    /// Every event since `known` (the id of the last one that is known; `None`: since the first), oldest first, at most
    /// about `max`. Call again with the last id of the answer until it is empty.
    ///
    /// # Errors
    /// As every call.
    pub async fn events_since(
        &self,
        known: Option<&str>,
        max: usize,
    ) -> Result<Vec<Event>, ApiError> {
        const PAGE: u32 = 500;
        let mut events: Vec<Event> = Vec::new();
        if let Some(known) = known {
            let mut before = known.to_owned();
            while events.len() < max {
                let paging = Paging { before: Some(before), after: None, limit: Some(PAGE) };
                let filter = EventFilter { paging, ..EventFilter::default() };
                let mut page = self.list_events(&filter).await?;
                page.items.reverse();
                let Some(newest) = page.items.last() else { break };
                before = newest.id.clone();
                events.extend(page.items);
            }
            return Ok(events);
        }
        // There is no id to start from: walk from the newest to the oldest.
        let mut after = None;
        loop {
            let paging = Paging { before: None, after, limit: Some(PAGE) };
            let filter = EventFilter { paging, ..EventFilter::default() };
            let page = self.list_events(&filter).await?;
            events.extend(page.items);
            after = page.after;
            if after.is_none() {
                break;
            }
        }
        events.reverse();
        events.truncate(max);
        Ok(events)
    }

    /// A payout by its id (`PO...`).
    ///
    /// # Errors
    /// [`ApiError::NotFound`], or as every call.
    pub async fn get_payout(&self, id: &str) -> Result<Payout, ApiError> {
        self.get("payouts", id).await
    }

    /// Payouts, newest first.
    ///
    /// # Errors
    /// As every call.
    pub async fn list_payouts(&self, filter: &PayoutFilter) -> Result<Page<Payout>, ApiError> {
        self.list("payouts", filter.query()).await
    }

    /// The lines of a payout.
    ///
    /// # Errors
    /// As every call.
    pub async fn list_payout_items(
        &self,
        payout: &str,
        paging: &Paging,
    ) -> Result<Page<PayoutItem>, ApiError> {
        let mut query = Query::new();
        put(&mut query, "payout", Some(payout));
        paging.put(&mut query);
        self.list("payout_items", query).await
    }

    /// What is known of an account that is not yet used; checks its number on the way.
    ///
    /// # Errors
    /// [`ApiError::Validation`] naming the fields, or as every call.
    pub async fn look_up_bank_details(
        &self,
        account: &BankAccountDetails,
    ) -> Result<BankDetailsLookup, ApiError> {
        let body = enveloped("bank_details_lookups", account)?;
        let answer = self.send(&Call::post("bank_details_lookups".to_owned(), body, None)).await?;
        unwrapped("bank_details_lookups", answer)
    }

    /// The creditors of the organisation.
    ///
    /// # Errors
    /// As every call.
    pub async fn list_creditors(&self, paging: &Paging) -> Result<Page<Creditor>, ApiError> {
        let mut query = Query::new();
        paging.put(&mut query);
        self.list("creditors", query).await
    }

    /// Makes something happen to a mandate or a payment at once. The provider's sandbox and our simulator only.
    ///
    /// # Errors
    /// [`ApiError::State`] when it is not in the state that the scenario starts from, or as every call.
    pub async fn run_scenario(&self, scenario: Scenario, resource: &str) -> Result<(), ApiError> {
        #[derive(Serialize)]
        struct Links<'a> {
            resource: &'a str,
        }
        #[derive(Serialize)]
        struct Run<'a> {
            links: Links<'a>,
        }
        let path = format!("scenario_simulators/{}/actions/run", scenario.as_str());
        let body = enveloped("data", &Run { links: Links { resource } })?;
        self.send_once(&Call::post(path, body, None)).await.map(|_| ())
    }

    // --- the five shapes of a call ------------------------------------------------------------

    async fn get<T: DeserializeOwned>(&self, kind: &str, id: &str) -> Result<T, ApiError> {
        let answer =
            self.send(&Call::get(format!("{kind}/{}", segment(id)?), Query::new())).await?;
        unwrapped(kind, answer)
    }

    async fn list<T: DeserializeOwned>(
        &self,
        kind: &str,
        query: Query,
    ) -> Result<Page<T>, ApiError> {
        let mut answer = self.send(&Call::get(kind.to_owned(), query)).await?;
        let cursor = |name: &str| {
            answer.pointer(&format!("/meta/cursors/{name}"))?.as_str().map(str::to_owned)
        };
        let (before, after) = (cursor("before"), cursor("after"));
        Ok(Page { items: unwrapped(kind, answer.take())?, before, after })
    }

    /// Creates, and reads what the same key has created before.
    async fn create<T: DeserializeOwned>(
        &self,
        kind: &str,
        new: &impl Serialize,
        key: &str,
    ) -> Result<T, ApiError> {
        let call = Call::post(kind.to_owned(), enveloped(kind, new)?, Some(key));
        match self.send(&call).await {
            Err(ApiError::State { conflicting: Some(id), .. }) => self.get(kind, &id).await,
            answer => unwrapped(kind, answer?),
        }
    }

    async fn act<T: DeserializeOwned>(
        &self,
        kind: &str,
        id: &str,
        action: &str,
        data: &impl Serialize,
    ) -> Result<T, ApiError> {
        let path = format!("{kind}/{}/actions/{action}", segment(id)?);
        let answer = self.send(&Call::post(path, enveloped("data", data)?, None)).await?;
        unwrapped(kind, answer)
    }

    /// Acts on something; when its state does not allow it because it has been done before (by an attempt whose answer
    /// was lost), answers it as it is.
    async fn act_once<T: DeserializeOwned>(
        &self,
        kind: &str,
        id: &str,
        action: &str,
        is_done: impl Fn(&T) -> bool,
    ) -> Result<T, ApiError> {
        match self.act(kind, id, action, &Nothing {}).await {
            Err(refused @ ApiError::State { .. }) => {
                let found = self.get(kind, id).await?;
                if is_done(&found) { Ok(found) } else { Err(refused) }
            }
            answer => answer,
        }
    }
}

/// `{}`.
#[derive(Serialize)]
struct Nothing {}

/// `{"payments": {...}}`.
fn enveloped(kind: &str, content: &impl Serialize) -> Result<Vec<u8>, ApiError> {
    let failed = |error: serde_json::Error| ApiError::Malformed { message: error.to_string() };
    let content = serde_json::to_value(content).map_err(failed)?;
    let mut envelope = serde_json::Map::new();
    envelope.insert(kind.to_owned(), content);
    serde_json::to_vec(&Json::Object(envelope)).map_err(failed)
}

fn unwrapped<T: DeserializeOwned>(kind: &str, mut answer: Json) -> Result<T, ApiError> {
    let content = match answer.get_mut(kind) {
        Some(content) => content.take(),
        None => return Err(ApiError::Malformed { message: format!("it holds no {kind}") }),
    };
    serde_json::from_value(content)
        .map_err(|error| ApiError::Malformed { message: format!("{kind}: {error}") })
}

/// An id as a part of a path: nothing that could lead the request elsewhere.
fn segment(id: &str) -> Result<&str, ApiError> {
    let is_sound = (1..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_sound { Ok(id) } else { Err(ApiError::NotFound { message: "no such id".to_owned() }) }
}
