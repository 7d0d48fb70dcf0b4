use florin_ids::JobId;
use jiff::SignedDuration;

/// How long to wait after each failed attempt, and when to give up.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Seconds after the first, second, ... failed attempt; the last one repeats.
    pub delays_seconds: &'static [u32],
    /// How often a job is started before it is dead; at least 1.
    pub attempts_max: u32,
}

impl RetryPolicy {
    /// 1 s, 5 s, 30 s, 2 min, 10 min, then hourly: 20 attempts in about 15 hours.
    pub const STANDARD: RetryPolicy =
        RetryPolicy { delays_seconds: &[1, 5, 30, 120, 600, 3600], attempts_max: 20 };

    /// Whether the attempt with this number was the last.
    pub fn is_last(&self, attempts: u32) -> bool {
        attempts >= self.attempts_max
    }

    /// The wait after the attempt with this number (1 is the first), up to a fifth more or less so
    /// that what failed together is not retried together. The jitter comes from the id's random
    /// bits, so the same question has the same answer.
    pub fn delay(&self, id: JobId, attempts: u32) -> SignedDuration {
        let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let base = self.delays_seconds.get(index).or(self.delays_seconds.last());
        let base_ms = i64::from(base.copied().unwrap_or(1)) * 1000;
        let per_mille = 800 + i64::from(jitter(id, attempts) % 401);
        SignedDuration::from_millis(base_ms * per_mille / 1000)
    }
}

/// A well-mixed number from the id and the attempt (the finalizer of MurmurHash3).
fn jitter(id: JobId, attempts: u32) -> u16 {
    let mut x = id.uuid().as_u64_pair().1 ^ u64::from(attempts);
    x = (x ^ (x >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    x = (x ^ (x >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    (x >> 48) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(attempts: u32, from_ms: i128, to_ms: i128) {
        for _ in 0..200 {
            let delay = RetryPolicy::STANDARD.delay(JobId::new(), attempts).as_millis();
            assert!((from_ms..=to_ms).contains(&delay), "{attempts}: {delay} ms");
        }
    }

    #[test]
    fn delays_grow_and_scatter() {
        check(1, 800, 1200);
        check(2, 4000, 6000);
        check(6, 2_880_000, 4_320_000);
        check(1000, 2_880_000, 4_320_000);
        let ids: Vec<JobId> = (0..50).map(|_| JobId::new()).collect();
        let mut delays: Vec<_> = ids.iter().map(|id| RetryPolicy::STANDARD.delay(*id, 4)).collect();
        delays.sort();
        delays.dedup();
        assert!(delays.len() > 20, "{} different delays", delays.len());
    }
}
