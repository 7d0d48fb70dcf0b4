//! Loans through the service, on both engines: servicing, collections, statements and random lives.

#![allow(clippy::unwrap_used)]

mod ach;
mod clearing;
mod collection_stories;
mod collections;
mod insight;
mod limits;
mod linked;
mod overpayments;
mod play;
mod reckoning;
mod refunds;
mod reversals;
mod servicing;
mod statements;
mod stories;
mod support;
