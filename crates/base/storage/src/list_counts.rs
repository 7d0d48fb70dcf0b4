//! How long lists are, remembered for a while.
//!
//! A list of a million rows is counted in a tenth of a second, which is much more than finding a page of it. So the
//! count of a list that is longer than [`crate::EXACT_ROWS`] is kept for a hundred times as long as it took, and
//! paging through the list counts it rarely.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::listing::{ListQuery, ListSource, Op};
use crate::value::Value;
use crate::work::{lock, stopwatch};

/// Counting takes at most one part in so many of the time.
const PATIENCE: u32 = 100;
/// No count is kept for longer.
const KEPT_LONGEST: Duration = Duration::from_secs(30);
/// More counts than this are not kept; when there are, all that are out of date go, or else all.
const KEPT_MOST: usize = 10_000;

/// The counts of a database's long lists.
#[derive(Debug, Default)]
pub(crate) struct Counts(Mutex<HashMap<ListKey, Kept>>);

#[derive(Debug, Clone, Copy)]
struct Kept {
    count: u64,
    at: Instant,
    time: Duration,
}

impl Kept {
    fn is_fresh(&self) -> bool {
        self.at.elapsed() < self.time
    }
}

/// Tells lists apart by source, scope and filters: 128 bits of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ListKey(u64, u64);

impl ListKey {
    pub(crate) fn of(source: &ListSource, scope: &[Value], query: &ListQuery) -> ListKey {
        let half = |seed: u64| {
            let mut hasher = DefaultHasher::new();
            seed.hash(&mut hasher);
            source.rows.hash(&mut hasher);
            scope.hash(&mut hasher);
            for filter in query.filters.iter().filter(|it| !matches!(it.op, Op::After(_))) {
                filter.hash(&mut hasher);
            }
            hasher.finish()
        };
        ListKey(half(1), half(2))
    }
}

impl Counts {
    /// What the list counted not long ago.
    pub(crate) fn get(&self, key: ListKey) -> Option<u64> {
        lock(&self.0).get(&key).filter(|kept| kept.is_fresh()).map(|kept| kept.count)
    }

    /// Keeps a count for as long as is due to its cost.
    pub(crate) fn keep(&self, key: ListKey, count: u64, started: Instant) {
        let at = stopwatch();
        let cost = at.saturating_duration_since(started);
        let time = cost.saturating_mul(PATIENCE).min(KEPT_LONGEST);
        let mut all = lock(&self.0);
        if all.len() >= KEPT_MOST {
            all.retain(|_, kept| kept.is_fresh());
        }
        if all.len() >= KEPT_MOST {
            all.clear();
        }
        all.insert(key, Kept { count, at, time });
    }
}
