//! How a member goes from one status to the next. Pure.

use jiff::{SignedDuration, Timestamp};

use super::entity::{ConnectionStatus, ErrorCode, Member, MemberError, MemberQuestion};
use crate::aggregator::Refusal;

/// So many failures of credentials or answers in a row, and nothing more is tried with them.
pub(crate) const DENIALS_MAX: u32 = 3;
/// Refreshes that fail in a row before a member is degraded, and for how long there was no success by then.
const DEGRADED_FAILURES: u32 = 3;
const DEGRADED_AFTER: SignedDuration = SignedDuration::from_hours(3 * 24);
const DISCONNECTED_AFTER: SignedDuration = SignedDuration::from_hours(21 * 24);

impl ConnectionStatus {
    /// Something is under way, or about to be.
    pub const fn is_processing(self) -> bool {
        matches!(self, Self::Created | Self::Reconnected | Self::Updated | Self::Resumed)
    }

    /// It does not work, or waits for the end user's answer.
    pub const fn is_error(self) -> bool {
        !self.is_processing() && !matches!(self, Self::Connected | Self::Pending)
    }

    /// Whether the bank may have a question that can still be answered.
    pub const fn takes_answers(self) -> bool {
        matches!(self, Self::Challenged | Self::Rejected | Self::Expired)
    }

    /// Whether the member is refreshed in the background.
    pub const fn is_refreshed(self) -> bool {
        matches!(self, Self::Connected | Self::Degraded | Self::Failed | Self::Delayed)
    }

    /// Why no job can be run in this status.
    pub(crate) const fn objection(self) -> Option<&'static str> {
        match self {
            Self::Prevented => {
                Some("The credentials were refused three times: new ones are needed first.")
            }
            Self::Pending => Some("The end user has to agree on the bank's page first."),
            Self::Imported => Some("Credentials are needed first."),
            Self::Disabled => Some("The institution is disabled."),
            Self::Discontinued => Some("The institution is no longer available."),
            _ => None,
        }
    }
}

impl Member {
    /// A job begins. What is linked stays so while it is refreshed.
    pub(crate) fn begin(&mut self, is_background: bool, at: Timestamp) {
        self.is_being_aggregated = true;
        self.challenge = vec![];
        let stays = self.status.is_processing()
            || self.status == ConnectionStatus::Connected
            || (is_background && self.status.is_refreshed());
        if !stays {
            self.status = if self.was_connected() {
                ConnectionStatus::Reconnected
            } else {
                ConnectionStatus::Created
            };
            self.error = None;
        }
        self.updated_at = at;
    }

    /// The bank asks something.
    pub(crate) fn ask(&mut self, challenge: Vec<MemberQuestion>, at: Timestamp) {
        self.challenge = challenge;
        self.set(ConnectionStatus::Challenged, None);
        self.is_being_aggregated = false;
        self.updated_at = at;
    }

    /// The end user has answered.
    pub(crate) fn resume(&mut self, at: Timestamp) {
        self.set(ConnectionStatus::Resumed, None);
        self.is_being_aggregated = true;
        self.updated_at = at;
    }

    /// The bank has let us in; there may be more to read.
    pub(crate) fn connect(&mut self, is_done: bool, at: Timestamp) {
        self.set(ConnectionStatus::Connected, None);
        self.challenge = vec![];
        (self.denials, self.failures) = (0, 0);
        self.updated_at = at;
        if is_done {
            self.is_being_aggregated = false;
            self.aggregated_at = Some(at);
            self.successfully_aggregated_at = Some(at);
        }
    }

    /// New credentials, not tried yet.
    pub(crate) fn renew(&mut self, at: Timestamp) {
        if self.status == ConnectionStatus::Prevented {
            self.denials = 0;
        }
        let next = if self.was_connected() {
            ConnectionStatus::Reconnected
        } else {
            ConnectionStatus::Updated
        };
        self.set(next, None);
        self.challenge = vec![];
        self.is_being_aggregated = false;
        self.updated_at = at;
    }

