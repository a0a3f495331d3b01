//! Performs the script's acts as API calls.

use std::time::Duration;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use tonic::{Code, Response, Status};
use uuid::Uuid;

use super::script::{Act, Beginning, Scenario, Step};
use crate::{
    client::{Client, DispatchClient, api_time},
    proto::v1,
};

/// How often a call is tried while the service or its database is busy.
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(250);

/// Makes idempotent calls to the service.
#[derive(Debug, Clone)]
pub(super) struct Performer {
    pub(super) client: Client,
    pub(super) dispatches: DispatchClient,
    pub(super) zone: TimeZone,
}

impl Performer {
    /// Files a complaint.
    pub(super) async fn file(&mut self, scenario: &Scenario) -> Result<v1::Complaint, Status> {
        let request = self.filing(scenario)?;
        let client = &self.client;
        repeated(async || client.clone().file_complaint(request.clone()).await).await
    }

    /// Performs a step of the script, as one idempotent request.
    pub(super) async fn perform(
        &mut self,
        name: &str,
        channel: v1::Channel,
        step: &Step,
    ) -> Result<v1::Complaint, Status> {
        let whose = Whose {
            name,
            request_id: Uuid::new_v4().to_string(),
            actor: step.by,
            channel,
        };
        let this = &*self;
        repeated(async || this.clone().call(&whose, step.act).await).await
    }

    fn filing(&self, scenario: &Scenario) -> Result<v1::FileComplaintRequest, Status> {
        let received = match scenario.beginning {
            Beginning::Arrived(at) => Some(api_time(self.instant(at)?)),
            _ => None,
        };
        let acknowledged = matches!(
            scenario.beginning,
            Beginning::Acknowledged | Beginning::Urgent
        );
        Ok(v1::FileComplaintRequest {
            request_id: Uuid::new_v4().to_string(),
            actor: scenario.handler.to_owned(),
            brand: scenario.brand.to_owned(),
            channel: scenario.channel.into(),
            customer: Some(v1::Customer {
                full_name: scenario.name.to_owned(),
                email: scenario.email.to_owned(),
                phone: scenario.phone.to_owned(),
                postal_address: scenario.postal_address.to_owned(),
                ..v1::Customer::default()
            }),
            customer_type: scenario.customer_type.into(),
            language: scenario.language.into(),
            issues: vec![v1::Issue {
                service: scenario.service.into(),
                category: scenario.category.into(),
                description: scenario.description.to_owned(),
                desired_outcome: scenario.wanted.to_owned(),
                ..v1::Issue::default()
            }],
            received_time: received,
            enquiry: scenario.beginning == Beginning::Enquiry,
            urgent: scenario.beginning == Beginning::Urgent,
            assignee: scenario.handler.to_owned(),
            acknowledgement: acknowledged.then(v1::Acknowledgement::default),
            ..v1::FileComplaintRequest::default()
        })
    }

    fn instant(&self, wall: DateTime) -> Result<Timestamp, Status> {
        self.zone
            .to_timestamp(wall)
            .map_err(|error| Status::invalid_argument(error.to_string()))
    }

    fn promised(&self, wall: DateTime) -> Result<Option<prost_types::Timestamp>, Status> {
        Ok(Some(api_time(self.instant(wall)?)))
    }

