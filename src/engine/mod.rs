//! The one write path.
mod work;
pub use self::work::{EngineError, Envelope, RequestKey, Work};
use crate::domain::Complaint;

/// Takes commands. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {}

impl Engine {
    /// Has a command carried out and waits for the answer.
    ///
    /// # Errors
    /// Why it was not carried out.
    pub async fn submit(&self, _envelope: Envelope) -> Result<Complaint, EngineError> {
        todo!()
    }
}
