//! What only a simulator can be asked: see [`crate::simulator`].

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::Client;
use super::send::{Call, Query};
use crate::ApiError;
use crate::simulator::Fault;
use crate::wire::RequisitionStatus;

impl Client {
    /// Replaces the faults to come of these secrets.
    ///
    /// # Errors
    /// As every call.
    pub async fn simulator_set_faults(&self, faults: &[Fault]) -> Result<(), ApiError> {
        let call = Call::post("simulator/faults/", &json!({ "faults": faults }))?;
        self.send(&call).await.map(|_| ())
    }

    /// Puts a requisition into a state, as if the end user, the bank or time had done it.
    ///
    /// # Errors
    /// [`ApiError::NotFound`]; as every call.
    pub async fn simulator_set_status(
        &self,
        requisition: Uuid,
        status: RequisitionStatus,
    ) -> Result<(), ApiError> {
        let path = format!("simulator/requisitions/{requisition}/");
        self.send(&Call::post(path, &json!({ "status": status }))?).await.map(|_| ())
    }

    /// What the simulator holds for these secrets, in numbers.
    ///
    /// # Errors
    /// As every call.
    pub async fn simulator_state(&self) -> Result<Json, ApiError> {
        self.send(&Call::get("simulator/state/", Query::new())).await
    }
}