    /// The end user has agreed on the bank's page.
    pub(crate) fn agreed(&mut self, at: Timestamp) {
        let next = if self.was_connected() {
            ConnectionStatus::Reconnected
        } else {
            ConnectionStatus::Created
        };
        self.set(next, None);
        (self.denials, self.failures) = (0, 0);
        self.challenge = vec![];
        self.is_being_aggregated = false;
        self.updated_at = at;
    }

    /// A job came to nothing. Answers whether the challenge can be answered again, so that the job still waits.
    pub(crate) fn refuse(&mut self, refusal: Refusal, is_background: bool, at: Timestamp) -> bool {
        self.is_being_aggregated = false;
        self.aggregated_at = Some(at);
        self.updated_at = at;
        if is_background && is_transient(refusal) && self.stays_linked() {
            self.miss(at);
            return false;
        }
        let (mut status, mut code) = outcome_of(refusal);
        if matches!(refusal, Refusal::Denied | Refusal::Rejected | Refusal::RejectedToken) {
            self.denials = self.denials.saturating_add(1);
            if self.denials >= DENIALS_MAX {
                (status, code) = (ConnectionStatus::Prevented, ErrorCode::InvalidCredentials);
            }
        }
        self.set(status, Some(code));
        if !status.takes_answers() {
            self.challenge = vec![];
        }
        status == ConnectionStatus::Rejected && !self.challenge.is_empty()
    }

    /// It takes longer than one waits.
    pub(crate) fn delay(&mut self, is_background: bool, at: Timestamp) {
        self.is_being_aggregated = false;
        self.aggregated_at = Some(at);
        self.updated_at = at;
        self.challenge = vec![];
        if is_background && self.stays_linked() {
            self.miss(at);
        } else {
            self.set(ConnectionStatus::Delayed, Some(ErrorCode::InstitutionUnavailable));
        }
    }

    /// The question was not answered in time.
    pub(crate) fn expire(&mut self, at: Timestamp) {
        self.is_being_aggregated = false;
        self.set(ConnectionStatus::Expired, Some(ErrorCode::AnswerTimeout));
        self.updated_at = at;
    }

    /// The partner or the bank has put an end to it.
    pub(crate) fn stop(&mut self, status: ConnectionStatus, at: Timestamp) {
        self.is_being_aggregated = false;
        self.challenge = vec![];
        self.set(status, Some(ErrorCode::InstitutionUnavailable));
        self.updated_at = at;
    }

    /// Whether a refresh that fails for reasons that pass leaves the status as it is.
    fn stays_linked(&self) -> bool {
        self.was_connected() && self.status.is_refreshed()
    }

    /// A refresh that failed for reasons that pass.
    fn miss(&mut self, at: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        let last = self.successfully_aggregated_at.unwrap_or(self.created_at);
        let without = at.duration_since(last);
        if without >= DISCONNECTED_AFTER {
            let code = Some(ErrorCode::ReauthorizationRequired);
            self.set(ConnectionStatus::Disconnected, code);
        } else if self.failures >= DEGRADED_FAILURES && without >= DEGRADED_AFTER {
            self.set(ConnectionStatus::Degraded, Some(ErrorCode::InstitutionUnavailable));
        }
    }

    fn set(&mut self, status: ConnectionStatus, code: Option<ErrorCode>) {
        self.status = status;
        self.error = code.map(|code| MemberError::of(status, code, &self.name));
    }
}

/// What passes by itself.
const fn is_transient(refusal: Refusal) -> bool {
    matches!(refusal, Refusal::Down | Refusal::Maintenance | Refusal::Unavailable | Refusal::Failed)
}

