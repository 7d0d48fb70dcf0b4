//! Both engines behave the same.

mod checkpoint;
mod engines;
mod lists;
mod queue;
