//! Both engines behave the same.

mod engines;
mod lists;
mod queue;
