//! Typed ids: a loan's id cannot be handed in where a product's is wanted.
//!
//! Every id is a UUID v7: ordered by the time it was made, and within one process strictly ascending, so that
//! new rows land at the end of their table.

mod typed;

typed::typed_ids! {
    /// An entry of an ACH file, or one that waits for its file.
    AchEntryId,
    /// An ACH file, sent or received.
    AchFileId,
    /// An originator of ACH files: a company at its bank.
    AchOriginId,
    /// An address of an end user.
    AddressId,
    /// An API key of a tenant.
    ApiKeyId,
    /// An application for a loan.
    ApplicationId,
    /// A person's part in a company.
    AssignmentId,
    /// An account at a linked institution.
    ConnectAccountId,
    /// A run of a job on a linked institution.
    ConnectJobId,
    /// An end user's visit to Connect.
    ConnectSessionId,
    /// A statement of an account at a linked institution.
    ConnectStatementId,
    /// A transaction of an account at a linked institution.
    ConnectTransactionId,
    /// An end user who links institutions.
    ConnectUserId,
    /// An end user's consent to the use of linked data.
    ConsentId,
    /// A contribution to a fund: once, or again and again.
    ContributionId,
    /// One value of an input source for an application.
    DataPointId,
    /// A decision on an application.
    DecisionId,
    /// One delivery of an event to a webhook endpoint.
    DeliveryId,
    /// A borrower.
    EndUserId,
    /// A ledger entry.
    EntryId,
    /// An event of a tenant's event log.
    EventId,
    /// A 529 fund.
    FundId,
    /// A movement on a fund: a payment of a contribution, a gift.
    FundTransactionId,
    /// A gift to a fund.
    GiftId,
    /// A named input of the decision engine.
    InputSourceId,
    /// A bank that can be linked.
    InstitutionId,
    /// A piece of due work.
    JobId,
    /// A loan.
    LoanId,
    /// A mandate that an end user is asked to give.
    MandateFlowId,
    /// A direct-debit mandate.
    MandateId,
    /// An end user's link to an institution.
    MemberId,
    /// Small deposits that prove an account.
    MicrodepositId,
    /// A way through a bank's own consent page.
    OauthStateId,
    /// A movement of money over a rail.
    PaymentId,
    /// A loan product.
    ProductId,
    /// A tenant's account at a payment provider.
    ProviderAccountId,
    /// A comparison of our payments with the provider's.
    ReconciliationId,
    /// A risk engine: scorecards that must all pass.
    RiskEngineId,
    /// What chooses a product's risk engine.
    RiskEngineSelectorId,
    /// A scorecard: rules with weights.
    ScorecardId,
    /// A monthly statement of a revolving loan.
    StatementId,
    /// A question of an end user to the partner's support.
    SupportTicketId,
    /// A tenant: a customer of whoever runs Florin.
    TenantId,
    /// A transaction of a loan.
    TransactionId,
    /// A saver, registered by a partner.
    UserId,
    /// A webhook endpoint of a tenant.
    WebhookEndpointId,
    /// Money taken out of a fund.
    WithdrawalId,
}

impl TenantId {
    /// Of rows that are the same for all tenants: the nil UUID, which no tenant has.
    pub const EVERYBODY: Self = Self::from_uuid(uuid::Uuid::nil());
}

// The allowed conversions, all of them.

/// The business id doubles as the ledger entry's id, so that booking the same transaction twice is refused by
/// the ledger itself.
impl From<TransactionId> for EntryId {
    fn from(id: TransactionId) -> Self {
        Self::from_uuid(id.uuid())
    }
}

/// The business id doubles as the ledger entry's id, as for loans.
impl From<FundTransactionId> for EntryId {
    fn from(id: FundTransactionId) -> Self {
        Self::from_uuid(id.uuid())
    }
}

/// A loan is written off at most once: the entry that does so has its id.
impl From<LoanId> for EntryId {
    fn from(id: LoanId) -> Self {
        Self::from_uuid(id.uuid())
    }
}
