//! Rate limits: of an API key by its requests, of a client address by its refused credentials.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use uuid::Uuid;

/// The time over which refused credentials are counted.
const FAILURE_WINDOW: Duration = Duration::from_secs(60);
/// How many client addresses are remembered before old ones are dropped.
const ADDRESSES_MAX: usize = 10_000;

/// Requests a second of each key, as a leaky bucket (generic cell rate algorithm).
///
/// Only authenticated keys come here, so that the memory is bounded by the keys that exist.
pub(crate) struct KeyThrottle<K: Hash + Eq + Clone> {
    limiter: Option<DefaultKeyedRateLimiter<K>>,
    clock: DefaultClock,
}

impl<K: Hash + Eq + Clone> KeyThrottle<K> {
    /// A limit of `per_second` sustained and `burst` at once; no limit without the first.
    pub(crate) fn new(per_second: Option<u32>, burst: u32) -> Self {
        let quota = per_second.and_then(NonZeroU32::new).map(|rate| {
            let burst = NonZeroU32::new(burst).unwrap_or(rate);
            Quota::per_second(rate).allow_burst(burst)
        });
        Self { limiter: quota.map(RateLimiter::keyed), clock: DefaultClock::default() }
    }

    /// Takes one request from the key's allowance; the error is how long to wait.
    pub(crate) fn take(&self, key: &K) -> Result<(), Duration> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        limiter.check_key(key).map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

/// Requests a second of each visitor that comes and goes, such as an end user's session.
///
/// Only known visitors come here; those that have been quiet are forgotten from time to time.
pub(crate) struct VisitThrottle {
    throttle: KeyThrottle<Uuid>,
    taken: AtomicU32,
}

/// After so many requests those that have been quiet are forgotten.
const FORGET_AFTER: u32 = 4_096;

impl VisitThrottle {
    /// See [`KeyThrottle::new`].
    pub(crate) fn new(per_second: Option<u32>, burst: u32) -> Self {
        Self { throttle: KeyThrottle::new(per_second, burst), taken: AtomicU32::new(0) }
    }

    /// Takes one request from the visitor's allowance; the error is how long to wait.
    pub(crate) fn take(&self, visitor: &Uuid) -> Result<(), Duration> {
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        if let Some(limiter) = &self.throttle.limiter
            && taken % FORGET_AFTER == FORGET_AFTER - 1
        {
            limiter.retain_recent();
        }
        self.throttle.take(visitor)
    }
}

/// Counts the refused credentials of each client address.
pub(crate) struct FailureGate {
    failures_max: u32,
    windows: RwLock<HashMap<IpAddr, Window>>,
    /// How many windows there are, readable without the lock: nearly always none.
    count: AtomicUsize,
}

#[derive(Clone, Copy)]
struct Window {
    started: Instant,
    failures: u32,
}

impl FailureGate {
    /// A gate that closes for an address after so many failures within a minute.
    pub(crate) fn new(failures_per_minute: u32) -> Self {
        Self {
            failures_max: failures_per_minute,
            windows: RwLock::default(),
            count: AtomicUsize::new(0),
        }
    }

    /// How long the gate stays closed for the address, if it is.
    pub(crate) fn closed_for(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let windows = self.windows.read().unwrap_or_else(PoisonError::into_inner);
        let window = windows.get(&address)?;
        self.remaining(*window, now)
    }

    /// Counts a failure; says how long the gate is closed when it is.
    pub(crate) fn record(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let mut windows = self.windows.write().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= ADDRESSES_MAX {
            windows.retain(|_, window| is_open(*window, now));
        }
        if windows.len() >= ADDRESSES_MAX {
            // A flood from many addresses: start counting again rather than grow.
            windows.clear();
        }
        let window = windows
            .entry(address)
            .and_modify(|window| {
                if !is_open(*window, now) {
                    *window = Window { started: now, failures: 0 };
                }
                window.failures = window.failures.saturating_add(1);
            })
            .or_insert(Window { started: now, failures: 1 });
        let window = *window;
        self.count.store(windows.len(), Ordering::Relaxed);
        self.remaining(window, now)
    }

    fn remaining(&self, window: Window, now: Instant) -> Option<Duration> {
        if window.failures <= self.failures_max {
            return None;
        }
        let passed = now.saturating_duration_since(window.started);
        FAILURE_WINDOW.checked_sub(passed).filter(|left| !left.is_zero())
    }
}

fn is_open(window: Window, now: Instant) -> bool {
    now.saturating_duration_since(window.started) < FAILURE_WINDOW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_limited_alone() {
        // One request in a second and no burst: the second one is early on any machine.
        let throttle = KeyThrottle::new(Some(1), 1);
        assert!(throttle.take(&"a").is_ok());
        let wait = throttle.take(&"a").expect_err("the allowance is used up");
        assert!(wait <= Duration::from_secs(1));
        assert!(throttle.take(&"b").is_ok());
        let unlimited = KeyThrottle::new(None, 1);
        assert!((0..1000).all(|_| unlimited.take(&"a").is_ok()));
    }

    #[test]
    fn visitors_are_limited_and_forgotten() {
        let throttle = VisitThrottle::new(Some(1), 1);
        assert!(throttle.take(&Uuid::nil()).is_ok());
        assert!(throttle.take(&Uuid::nil()).is_err());
        let fast = VisitThrottle::new(Some(1_000_000_000), 1);
        for n in 0..u128::from(FORGET_AFTER) {
            assert!(fast.take(&Uuid::from_u128(n)).is_ok());
        }
        let known = fast.throttle.limiter.as_ref().map(|limiter| limiter.len());
        assert!(known.is_some_and(|known| known < 1_000), "{known:?}");
    }

    #[test]
    fn the_gate_closes_after_the_allowed_failures_and_opens_again() {
        let gate = FailureGate::new(2);
        let start = florin_calendar::monotonic();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let (one, two) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        assert_eq!(gate.record(one, at(0)), None);
        assert_eq!(gate.record(one, at(1)), None);
        assert_eq!(gate.closed_for(one, at(1)), None);
        assert_eq!(gate.record(one, at(10)), Some(Duration::from_secs(50)));
        assert_eq!(gate.closed_for(one, at(20)), Some(Duration::from_secs(40)));
        assert_eq!(gate.closed_for(two, at(20)), None);
        assert_eq!(gate.closed_for(one, at(60)), None);
        assert_eq!(gate.record(one, at(61)), None);
    }

    #[test]
    fn a_flood_of_addresses_does_not_grow_the_memory() {
        let gate = FailureGate::new(1);
        let now = florin_calendar::monotonic();
        for n in 0..(ADDRESSES_MAX as u32 + 10) {
            gate.record(IpAddr::from(n.to_be_bytes()), now);
        }
        assert!(gate.count.load(Ordering::Relaxed) <= ADDRESSES_MAX);
    }
}
