//! Batch queue in front of hot paths.

use crate::db::Db;
use crate::error::StorageError;
use crate::tx::Tx;

/// Collects what waiting callers ask for and runs it in batches.
pub struct BatchQueue<Req, Resp, E> {
    _m: std::marker::PhantomData<fn(Req) -> Result<Resp, E>>,
}

impl<Req: Send + 'static, Resp: Send + 'static, E: From<StorageError> + Send + 'static>
    BatchQueue<Req, Resp, E>
{
    /// A queue of `shards` over `run`.
    pub fn new(
        _db: Db,
        _shards: usize,
        _max_batch: usize,
        _run: impl Fn(&mut Tx, &[Req]) -> Result<Vec<Resp>, E> + Send + Sync + 'static,
    ) -> Self {
        todo!()
    }
    /// Submits one.
    pub async fn submit(&self, _shard_key: u64, _req: Req) -> Result<Resp, E> {
        todo!()
    }
}
