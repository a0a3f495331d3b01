//! Plays the acts through the port of a running service, with time moved on from one half hour to the next.

use std::{collections::BTreeMap, sync::Arc};

use diesel::RunQueryDsl as _;
use jiff::{SignedDuration, Timestamp};
use redress::{
    calendar::Calendar,
    proto::v1::{self, complaint_service_client::ComplaintServiceClient},
    store::Store,
    time_source::{ManualTime, TimeSource as _},
};
use tonic::transport::Channel;

use super::{
    book::Entry,
    script::{Act, Scene, working_hours_after},
};
use crate::support::database::TestDatabase;

/// How far time moves at the least. What falls into one move is entered by as many callers at once; and no step fires
/// later than this.
pub(super) const MOVE: SignedDuration = SignedDuration::from_mins(30);
/// How often the tables are vacuumed and analysed. Postgres does so by itself each minute; here in a minute go months.
const HOUSEKEEPING: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Some of these complaints take longer than the ceiling of the policy allows.
const LATER_THAN_THE_CEILING: &str = "The contractor has no earlier slot.";

/// The office at work on the whole book.
pub(super) struct Stage<'a> {
    pub(super) client: ComplaintServiceClient<Channel>,
    pub(super) time: Arc<ManualTime>,
    pub(super) store: Store,
    pub(super) database: Arc<TestDatabase>,
    pub(super) calendar: &'a Calendar,
    pub(super) entries: &'a [Entry],
    /// The name of each complaint, once it is filed.
    pub(super) names: Vec<String>,
}

/// What was played.
#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) moves: usize,
    pub(super) calls: usize,
    /// The most calls that were in flight at once.
    pub(super) at_once: usize,
}

