//! Savings on a throwaway database of each engine; a file a story.

mod disorder;
mod investments;
mod partner;
mod rails;
mod withdrawals;
