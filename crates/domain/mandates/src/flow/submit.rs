//! Hands an end user's details to the provider, and makes the mandate of what comes back.
//!
//! The steps at the provider are those of a billing request: create it, collect the customer's details, collect the
//! bank account, confirm, fulfil. The request is made with an idempotency key of the flow and the submission, and the
//! other steps are left out when they are done, so that a run that was broken off anywhere is simply run again.

use std::sync::Arc;

use florin_direct_debit::wire::{
    ActionKind, ActionStatus, BillingRequest, BillingRequestStatus, FlowLinks, MandateRequest,
    Metadata, NewBillingRequest, NewBillingRequestFlow, NewBillingRequestLinks,
};
use florin_direct_debit::{ApiError, Client};
use florin_events::kinds;
use florin_ids::{MandateFlowId, MandateId, TenantId};
use florin_jobs::{Job, JobHandler, Outcome, RetryPolicy, RunFuture};
use florin_storage::Tx;
use florin_tenancy::day;
use jiff::SignedDuration;

use super::{FLOW, FlowState, MandateFlow, PayerDetails, lock_in, repo};
use crate::mandate::{self, Mandate};
use crate::provider_account::{self, Pages};
use crate::remote::{self, RemoteMandate};
use crate::{Mandates, MandatesError};

/// The kind of the jobs.
pub const JOB_KIND: &str = "mandates.submit";
/// Under which name a billing request and its mandate carry the flow's id.
const FLOW_KEY: &str = "florin_flow";
/// What the end user reads when the provider was out of reach for too long.
const UNREACHABLE: &str = "The direct debit could not be set up just now. Please try again later.";
/// Flows that one settling hands over.
const SUBMITTED_MAX: u32 = 200;

/// Everything that the provider has to be asked with.
struct Work {
    flow: MandateFlow,
    details: Option<PayerDetails>,
    provider: Client,
    creditor: String,
}

/// What came of a billing request.
enum Given {
    /// A mandate.
    Mandate(Box<RemoteMandate>),
    /// Nothing, for this reason, which the end user may read.
    Refused(String),
    /// Nothing so far.
    NotYet,
}

impl Mandates {
    /// Hands the details of a submitted flow to the provider, from wherever it was broken off; answers the flow.
    ///
    /// # Errors
    /// [`MandatesError::Provider`] when the provider did not answer: run it again.
    pub(crate) async fn hand_over(
        &self,
        tenant: TenantId,
        id: MandateFlowId,
    ) -> Result<MandateFlow, MandatesError> {
        let work = self.work_of(tenant, id).await?;
        let flow = work.flow.clone();
        if flow.state != FlowState::Submitted {
            return Ok(flow);
        }
        let Some(details) = work.details.clone() else {
            let text = "The details are lost. Please give them again.";
            return self.end(&flow, Given::Refused(text.to_owned()), "").await;
        };
        let ending = details.account_ending().to_owned();
        let given = match self.ask(&work, &details).await {
            Ok(given) => given,
            Err(MandatesError::Provider(error)) if !error.retry_can_help() => {
                self.refused(&work, &error).await?
            }
            Err(error) => return Err(error),
        };
        self.end(&flow, given, &ending).await
    }

    /// What came of a request of which a step was refused: another run may have been faster, and there is a mandate.
    async fn refused(&self, work: &Work, error: &ApiError) -> Result<Given, MandatesError> {
        let tenant = work.flow.tenant;
        let id = work.flow.id;
        let held = self.db.read(move |tx| Ok::<_, MandatesError>(repo::get(tx, tenant, id)?));
        let request = held.await?.and_then(|flow| flow.billing_request);
        if let (Some(request), ApiError::State { .. }) = (request, error) {
            let request = work.provider.get_billing_request(&request).await?;
            if let given @ Given::Mandate(_) = given_by(&work.provider, &request).await? {
                return Ok(given);
            }
        }
        Ok(Given::Refused(for_payer(error)))
    }