const fn outcome_of(refusal: Refusal) -> (ConnectionStatus, ErrorCode) {
    use ConnectionStatus as Status;
    match refusal {
        Refusal::Denied => (Status::Denied, ErrorCode::InvalidCredentials),
        Refusal::Rejected => (Status::Rejected, ErrorCode::IncorrectAnswer),
        Refusal::RejectedToken => (Status::Rejected, ErrorCode::IncorrectToken),
        Refusal::AnswerTimeout => (Status::Expired, ErrorCode::AnswerTimeout),
        Refusal::Locked => (Status::Locked, ErrorCode::AccessDenied),
        Refusal::Impeded | Refusal::AccessDenied => (Status::Impeded, ErrorCode::AccessDenied),
        Refusal::Impaired => (Status::Impaired, ErrorCode::InvalidCredentials),
        Refusal::Closed => (Status::Closed, ErrorCode::InstitutionUnavailable),
        Refusal::ReauthorizationRequired => (Status::Denied, ErrorCode::ReauthorizationRequired),
        Refusal::NoAccounts => (Status::Failed, ErrorCode::NoAccounts),
        Refusal::NoEligibleAccounts => (Status::Failed, ErrorCode::NoEligibleAccounts),
        Refusal::Down => (Status::Failed, ErrorCode::InstitutionDown),
        Refusal::Maintenance => (Status::Failed, ErrorCode::InstitutionMaintenance),
        Refusal::Unavailable | Refusal::Failed => {
            (Status::Failed, ErrorCode::InstitutionUnavailable)
        }
        Refusal::Discontinued => (Status::Discontinued, ErrorCode::InstitutionUnavailable),
    }
}

impl MemberError {
    /// What is told of a failure at the institution of this name.
    pub(crate) fn of(status: ConnectionStatus, code: ErrorCode, name: &str) -> Self {
        let user_message = match (status, code) {
            (ConnectionStatus::Locked, _) => {
                format!("{name} has locked your account. Unlock it there, then try again.")
            }
            (ConnectionStatus::Closed, _) => format!("{name} no longer has an account of yours."),
            (ConnectionStatus::Delayed, _) => {
                format!("{name} is taking longer than usual. Try again later.")
            }
            (ConnectionStatus::Disabled, _) => format!("{name} cannot be connected here."),
            (ConnectionStatus::Discontinued, _) => format!("{name} can no longer be connected."),
            (ConnectionStatus::Impaired, _) => {
                format!("{name} asks for more than was given. Enter your credentials again.")
            }
            (ConnectionStatus::Prevented, _) => {
                "Too many attempts have failed. Enter your credentials again.".to_owned()
            }
            (ConnectionStatus::Disconnected, _) => {
                format!("{name} could not be reached for three weeks. Sign in again.")
            }
            (ConnectionStatus::Imported, _) => {
                format!("Sign in to {name} to connect your accounts.")
            }
            (ConnectionStatus::Impeded, _) => {
                format!("{name} needs something from you first. Sign in at {name}, then try again.")
            }
            (_, ErrorCode::NoEligibleAccounts) => {
                format!("No account at {name} can be used for payments.")
            }
            (_, ErrorCode::NoAccounts) => format!("No accounts were found at {name}."),
            (_, ErrorCode::AccessDenied) => {
                format!("{name} has not given access to your accounts.")
            }
            (_, ErrorCode::IncorrectToken) => "The code was not right. Try again.".to_owned(),
            (_, ErrorCode::IncorrectAnswer) => "The answer was not right. Try again.".to_owned(),
            (_, ErrorCode::AnswerTimeout) => "The answer came too late. Try again.".to_owned(),
            (_, ErrorCode::ReauthorizationRequired) => {
                format!("Your consent at {name} has ended. Agree to it again.")
            }
            (_, ErrorCode::InvalidCredentials) => {
                "The credentials were not right. Try again.".to_owned()
            }
            (_, ErrorCode::InstitutionDown) => {
                format!("{name} cannot be reached. Try again later.")
            }
            (_, ErrorCode::InstitutionMaintenance) => {
                format!("{name} is being maintained. Try again later.")
            }
            (_, ErrorCode::InstitutionUnavailable) => {
                format!("{name} is not available now. Try again later.")
            }
        };
        Self { code, message: format!("{status}: {}", code.as_str()), user_message }
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