impl Stage<'_> {
    /// Plays all of it, and sees to it that everything due has fired before time moves on. It is the service's own
    /// scheduler that fires it.
    pub(super) async fn play(&mut self, mut scenes: Vec<(usize, Scene)>) -> Played {
        // Stable: the acts about one complaint stay in order.
        scenes.sort_by_key(|(_, scene)| scene.at);
        let (mut scenes, mut played) = (scenes.as_slice(), Played::default());
        let (mut next_fire, mut kept_house) = (None, self.time.now());
        while let Some((_, first)) = scenes.first() {
            let next = next_fire.map_or(first.at, |fire| first.at.min(fire));
            self.time.set(end_of_move(next));
            let now = self.time.now();
            let (present, later) =
                scenes.split_at(scenes.partition_point(|(_, scene)| scene.at <= now));
            scenes = later;
            let mut by_complaint: BTreeMap<usize, Vec<Scene>> = BTreeMap::new();
            for (number, scene) in present {
                by_complaint.entry(*number).or_default().push(*scene);
            }
            played.moves += 1;
            played.calls += present.len();
            played.at_once = played.at_once.max(by_complaint.len());
            let in_flight = by_complaint
                .into_iter()
                .map(|(number, scenes)| self.act(number, scenes));
            for (number, name) in futures_util::future::join_all(in_flight).await {
                self.names[number] = name;
            }
            next_fire = self.swept(now).await;
            if now.duration_since(kept_house) > HOUSEKEEPING {
                tokio::task::block_in_place(|| self.keep_house());
                kept_house = now;
            }
        }
        played
    }

    /// Waits until nothing is due; returns when something will be.
    async fn swept(&self, now: Timestamp) -> Option<Timestamp> {
        let mut sweeper_rests = self.time.awaited();
        loop {
            let next = tokio::task::block_in_place(|| self.store.next_fire(Timestamp::UNIX_EPOCH))
                .expect("the next fire time");
            if next.is_none_or(|next| next >= now) {
                return next;
            }
            // It rests each time that it has found nothing more to fire; its heartbeat sees to it that it looks again.
            sweeper_rests.changed().await.expect("time goes on");
        }
    }

    fn keep_house(&self) {
        diesel::sql_query("vacuum analyze")
            .execute(&mut self.database.connect())
            .expect("the tables are vacuumed");
    }

    /// Does everything about one complaint that is to be done now. Every call must be accepted.
    async fn act(&self, number: usize, scenes: Vec<Scene>) -> (usize, String) {
        let mut name = self.names[number].clone();
        for Scene { act, by, .. } in scenes {
            // At a higher level it is for somebody else.
            let handlers = if by == "adviser" { 12 } else { 3 };
            let actor = format!("{by} {}", number % handlers);
            let done = self.call(number, &name, actor, act).await;
            let complaint = done.unwrap_or_else(|status| {
                panic!("{act:?} of {number} at {}: {status}", self.time.now())
            });
            name = complaint.name;
        }
        (number, name)
    }

    async fn call(
        &self,
        number: usize,
        name: &str,
        actor: String,
        act: Act,
    ) -> Result<v1::Complaint, tonic::Status> {
        let mut client = self.client.clone();
        let name = name.to_owned();
        let now = self.time.now();
        let entry = &self.entries[number];
        let answer = match act {
            Act::File { acknowledged } => {
                client
                    .file_complaint(filing(entry, actor, acknowledged))
                    .await
            }
            Act::Acknowledge => {
                let request = v1::AcknowledgeComplaintRequest {
                    name,
                    actor,
                    acknowledgement: Some(v1::Acknowledgement {
                        override_reason: LATER_THAN_THE_CEILING.to_owned(),
                        ..Default::default()
                    }),
                    ..Default::default()
                };
                client.acknowledge_complaint(request).await
            }
            Act::Update { new_date_after } => {
                let new_date =
                    new_date_after.map(|hours| working_hours_after(self.calendar, now, hours));
                let with_date = |why: &str| new_date.map_or_else(String::new, |_| why.to_owned());
                client
                    .send_update(v1::SendUpdateRequest {
                        name,
                        actor,
                        message: "We are still looking into it.".to_owned(),
                        new_promised_time: new_date.map(wire),
                        reason: with_date("The cable in the street must be dug up."),
                        override_reason: with_date(LATER_THAN_THE_CEILING),
                        ..Default::default()
                    })
                    .await
            }
            Act::Pause => {
                let reason = v1::PauseReason::WaitingForCustomer.into();
                let request = v1::PauseComplaintRequest {
                    name,
                    actor,
                    reason,
                    ..Default::default()
                };
                client.pause_complaint(request).await
            }
            Act::CustomerWrites | Act::CustomerComplainsAgain => {
                client
                    .record_contact(v1::RecordContactRequest {
                        name,
                        actor,
                        channel: channel(entry).into(),
                        direction: v1::Direction::FromCustomer.into(),
                        summary: "The customer said more about it.".to_owned(),
                        dissatisfied: act == Act::CustomerComplainsAgain,
                        ..Default::default()
                    })
                    .await
            }
            Act::Propose {
                remedy,
                decided_hours_ago,
            } => {
                let decided = now - SignedDuration::from_hours(decided_hours_ago.into());
                // Not before it was received: a call, half an hour after the book's time at the latest.
                let decided = decided.max(entry.filed_at() + MOVE).min(now);
                client
                    .propose_outcome(v1::ProposeOutcomeRequest {
                        name,
                        actor,
                        message: "The fault was on our side.".to_owned(),
                        remedy: if remedy {
                            "A credit of 20 dollars.".to_owned()
                        } else {
                            String::new()
                        },
                        decided_time: Some(wire(decided)),
                        ..Default::default()
                    })
                    .await
            }
            Act::Answer { accepted } => {
                let answer = if accepted {
                    v1::CustomerAnswer::Accepted
                } else {
                    v1::CustomerAnswer::Refused
                };
                let request = v1::RecordCustomerAnswerRequest {
                    name,
                    actor,
                    answer: answer.into(),
                    ..Default::default()
                };
                client.record_customer_answer(request).await
            }
            Act::Implement => {
                let request = v1::ConfirmImplementationRequest {
                    name,
                    actor,
                    ..Default::default()
                };
                client.confirm_implementation(request).await
            }
            Act::Escalate { to } => {
                client
                    .escalate_complaint(v1::EscalateComplaintRequest {
                        name,
                        actor,
                        channel: channel(entry).into(),
                        assignee: format!("{to} {}", number % 3),
                        ..Default::default()
                    })
                    .await
            }
            Act::Refer => {
                let request = v1::ReferComplaintRequest {
                    name,
                    actor,
                    ..Default::default()
                };
                client.refer_complaint(request).await
            }
            Act::Report => {
                let report = "What was done, and why.".to_owned();
                let request = v1::SubmitReferralReportRequest {
                    name,
                    actor,
                    report,
                    answer: v1::ReferralAnswer::Unresolved.into(),
                    ..Default::default()
                };
                client.submit_referral_report(request).await
            }
            Act::ResolveOnTheLine => {
                let message = "Your modem was started anew while we spoke.".to_owned();
                let request = v1::ResolveAtFirstContactRequest {
                    name,
                    actor,
                    message,
                    ..Default::default()
                };
                client.resolve_at_first_contact(request).await
            }
            Act::Close(reason) => {
                let request = v1::CloseComplaintRequest {
                    name,
                    actor,
                    reason: reason.into(),
                    ..Default::default()
                };
                client.close_complaint(request).await
            }
        };
        answer.map(tonic::Response::into_inner)
    }
}

fn filing(entry: &Entry, actor: String, acknowledged: bool) -> v1::FileComplaintRequest {
    let representative = v1::Representative {
        full_name: "Sample Representative".to_owned(),
        authority: "signed form".to_owned(),
    };
    v1::FileComplaintRequest {
        assignee: actor.clone(),
        actor,
        channel: channel(entry).into(),
        customer: Some(v1::Customer {
            full_name: "Sample Customer".to_owned(),
            postal_address: entry.place.clone(),
            representative: entry.by_representative.then_some(representative),
            ..Default::default()
        }),
        customer_type: v1::CustomerType::Consumer.into(),
        language: v1::Language::English.into(),
        issues: vec![v1::Issue {
            service: v1::ServiceKind::Internet.into(),
            category: v1::IssueCategory::ServiceDelivery.into(),
            description: entry.words.clone(),
            ..Default::default()
        }],
        // A call is entered while the customer is on the line.
        received_time: (!entry.by_phone).then(|| wire(entry.filed_at())),
        acknowledgement: acknowledged.then(v1::Acknowledgement::default),
        ..Default::default()
    }
}

fn channel(entry: &Entry) -> v1::Channel {
    if entry.by_phone {
        v1::Channel::Phone
    } else {
        v1::Channel::Form
    }
}

fn wire(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.as_second(),
        nanos: at.subsec_nanosecond(),
    }
}

/// The end of the move in which this instant has passed.
fn end_of_move(at: Timestamp) -> Timestamp {
    let length = MOVE.as_secs();
    let end = (at.as_second().div_euclid(length) + 1) * length;
    Timestamp::from_second(end).expect("an instant of 2015")
}
