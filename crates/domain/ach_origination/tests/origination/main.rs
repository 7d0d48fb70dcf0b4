//! Entries from the payment to the end of the time for returns, on both engines.

#![allow(clippy::unwrap_used)]

mod asked;
mod by_the_clock;
mod company;
mod handing_over;
mod prenotes;
mod setting_up;
mod settling;
mod sftp;
mod sharing_a_bank;
mod taking_back;
mod whose;
