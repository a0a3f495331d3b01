//! Previews a command, decided as in a batch of its own.

use super::Workspace;
use crate::{
    domain::{Command, Complaint, Notice, SYSTEM_ACTOR},
    engine::{EngineError, Envelope, Work},
};

impl Workspace<'_> {
    /// The complaint as the change would leave it, with the notices that the change itself would issue. Notices for steps already
    /// due are left out, because the customer gets them anyway. Leaves the workspace unchanged.
    pub(in crate::engine) fn plan(
        &self,
        envelope: &Envelope,
    ) -> Result<(Complaint, Vec<Notice>), EngineError> {
        let Work::Change {
            complaint,
            version,
            command,
        } = &envelope.work
        else {
            return Err(EngineError::NotFound);
        };
        let id = self.id_of(complaint).ok_or(EngineError::NotFound)?;
        let before = self.expected(id, *version)?;
        let due = self.decide(id, &Command::Fire, None, SYSTEM_ACTOR.into())?;
        let decided = self.decide(id, command, None, (&envelope.actor).into())?;
        let Some(decision) = decided else {
            return Ok((before.now.complaint.clone(), Vec::new()));
        };
        // A decision begins with due steps, as in a sweep.
        let due = due.map_or(0, |due| due.notices.len());
        let notices = decision.notices.into_iter().skip(due).collect();
        Ok((decision.case.complaint, notices))
    }
}