    /// Where to send the end user who gives the mandate on the provider's page; they come back to `return_url`, or to
    /// `exit_url` without having given one.
    ///
    /// # Errors
    /// [`MandatesError::Conflict`] when the flow takes nothing now or is for our own page;
    /// [`MandatesError::NotFound`]; [`MandatesError::Provider`].
    pub async fn begin_at_provider(
        &self,
        token: &str,
        return_url: &str,
        exit_url: &str,
    ) -> Result<String, MandatesError> {
        let flow = self.open_flow(token).await?;
        if flow.pages != Pages::Provider || !flow.takes_details() {
            return Err(MandatesError::Conflict(format!("The link is {}.", flow.state)));
        }
        if let Some(url) = flow.authorisation_url {
            return Ok(url);
        }
        let work = self.work_of(flow.tenant, flow.id).await?;
        let request = self.billing_request_of(&work).await?;
        let new = NewBillingRequestFlow {
            redirect_uri: Some(return_url.to_owned()),
            exit_uri: Some(exit_url.to_owned()),
            auto_fulfil: Some(true),
            prefilled_customer: Some(remote::prefilled(&flow.prefilled)),
            links: FlowLinks { billing_request: request },
        };
        let key = flow.idempotency_key("flow");
        let made = work.provider.create_billing_request_flow(&new, &key).await?;
        let Some(url) = made.authorisation_url else {
            let message = "a flow without an address".to_owned();
            return Err(ApiError::Malformed { message }.into());
        };
        let written = url.clone();
        self.db
            .write(move |tx| {
                let mut held = lock_in(tx, flow.tenant, flow.id)?;
                held.authorisation_url = Some(written.clone());
                Ok::<_, MandatesError>(repo::update(tx, &held)?)
            })
            .await?;
        Ok(url)
    }

    /// The end user is back from the provider's page: looks at what came of it, and answers the flow, which is still
    /// open when nothing has.
    ///
    /// # Errors
    /// [`MandatesError::NotFound`]; [`MandatesError::Provider`].
    pub async fn return_from_provider(&self, token: &str) -> Result<MandateFlow, MandatesError> {
        let flow = self.open_flow(token).await?;
        if flow.pages == Pages::Provider && flow.takes_details() {
            return self.look_at(flow.tenant, flow.id).await;
        }
        Ok(flow)
    }

    /// Looks at what came of a flow's billing request.
    pub(crate) async fn look_at(
        &self,
        tenant: TenantId,
        id: MandateFlowId,
    ) -> Result<MandateFlow, MandatesError> {
        let Work { flow, provider, .. } = self.work_of(tenant, id).await?;
        let Some(request) = flow.billing_request.clone() else { return Ok(flow) };
        if flow.state == FlowState::Completed {
            return Ok(flow);
        }
        let request = provider.get_billing_request(&request).await?;
        let given = given_by(&provider, &request).await?;
        self.end(&flow, given, "").await
    }

    /// The flow of a billing request, if it is one of ours.
    pub(crate) async fn flow_of_request(
        &self,
        tenant: TenantId,
        reference: String,
    ) -> Result<Option<MandateFlow>, MandatesError> {
        self.db.read(move |tx| Ok(repo::by_billing_request(tx, tenant, &reference)?)).await
    }

    /// Tries once to hand over everything that end users of the tenant have submitted.
    pub(crate) async fn hand_over_all(&self, tenant: TenantId) -> Result<(), MandatesError> {
        let flows = self
            .db
            .read(move |tx| Ok::<_, MandatesError>(repo::submitted(tx, tenant, SUBMITTED_MAX)?));
        for flow in flows.await? {
            self.hand_over(tenant, flow.id).await?;
        }
        Ok(())
    }

    async fn work_of(&self, tenant: TenantId, id: MandateFlowId) -> Result<Work, MandatesError> {
        let keys = self.keys.clone();
        let loaded = self.db.read(move |tx| {
            let flow = repo::get(tx, tenant, id)?.ok_or(MandatesError::NotFound(FLOW))?;
            let details = repo::details(tx, &keys, tenant, id)?;
            let account = provider_account::repo::get(tx, tenant, flow.account)?;
            let account = account.ok_or(MandatesError::NoAccount)?;
            Ok::<_, MandatesError>((flow, details, account, day::state_in(tx, tenant)?))
        });
        let (flow, details, account, state) = loaded.await?;
        let provider = self.client_of(&account)?;
        // A simulator that was never asked anything lives on the real clock, and could not go back to the tenant's.
        if account.account.is_simulator && state.simulated && flow.billing_request.is_none() {
            remote::set_simulator_clock(&provider, state.business_date).await?;
        }
        Ok(Work { flow, details, provider, creditor: account.account.creditor })
    }

