//! Faults on demand: what a provider does on a bad day.

use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The request is taken and never answered; nothing is done.
    TimeoutBefore,
    /// The request is done and never answered.
    TimeoutAfter,
    /// An internal error; nothing is done.
    ErrorBefore,
    /// An internal error after the work is done.
    ErrorAfter,
    /// The work is done and the connection breaks off within the answer.
    CutAfter,
    /// Too many requests; nothing is done.
    RateLimit,
    /// The next webhook is sent twice.
    WebhookTwice,
    /// The next webhook holds its events in reverse.
    WebhookReversed,
    /// The next webhook is lost, and not sent again.
    WebhookLost,
}

impl FaultKind {
    /// Whether it is about webhooks instead of requests.
    pub const fn is_of_webhooks(self) -> bool {
        matches!(self, Self::WebhookTwice | Self::WebhookReversed | Self::WebhookLost)
    }
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
    /// Requests whose path begins so, such as `/payments`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

const fn once() -> u32 {
    1
}

impl Fault {
    /// A fault that happens once, to the next request or webhook.
    pub fn once(kind: FaultKind) -> Self {
        Self { kind, times: 1, skip: 0, method: None, path: None }
    }

    /// The same, only for requests of this method to paths that begin so.
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
        !self.kind.is_of_webhooks()
            && self.method.as_ref().is_none_or(|wanted| wanted == method)
            && self.path.as_ref().is_none_or(|start| path.starts_with(start.as_str()))
    }
}

/// The faults still to happen, in their order.
#[derive(Debug, Default)]
pub(super) struct Faults(pub Vec<Fault>);

impl Faults {
    /// The fault that happens to this request.
    pub fn of_request(&mut self, method: &str, path: &str) -> Option<FaultKind> {
        self.take(|fault| fault.is_of(method, path))
    }

    /// The fault that happens to the next webhook.
    pub fn of_webhook(&mut self) -> Option<FaultKind> {
        self.take(|fault| fault.kind.is_of_webhooks())
    }

    fn take(&mut self, is_next: impl Fn(&Fault) -> bool) -> Option<FaultKind> {
        self.0.retain(|fault| fault.times > 0);
        let fault = self.0.iter_mut().find(|fault| is_next(fault))?;
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        fault.times -= 1;
        Some(fault.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_happen_in_their_order_and_number() {
        let mut second = Fault::once(FaultKind::TimeoutAfter).on("POST", "/payments");
        second.skip = 1;
        let mut faults = Faults(vec![
            Fault::once(FaultKind::RateLimit).times(2),
            second,
            Fault::once(FaultKind::WebhookTwice),
        ]);
        let check = |faults: &mut Faults, method: &str, path: &str, expected: Option<FaultKind>| {
            assert_eq!(faults.of_request(method, path), expected, "{method} {path}");
        };
        check(&mut faults, "GET", "/events", Some(FaultKind::RateLimit));
        check(&mut faults, "POST", "/payments", Some(FaultKind::RateLimit));
        check(&mut faults, "GET", "/payments", None);
        check(&mut faults, "POST", "/payments", None);
        check(&mut faults, "POST", "/payments/PM1/actions/retry", Some(FaultKind::TimeoutAfter));
        check(&mut faults, "POST", "/payments", None);
        assert_eq!(faults.of_webhook(), Some(FaultKind::WebhookTwice));
        assert_eq!(faults.of_webhook(), None);
    }
}