    #[expect(
        clippy::needless_update,
        reason = "some requests have fields that are left out here, and others have none"
    )]
    async fn call(
        mut self,
        whose: &Whose<'_>,
        act: Act,
    ) -> Result<Response<v1::Complaint>, Status> {
        /// A request with the fields that all of them share.
        macro_rules! request {
            ($name:ident { $($field:ident: $value:expr),* $(,)? }) => {
                v1::$name {
                    name: whose.name.to_owned(),
                    request_id: whose.request_id.clone(),
                    etag: String::new(),
                    actor: whose.actor.to_owned(),
                    $($field: $value,)*
                    ..Default::default()
                }
            };
        }
        match act {
            Act::Convert => {
                self.client
                    .convert_enquiry(request!(ConvertEnquiryRequest {}))
                    .await
            }
            Act::Acknowledge(promised) => {
                let promised_time = match promised {
                    Some(at) => self.promised(at)?,
                    None => None,
                };
                let acknowledgement = Some(v1::Acknowledgement {
                    promised_time,
                    ..Default::default()
                });
                self.client
                    .acknowledge_complaint(request!(AcknowledgeComplaintRequest {
                        acknowledgement: acknowledgement
                    }))
                    .await
            }
            Act::VerifyIdentity(method) => {
                self.client
                    .verify_identity(request!(VerifyIdentityRequest {
                        method: method.to_owned()
                    }))
                    .await
            }
            Act::Update(message) => {
                self.client
                    .send_update(request!(SendUpdateRequest {
                        message: message.to_owned(),
                        new_promised_time: None,
                        reason: String::new(),
                        override_reason: String::new(),
                    }))
                    .await
            }
            Act::ChangePromise {
                message,
                reason,
                to,
            } => {
                let to = self.promised(to)?;
                self.client
                    .send_update(request!(SendUpdateRequest {
                        message: message.to_owned(),
                        new_promised_time: to,
                        reason: reason.to_owned(),
                        override_reason: String::new(),
                    }))
                    .await
            }
            Act::CustomerWrites {
                summary,
                dissatisfied,
            } => {
                self.client
                    .record_contact(request!(RecordContactRequest {
                        channel: whose.channel.into(),
                        direction: v1::Direction::FromCustomer.into(),
                        summary: summary.to_owned(),
                        contact_time: None,
                        dissatisfied: dissatisfied,
                        not_reached: false,
                    }))
                    .await
            }
            Act::Call(summary) => {
                self.client
                    .record_contact(request!(RecordContactRequest {
                        channel: v1::Channel::Phone.into(),
                        direction: v1::Direction::ToCustomer.into(),
                        summary: summary.to_owned(),
                        contact_time: None,
                        dissatisfied: false,
                        not_reached: false,
                    }))
                    .await
            }
            Act::Ask(question) => {
                self.client
                    .pause_complaint(request!(PauseComplaintRequest {
                        reason: v1::PauseReason::WaitingForCustomer.into(),
                        end_time: None,
                        question: question.to_owned(),
                    }))
                    .await
            }
            Act::Propose { message, remedy } => {
                self.client
                    .propose_outcome(request!(ProposeOutcomeRequest {
                        message: message.to_owned(),
                        remedy: remedy.to_owned(),
                        decided_time: None,
                        root_cause: String::new(),
                    }))
                    .await
            }
            Act::Accept => {
                self.client
                    .record_customer_answer(request!(RecordCustomerAnswerRequest {
                        answer: v1::CustomerAnswer::Accepted.into(),
                        comment: String::new(),
                        answered_time: None,
                    }))
                    .await
            }
            Act::Refuse(comment) => {
                self.client
                    .record_customer_answer(request!(RecordCustomerAnswerRequest {
                        answer: v1::CustomerAnswer::Refused.into(),
                        comment: comment.to_owned(),
                        answered_time: None,
                    }))
                    .await
            }
            Act::Implement => {
                self.client
                    .confirm_implementation(request!(ConfirmImplementationRequest {
                        implemented_time: None
                    }))
                    .await
            }
            Act::ResolveAtFirstContact(message) => {
                self.client
                    .resolve_at_first_contact(request!(ResolveAtFirstContactRequest {
                        message: message.to_owned()
                    }))
                    .await
            }
            Act::Escalate {
                statement,
                assignee,
            } => {
                self.client
                    .escalate_complaint(request!(EscalateComplaintRequest {
                        channel: whose.channel.into(),
                        statement: statement.to_owned(),
                        assignee: assignee.to_owned(),
                        level: 0,
                    }))
                    .await
            }
            Act::Withdraw(statement) => {
                self.client
                    .withdraw_complaint(request!(WithdrawComplaintRequest {
                        statement: statement.to_owned(),
                        channel: whose.channel.into(),
                    }))
                    .await
            }
            Act::AnswerEnquiry(answer) => {
                self.client
                    .close_complaint(request!(CloseComplaintRequest {
                        reason: v1::ClosureReason::EnquiryAnswered.into(),
                        message: answer.to_owned(),
                    }))
                    .await
            }
            Act::Close(reason) => {
                self.client
                    .close_complaint(request!(CloseComplaintRequest {
                        reason: reason.into(),
                        message: String::new(),
                    }))
                    .await
            }
            Act::Refer(reference) => {
                self.client
                    .refer_complaint(request!(ReferComplaintRequest {
                        body_reference: reference.to_owned(),
                        referred_time: None,
                    }))
                    .await
            }
            Act::Stage(stage) => {
                self.client
                    .record_referral_stage(request!(RecordReferralStageRequest {
                        stage: stage.into(),
                        stage_time: None,
                    }))
                    .await
            }
            Act::SendAgain(means) => {
                let notice = self.undelivered(whose.name).await?;
                self.dispatches
                    .resend_notice(request!(ResendNoticeRequest {
                        notice: notice,
                        means: means.into(),
                    }))
                    .await
            }
            Act::PostLetters => {
                let letter = self.claim_letter(whose).await?;
                self.dispatches
                    .record_dispatch(request!(RecordDispatchRequest {
                        notice: letter.sequence,
                        means: letter.means,
                        state: v1::NoticeState::Posted.into(),
                        attempt: letter.attempt,
                    }))
                    .await
            }
            Act::Report(report) => {
                self.client
                    .submit_referral_report(request!(SubmitReferralReportRequest {
                        report: report.to_owned(),
                        answer: v1::ReferralAnswer::Unresolved.into(),
                    }))
                    .await
            }
        }
    }
}

