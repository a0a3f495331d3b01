//! What follows from a command.

use super::{
    actor::Acting,
    case::Case,
    casework, closing,
    command::Command,
    context::Context,
    correcting,
    decision::{Decision, Refusal},
    decision_builder::Draft,
    delivering, due_steps, erasing, escalation, filing, linking, migrating, outcome, pausing,
    referral,
};

/// Decides a command on a complaint that exists.
///
/// Whatever has fallen due before `now` happens first, so that a breach is on record whether or not a sweep came by; what
/// the command makes due before `now` happens after it. So nothing is due once it is decided. What is to happen at `now`
/// itself, such as telling of the independent body, is left to the sweep.
/// `Ok(None)`: nothing was due, so a [`Command::Fire`] has nothing to do.
///
/// # Errors
/// When the command is refused; nothing changes then.
pub fn decide<'a>(
    case: Case,
    command: &'a Command,
    actor: impl Into<Acting<'a>>,
    context: &Context<'a>,
) -> Result<Option<Decision>, Refusal> {
    let mut draft = Draft::new(case, actor.into(), context);
    due_steps::settle(&mut draft)?;
    draft.require(command.kind())?;
    match command {
        Command::Fire => {}
        Command::Migrate { policy, log } => migrating::migrate(&mut draft, policy, log)?,
        Command::ConvertEnquiry { converted_at } => filing::convert(&mut draft, *converted_at)?,
        Command::Acknowledge(acknowledgement) => {
            casework::acknowledge(&mut draft, acknowledgement)?;
        }
        Command::VerifyIdentity {
            method,
            verified_at,
        } => casework::verify_identity(&mut draft, method, *verified_at)?,
        Command::RecordContact {
            channel,
            from_customer,
            summary,
            contact_at,
            dissatisfied,
            not_reached,
        } => {
            let contact = casework::Contact {
                channel: *channel,
                from_customer: *from_customer,
                dissatisfied: *dissatisfied,
                not_reached: *not_reached,
            };
            casework::record_contact(&mut draft, &contact, summary, *contact_at)?;
        }
        Command::SendUpdate {
            message,
            sent_at,
            new_promise,
            told_by,
        } => {
            let update = casework::Update {
                message,
                new_promise: new_promise.as_ref(),
                told_by: *told_by,
            };
            casework::send_update(&mut draft, &update, *sent_at)?;
        }
        Command::Pause {
            reason,
            until,
            question,
        } => pausing::pause(&mut draft, *reason, *until, question.as_deref())?,
        Command::Resume { resumed_at } => pausing::resume_on_demand(&mut draft, *resumed_at)?,
        Command::Assign { assignee } => casework::assign(&mut draft, assignee)?,
        Command::Unassign => casework::unassign(&mut draft)?,
        Command::AddIssue(issue) => casework::add_issue(&mut draft, issue)?,
        Command::AddCaseReference { case_reference } => {
            casework::add_case_reference(&mut draft, case_reference)?;
        }
        Command::AddAttachment(attachment) => casework::add_attachment(&mut draft, attachment)?,
        Command::AddNote { note } => casework::add_note(&mut draft, note)?,
        Command::Link { kind, .. } => linking::link(&mut draft, *kind)?,
        Command::Unlink { .. } => linking::unlink(&mut draft)?,
        Command::Update(correction) => correcting::correct(&mut draft, correction)?,
        Command::ConcludeReview {
            conclusion,
            decided_at,
            root_cause,
        } => outcome::conclude(&mut draft, conclusion, *decided_at, root_cause.as_deref())?,
        Command::ProposeOutcome {
            message,
            remedy,
            decided_at,
            told_at,
            root_cause,
            told_by,
        } => {
            let proposal = outcome::ProposedOutcome {
                message,
                remedy: remedy.as_deref(),
                root_cause: root_cause.as_deref(),
                told_by: *told_by,
            };
            outcome::propose(&mut draft, &proposal, *decided_at, *told_at)?;
        }
        Command::RecordAnswer {
            answer,
            comment,
            answered_at,
        } => {
            outcome::record_answer(&mut draft, *answer, comment.as_deref(), *answered_at)?;
        }
        Command::ConfirmImplementation { implemented_at } => {
            outcome::confirm_implementation(&mut draft, *implemented_at)?;
        }
        Command::ResolveAtFirstContact {
            message,
            resolved_at,
        } => {
            outcome::resolve_at_first_contact(&mut draft, message, *resolved_at)?;
        }
        Command::Escalate {
            channel,
            statement,
            assignee,
            level,
            requested_at,
        } => {
            let request = escalation::Request {
                channel: *channel,
                statement: statement.as_deref(),
                assignee: assignee.as_deref(),
                level: *level,
                requested_at: *requested_at,
            };
            escalation::escalate(&mut draft, &request)?;
        }
        Command::Refer {
            body_reference,
            referred_at,
        } => {
            referral::refer(&mut draft, body_reference.as_deref(), *referred_at)?;
        }
        Command::RecordReferralStage { stage, stage_at } => {
            referral::record_stage(&mut draft, *stage, *stage_at)?;
        }
        Command::SubmitReferralReport {
            report,
            answer,
            submitted_at,
        } => {
            referral::submit_report(&mut draft, report, *answer, *submitted_at)?;
        }
        Command::RecordDocumentRequest {
            request,
            requested_at,
            due,
        } => referral::record_request(&mut draft, request, *requested_at, *due)?,
        Command::SubmitDocuments {
            documents,
            submitted_at,
        } => referral::submit_documents(&mut draft, documents, *submitted_at)?,
        Command::RecordFindings {
            findings,
            made_at,
            must_act,
            due,
        } => {
            let found = referral::NewFindings {
                made_at: *made_at,
                must_act: *must_act,
                due: *due,
            };
            referral::record_findings(&mut draft, findings, &found)?;
        }
        Command::ConfirmFindingsCarriedOut { carried_out_at } => {
            referral::confirm_findings(&mut draft, *carried_out_at)?;
        }
        Command::Withdraw {
            channel,
            statement,
            withdrawn_at,
        } => {
            closing::withdraw(&mut draft, *channel, statement, *withdrawn_at)?;
        }
        Command::Close {
            reason,
            closed_at,
            message,
            told_by,
        } => {
            let answer = closing::EnquiryAnswer {
                message: message.as_deref(),
                told_by: *told_by,
            };
            closing::close(&mut draft, *reason, &answer, *closed_at)?;
        }
        Command::Reopen {
            reason,
            reopened_at,
        } => closing::reopen(&mut draft, reason, *reopened_at)?,
        Command::PlaceLegalHold { reason } => erasing::hold(&mut draft, *reason)?,
        Command::ReleaseLegalHold { reason } => erasing::release(&mut draft, *reason)?,
        Command::ErasePerson { reason } => erasing::erase(&mut draft, *reason)?,
        Command::RecordDispatch(report) => delivering::record(&mut draft, report)?,
        Command::ResendNotice { notice, means } => {
            delivering::resend(&mut draft, *notice, *means)?;
        }
    }
    // What is entered late may have started or resumed a clock in the past: its steps are due already.
    due_steps::settle(&mut draft)?;
    draft.finish()
}
