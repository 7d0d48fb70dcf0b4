//! The words of an application.

use florin_storage::words;

words! {
    /// Where an application stands.
    pub enum ApplicationStatus {
        /// It can be changed, completed or withdrawn.
        Incomplete = "incomplete",
        /// It is complete and waits for its decision.
        Processing = "processing",
        /// A loan can be created for it.
        Approved = "approved",
        /// No loan can be created for it; the reason says why.
        Declined = "declined",
        /// The end user took it back.
        Withdrawn = "withdrawn",
    }
}
