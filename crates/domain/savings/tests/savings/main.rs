//! Savings on a throwaway database of each engine; a file a story.

mod disorder;
mod giving;
mod investments;
mod partner;
mod plans;
mod rails;
mod withdrawals;
