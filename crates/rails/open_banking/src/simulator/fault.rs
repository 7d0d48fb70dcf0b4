//! Faults on demand: what a provider and its banks do on a bad day.

use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The request is taken and never answered.
    Timeout,
    /// An internal error of the provider (500).
    Error,
    /// The provider is down (503), with a page instead of JSON.
    Unavailable,
    /// Something on the way answers 200 with a page.
    NotJson,
    /// The bank answers nonsense (500, `UnknownRequestError`).
    BankError,
    /// The bank does not answer (503, `ServiceError`).
    BankDown,
    /// Too many requests, for a second.
    RateLimit,
    /// Too many requests of the account for today.
    BankRateLimit,
    /// The access token is not accepted.
    InvalidToken,
    /// The consent is over.
    ConsentOver,
    /// The account is suspended.
    Suspended,
}

/// A fault that happens a number of times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// How often, 1 unless said otherwise.
    #[serde(default = "once")]
    pub times: u32,
    /// How many requests that it could happen to go well before.
    #[serde(default)]
    pub skip: u32,
    /// Requests of this method only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Requests whose path (without `/api/v2`) holds this, such as `/balances/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

const fn once() -> u32 {
    1
}

impl Fault {
    /// A fault that happens once, to the next request.
    pub fn once(kind: FaultKind) -> Self {
        Self { kind, times: 1, skip: 0, method: None, path: None }
    }

    /// The same, only for requests of this method to paths that hold this.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_owned());
        self.path = Some(path.to_owned());
        self
    }

    /// The same, so often.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn is_of(&self, method: &str, path: &str) -> bool {
        self.method.as_ref().is_none_or(|wanted| wanted == method)
            && self.path.as_ref().is_none_or(|part| path.contains(part.as_str()))
    }
}

/// The fault that happens to this request; takes it from those still to come.
pub(super) fn due(faults: &mut Vec<Fault>, method: &str, path: &str) -> Option<FaultKind> {
    faults.retain(|fault| fault.times > 0);
    let fault = faults.iter_mut().find(|fault| fault.is_of(method, path))?;
    if fault.skip > 0 {
        fault.skip -= 1;
        return None;
    }
    fault.times -= 1;
    Some(fault.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_happen_in_their_order_and_number() {
        let mut second = Fault::once(FaultKind::BankDown).on("GET", "/balances/");
        second.skip = 1;
        let mut faults = vec![Fault::once(FaultKind::RateLimit).times(2), second];
        let mut check = |method: &str, path: &str, expected: Option<FaultKind>| {
            assert_eq!(due(&mut faults, method, path), expected, "{method} {path}");
        };
        check("GET", "/institutions/", Some(FaultKind::RateLimit));
        check("POST", "/requisitions/", Some(FaultKind::RateLimit));
        check("GET", "/accounts/x/balances/", None);
        check("GET", "/accounts/x/details/", None);
        check("GET", "/accounts/x/balances/", Some(FaultKind::BankDown));
        check("GET", "/accounts/x/balances/", None);
    }
}
