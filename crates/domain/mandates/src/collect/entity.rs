//! What has to be told to the provider of a payment. Pure.

use florin_ids::{MandateId, PaymentId};

use florin_storage::words;

words! {
    /// Where the telling of an attempt stands.
    pub enum SendingState {
        /// Nobody outside knows of it.
        ToSend = "to_send",
        /// The provider may know of it: it was asked, and its answer is not written down.
        Sending = "sending",
        /// The provider knows of it.
        Sent = "sent",
        /// It was refused, or has become pointless; the payment says why.
        GaveUp = "gave_up",
        /// Taken back before anybody outside knew.
        Withdrawn = "withdrawn",
        /// Taken back; the provider has still to be told.
        Recalled = "recalled",
        /// Taken back, and the provider has agreed.
        Cancelled = "cancelled",
        /// Taken back here, but the provider had it with the bank already: the money may move all the same.
        TooLate = "too_late",
    }
}

impl SendingState {
    /// Whether something is still to be told.
    pub(crate) const fn is_open(self) -> bool {
        matches!(self, Self::ToSend | Self::Sending | Self::Recalled)
    }
}

/// What has to be told of one attempt of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sending {
    pub payment: PaymentId,
    pub attempt: u32,
    pub mandate: MandateId,
    pub state: SendingState,
}