impl Performer {
    /// The number of the first notice that did not reach the customer.
    async fn undelivered(&mut self, name: &str) -> Result<i64, Status> {
        let request = v1::GetComplaintRequest {
            name: name.to_owned(),
            read_mask: None,
        };
        let complaint = self.client.get_complaint(request).await?.into_inner();
        let first = complaint.undelivered.first();
        let number = first.and_then(|it| it.notice.rsplit('/').next()?.parse().ok());
        number.ok_or_else(|| Status::failed_precondition("every notice reached the customer"))
    }

    /// Claims the letter that is waiting for this complaint.
    async fn claim_letter(&mut self, whose: &Whose<'_>) -> Result<v1::ClaimedDispatch, Status> {
        let request = v1::ClaimDispatchesRequest {
            actor: whose.actor.to_owned(),
            means: v1::ContactMeans::Letter.into(),
            ..v1::ClaimDispatchesRequest::default()
        };
        let claimed = self.dispatches.claim_dispatches(request).await?;
        let mut letters = claimed.into_inner().dispatches.into_iter();
        let letter = letters.find(|letter| letter.complaint == whose.name);
        letter.ok_or_else(|| Status::failed_precondition("no letter waits"))
    }
}

/// What every call about a complaint contains.
#[derive(Debug)]
struct Whose<'a> {
    name: &'a str,
    request_id: String,
    actor: &'a str,
    channel: v1::Channel,
}

/// Repeats a call until it is answered. All tries share one request id, so it is carried out only once.
async fn repeated(
    call: impl AsyncFn() -> Result<Response<v1::Complaint>, Status>,
) -> Result<v1::Complaint, Status> {
    let mut tries = 1;
    loop {
        match call().await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(busy)
                if tries < TRIES
                    && matches!(busy.code(), Code::Unavailable | Code::ResourceExhausted) =>
            {
                tries += 1;
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            Err(status) => return Err(status),
        }
    }
}
