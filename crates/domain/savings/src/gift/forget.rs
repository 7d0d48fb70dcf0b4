//! What was linked for a gift that nobody has given is not kept for ever, nor is an account that nobody gives from any more.

use std::sync::Arc;

use florin_storage::Tx;
use florin_tenancy::day::{DayContext, Step};
use jiff::ToSpan as _;
use uuid::Uuid;

use super::{GiverBanks, kept, repo};
use crate::SavingsError;

/// How many gifts one transaction deals with.
const CHUNK: u32 = 500;
/// So many days after it was asked for, what was linked for a gift is forgotten; and once more when its link is good for
/// nothing any more, since a bank can be linked again until then.
const FORGOTTEN_AFTER_DAYS: [i32; 2] = [30, 61];

/// The step of the business day that forgets what was linked for gifts and not given from, and what was kept for a next gift
/// that never came.
pub struct ForgetLinks {
    banks: Arc<dyn GiverBanks>,
}

impl ForgetLinks {
    /// A step that has these banks forget.
    pub fn new(banks: Arc<dyn GiverBanks>) -> Self {
        Self { banks }
    }
}

impl Step for ForgetLinks {
    const NAME: &'static str = "forgotten links";
    const ORDINAL: i64 = 43;
    type Error = SavingsError;

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        after: Option<Uuid>,
    ) -> Result<Option<Uuid>, SavingsError> {
        if after.is_none() {
            kept::forget_expired_in(tx, day.tenant, day.date)?;
        }
        let asked_on = FORGOTTEN_AFTER_DAYS.map(|days| day.date.saturating_sub(days.days()));
        let gifts = repo::unfinished_after(tx, day.tenant, asked_on, after, CHUNK)?;
        for gift in &gifts {
            self.banks.forget_in(tx, day.tenant, *gift, day.stamp)?;
        }
        let is_full = gifts.len() == CHUNK as usize;
        Ok(gifts.last().filter(|_| is_full).map(|gift| gift.uuid()))
    }
}
