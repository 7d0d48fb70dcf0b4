//! Monthly statements of revolving credit.

pub mod entity;
pub(crate) mod repo;

pub use entity::Statement;
pub(crate) use entity::close;
