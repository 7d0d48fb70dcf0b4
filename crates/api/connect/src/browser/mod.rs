//! What an end user's browser asks, with a session.

pub(crate) mod account;
pub(crate) mod consent;
pub(crate) mod institution;
pub(crate) mod job;
pub(crate) mod member;
pub(crate) mod member_wire;
pub(crate) mod microdeposit;
pub(crate) mod oauth;
pub(crate) mod profile;
pub(crate) mod session;
pub(crate) mod support;
