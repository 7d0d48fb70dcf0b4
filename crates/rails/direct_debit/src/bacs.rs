//! bacs