    /// The billing request of a flow, which is made when there is none.
    async fn billing_request_of(&self, work: &Work) -> Result<String, MandatesError> {
        let flow = work.flow.clone();
        if let Some(id) = flow.billing_request {
            return Ok(id);
        }
        let ours = Metadata::from([(FLOW_KEY.to_owned(), flow.id.to_string())]);
        let creditor = Some(work.creditor.clone()).filter(|creditor| !creditor.is_empty());
        let new = NewBillingRequest {
            mandate_request: MandateRequest::bacs(ours.clone()),
            metadata: ours,
            links: NewBillingRequestLinks { creditor, ..NewBillingRequestLinks::default() },
        };
        let key = flow.idempotency_key("request");
        let id = work.provider.create_billing_request(&new, &key).await?.id;
        let made = id.clone();
        self.db
            .write(move |tx| {
                let mut held = lock_in(tx, flow.tenant, flow.id)?;
                if held.submissions == flow.submissions {
                    held.billing_request = Some(made.clone());
                    repo::update(tx, &held)?;
                }
                Ok::<_, MandatesError>(())
            })
            .await?;
        Ok(id)
    }

    /// Goes through the steps of the billing request that are left.
    async fn ask(&self, work: &Work, details: &PayerDetails) -> Result<Given, MandatesError> {
        let provider = &work.provider;
        let id = self.billing_request_of(work).await?;
        let request = provider.get_billing_request(&id).await?;
        let is_open = matches!(
            request.status,
            BillingRequestStatus::Pending | BillingRequestStatus::ReadyToFulfil
        );
        if is_open {
            let (customer, account) = remote::details(details);
            if !has_done(&request, ActionKind::CollectCustomerDetails) {
                provider.collect_customer_details(&id, &customer).await?;
            }
            if !has_done(&request, ActionKind::CollectBankAccount) {
                provider.collect_bank_account(&id, &account).await?;
            }
            if !has_done(&request, ActionKind::ConfirmPayerDetails) {
                provider.confirm_payer_details(&id).await?;
            }
            provider.fulfil_billing_request(&id).await?;
        }
        let request = provider.get_billing_request(&id).await?;
        match given_by(provider, &request).await? {
            // It is being fulfilled: the mandate is there in a moment.
            Given::NotYet => {
                let message = "the billing request is not yet fulfilled".to_owned();
                Err(ApiError::Transient { message }.into())
            }
            given => Ok(given),
        }
    }

    /// Writes down what came of a flow.
    async fn end(
        &self,
        flow: &MandateFlow,
        given: Given,
        ending: &str,
    ) -> Result<MandateFlow, MandatesError> {
        let (flow, ending, now) = (flow.clone(), ending.to_owned(), self.clock.now());
        let given = Arc::new(given);
        self.db
            .write(move |tx| {
                let mut held = lock_in(tx, flow.tenant, flow.id)?;
                if held.submissions != flow.submissions || held.state == FlowState::Completed {
                    return Ok(held);
                }
                held.updated_at = day::state_in(tx, held.tenant)?.stamp(now);
                match &*given {
                    Given::Mandate(remote) => {
                        held.mandate = Some(complete_in(tx, &held, remote, &ending)?);
                        held.state = FlowState::Completed;
                        held.reason = String::new();
                    }
                    Given::Refused(reason) => {
                        held.state = FlowState::Failed;
                        held.reason = reason.clone();
                    }
                    Given::NotYet => return Ok(held),
                }
                repo::update(tx, &held)?;
                repo::forget_details(tx, &held)?;
                Ok(held)
            })
            .await
    }
}

fn has_done(request: &BillingRequest, kind: ActionKind) -> bool {
    let done = |action: &florin_direct_debit::wire::Action| {
        action.kind == kind && action.status == ActionStatus::Completed
    };
    request.actions.iter().any(done)
}

/// What the end user may read of a refusal. A fault of our own is none of their business.
fn for_payer(error: &ApiError) -> String {
    match error {
        ApiError::Validation { message, fields } if fields.is_empty() => message.clone(),
        ApiError::Validation { fields, .. } => {
            let texts = fields.iter().map(|fault| {
                format!("{} {}", fault.field.replace('_', " "), fault.message).trim().to_owned()
            });
            let mut text = texts.collect::<Vec<_>>().join("; ");
            if let Some(first) = text.get(..1).map(str::to_uppercase) {
                text.replace_range(..1, &first);
            }
            format!("{}.", text.trim_end_matches('.'))
        }
        ApiError::State { message, .. } if !message.is_empty() => message.clone(),
        _ => UNREACHABLE.to_owned(),
    }
}

async fn given_by(provider: &Client, request: &BillingRequest) -> Result<Given, MandatesError> {
    if request.status == BillingRequestStatus::Cancelled {
        return Ok(Given::Refused("The direct debit was not set up.".to_owned()));
    }
    match request.mandate() {
        Some(reference) => {
            Ok(Given::Mandate(Box::new(remote::mandate(provider, reference).await?)))
        }
        None => Ok(Given::NotYet),
    }
}

