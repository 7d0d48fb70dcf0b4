//! How a command fails: what happened, why, and what to do next. Printed once, in `main`.

use std::error::Error;
use std::fmt::Write as _;

/// Why a command did not do its work.
///
/// Not an `Error` itself, so that `?` turns every error into one; the cause's own causes are
/// printed one a line, because an error's `Display` never prints its source.
#[derive(Debug)]
pub struct Failure {
    what: String,
    advice: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
    exit_code: u8,
}

impl Failure {
    /// A failure told in one sentence without full stop.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), advice: None, source: None, exit_code: 1 }
    }

    /// The command was called in a way that cannot work: exit code 2, as for an unknown flag.
    pub fn usage(what: impl Into<String>) -> Self {
        Self { exit_code: 2, ..Self::new(what) }
    }

    /// Adds what the person at the keyboard can do about it.
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// Adds the cause.
    pub fn because(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// The exit code of the process: 1, or 2 for a wrong call.
    pub fn exit_code(&self) -> u8 {
        self.exit_code
    }

    /// The whole message, causes and advice included.
    pub fn report(&self) -> String {
        let mut text = format!("florin: {}", self.what);
        let mut cause: Option<&(dyn Error + 'static)> =
            self.source.as_deref().map(|source| source as &(dyn Error + 'static));
        while let Some(error) = cause {
            let _ = write!(text, "\n  because {error}");
            cause = error.source();
        }
        if let Some(advice) = &self.advice {
            let _ = write!(text, "\n  {advice}");
        }
        text
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let source = error.source().map(Cause::chain);
        let mut failure = Self::new(error.to_string());
        failure.source = source.map(|cause| Box::new(cause) as Box<dyn Error + Send + Sync>);
        failure
    }
}

/// A cause whose text was taken out of an error that is given up.
#[derive(Debug)]
struct Cause {
    text: String,
    next: Option<Box<Cause>>,
}

impl Cause {
    fn chain(error: &(dyn Error + 'static)) -> Self {
        let next = error.source().map(|source| Box::new(Self::chain(source)));
        Self { text: error.to_string(), next }
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.text)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.next.as_deref().map(|next| next as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[from] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("inner")]
    struct Inner;

    #[test]
    fn a_report_tells_the_causes_and_the_advice() {
        let failure = Failure::from(Outer(Inner)).advise("Try again.");
        assert_eq!(failure.report(), "florin: outer\n  because inner\n  Try again.");
        let failure = Failure::new("no server").because(Outer(Inner));
        assert_eq!(failure.report(), "florin: no server\n  because outer\n  because inner");
    }
}
