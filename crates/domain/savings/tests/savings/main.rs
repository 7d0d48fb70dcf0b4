//! Savings on a throwaway database of each engine; a file a story.

mod corrections;
mod disorder;
mod giving;
mod investments;
mod kept;
mod linked_gifts;
mod partner;
mod plans;
mod rails;
mod withdrawals;