/// Makes the mandate of a flow; the same one when it was made before.
fn complete_in(
    tx: &mut Tx,
    flow: &MandateFlow,
    remote: &RemoteMandate,
    ending: &str,
) -> Result<MandateId, MandatesError> {
    let of = (flow.account, flow.end_user);
    let mut mandate = Mandate::of_remote(of, remote, flow.updated_at);
    if mandate.account_ending.is_empty() {
        mandate.account_ending = ending.to_owned();
    }
    // Its account may have gone out of use since the link was given out.
    mandate.is_disabled = !provider_account::is_active_in(tx, flow.tenant, flow.account)?;
    if mandate::repo::insert(tx, flow.tenant, &mandate)? {
        let kind = kinds::MANDATE_CREATED;
        mandate::tell_in(tx, flow.tenant, flow.updated_at, kind, &mandate)?;
        return Ok(mandate.id);
    }
    let references = vec![mandate.reference];
    let held = mandate::repo::lock_by_references(tx, flow.tenant, flow.account, references)?;
    held.first().map(|held| held.id).ok_or(MandatesError::NotFound("mandate"))
}

/// Carries out the jobs that hand over what end users have submitted.
pub struct SubmitHandler {
    mandates: Mandates,
}

impl SubmitHandler {
    /// A handler for the flows of this service.
    pub fn new(mandates: Mandates) -> Self {
        Self { mandates }
    }

    async fn attempt(&self, job: &Job, id: MandateFlowId) -> Outcome {
        let error = match self.mandates.hand_over(job.tenant, id).await {
            Ok(_) => return Outcome::Done,
            Err(MandatesError::NotFound(what)) => {
                return Outcome::GiveUp(format!("there is no such {what}"));
            }
            Err(error) => error,
        };
        if self.retry_policy().is_last(job.attempts)
            && let Err(error) = self.mandates.fail_submitted(job.tenant, id).await
        {
            tracing::error!(error = &error as &dyn std::error::Error, "a flow stays submitted");
        }
        Outcome::Retry(crate::error::in_full(&error))
    }
}

impl Mandates {
    /// Gives up on a submitted flow: the end user may try again.
    async fn fail_submitted(
        &self,
        tenant: TenantId,
        id: MandateFlowId,
    ) -> Result<(), MandatesError> {
        let flow = self.db.read(move |tx| Ok::<_, MandatesError>(repo::get(tx, tenant, id)?));
        match flow.await? {
            Some(flow) if flow.state == FlowState::Submitted => {
                self.end(&flow, Given::Refused(UNREACHABLE.to_owned()), "").await?;
            }
            _ => {}
        }
        Ok(())
    }
}

impl JobHandler for SubmitHandler {
    fn kind(&self) -> &'static str {
        JOB_KIND
    }

    fn run<'a>(&'a self, job: &'a Job) -> RunFuture<'a> {
        Box::pin(async move {
            let flow = job.payload.get("flow").and_then(|id| id.as_str()?.parse().ok());
            match flow {
                Some(id) => self.attempt(job, id).await,
                None => Outcome::GiveUp("the job does not say which flow".to_owned()),
            }
        })
    }

    fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy { delays_seconds: &[2, 5, 15, 60, 300, 600], attempts_max: 12 }
    }

    fn lease(&self) -> SignedDuration {
        SignedDuration::from_secs(180)
    }
}

#[cfg(test)]
mod tests {
    use florin_direct_debit::FieldError;

    use super::*;

    fn check(error: ApiError, expected: &str) {
        assert_eq!(for_payer(&error), expected, "{error}");
    }

    #[test]
    fn refusals_are_readable() {
        let field = |field: &str, message: &str| FieldError {
            field: field.to_owned(),
            message: message.to_owned(),
        };
        let message = || "Validation failed".to_owned();
        let fields = vec![field("account_number", "is invalid"), field("", "Try another account.")];
        check(
            ApiError::Validation { message: message(), fields },
            "Account number is invalid; Try another account.",
        );
        check(ApiError::Validation { message: message(), fields: vec![] }, "Validation failed");
        check(ApiError::Denied { message: "bad token".to_owned() }, UNREACHABLE);
        let state = |message: &str| ApiError::State {
            reason: "r".to_owned(),
            message: message.to_owned(),
            conflicting: None,
        };
        check(state("The bank does not take it."), "The bank does not take it.");
        check(state(""), UNREACHABLE);
    }
}
