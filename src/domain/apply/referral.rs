//! What follows from the facts about a referral: what the independent body has, what it asked for, and what it found.

use jiff::Timestamp;

use super::super::{
    case::Case,
    event::Fact,
    referred::{DocumentRequest, Findings, Referral, ReferralAnswer, ReferralStage},
};
use crate::{
    calendar::OutOfRange,
    policy::{Policy, Trigger},
};

impl Case {
    /// Follows a fact about the referral that was recorded at `at`; nothing follows here from any other fact.
    pub(super) fn follow_referral(
        &mut self,
        at: Timestamp,
        fact: &Fact,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        if let Fact::Referred {
            referred_at,
            body_reference,
        } = fact
        {
            self.refer(*referred_at, body_reference.clone());
            return Ok(());
        }
        let Some(referral) = &mut self.complaint.referral else {
            return Ok(());
        };
        match fact {
            Fact::ReferralStageReached { stage, at } => {
                let before = std::mem::replace(&mut referral.stage, *stage);
                if *stage == ReferralStage::Concluded {
                    // The body no longer waits for anything. Its findings must still be carried out.
                    referral.request = None;
                    return self.trigger(Trigger::ReferralConcluded, *at, policy);
                }
                // Whichever stage is recorded first after the assessment: the provider has the complaint from the body,
                // and owes it a report.
                if before == ReferralStage::Assessment && referral.reported_at.is_none() {
                    return self.trigger(Trigger::Referred, *at, policy);
                }
                Ok(())
            }
            Fact::ReferralReported {
                answer,
                submitted_at,
            } => self.follow_report(*answer, submitted_at.unwrap_or(at), policy),
            Fact::DocumentsRequested { requested_at, due } => {
                let before = referral.request.take().and_then(|open| open.due);
                referral.request = Some(DocumentRequest {
                    requested_at: *requested_at,
                    due: due.or(before),
                });
                self.start(
                    Trigger::DocumentsRequested,
                    *due,
                    (*requested_at, at),
                    policy,
                )
            }
            Fact::DocumentsSubmitted { submitted_at } => {
                referral.request = None;
                referral.documents_submitted_at = Some(*submitted_at);
                self.trigger(Trigger::DocumentsSubmitted, *submitted_at, policy)
            }
            Fact::FindingsRecorded {
                made_at,
                must_act,
                due,
            } => self.follow_findings((*made_at, at), *must_act, *due, policy),
            Fact::FindingsCarriedOut { carried_out_at } => {
                if let Some(findings) = &mut referral.findings {
                    findings.carried_out_at = Some(*carried_out_at);
                }
                self.trigger(Trigger::FindingsCarriedOut, *carried_out_at, policy)
            }
            _ => Ok(()),
        }
    }

    /// The body has it, perhaps again. Earlier findings that are not carried out yet are still owed.
    fn refer(&mut self, referred_at: Timestamp, body_reference: Option<String>) {
        let former = self.complaint.referral.take();
        self.complaint.referral = Some(Referral {
            stage: ReferralStage::Assessment,
            referred_at,
            body_reference,
            reported_at: None,
            answer: None,
            request: None,
            documents_submitted_at: None,
            findings: former
                .and_then(|former| former.findings)
                .filter(Findings::is_owed),
        });
    }

    /// A report that is sent again answers what the body has asked for since the last one.
    fn follow_report(
        &mut self,
        answer: Option<ReferralAnswer>,
        at: Timestamp,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        let Some(referral) = &mut self.complaint.referral else {
            return Ok(());
        };
        let again = referral.reported_at.replace(at).is_some();
        referral.answer = answer;
        self.trigger(Trigger::ReportSubmitted, at, policy)?;
        if !again {
            return Ok(());
        }
        if let Some(referral) = &mut self.complaint.referral {
            referral.request = None;
        }
        self.trigger(Trigger::DocumentsSubmitted, at, policy)
    }

    /// Later findings replace earlier ones. If they ask nothing of the provider, nothing is owed any more.
    fn follow_findings(
        &mut self,
        (made_at, recorded): (Timestamp, Timestamp),
        must_act: bool,
        due: Option<Timestamp>,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        if let Some(referral) = &mut self.complaint.referral {
            referral.findings = Some(Findings {
                made_at,
                must_act,
                due,
                carried_out_at: None,
            });
        }
        if must_act {
            self.start(Trigger::FindingsReceived, due, (made_at, recorded), policy)
        } else {
            self.abandon_started_by(Trigger::FindingsReceived, recorded, policy);
            Ok(())
        }
    }

    /// Starts what `trigger` starts; if the body set a date, due at that date.
    fn start(
        &mut self,
        trigger: Trigger,
        date: Option<Timestamp>,
        (at, recorded): (Timestamp, Timestamp),
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        if let Some(date) = date {
            self.start_due(trigger, date, (at, recorded), policy)?;
        }
        self.trigger(trigger, at, policy)
    }
}
