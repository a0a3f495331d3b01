//! Complaints of two brands at all stages, as a seed has it; and each of them as it is read one by one.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use redress::{
    access::Caller,
    proto::v1::{self, Channel, EventKind},
    time_source::TimeSource as _,
};

use crate::support::{
    callers::{ByCaller, Desk},
    office::{START, instant},
    service::{act, filing},
};

pub(crate) const HANDLERS: [&str; 3] = ["ana", "équipe nord", "zoe"];
pub(crate) const REGIONS: [&str; 3] = ["CA-QC", "CA-ON", ""];
/// How many complaints there are.
const COMPLAINTS: usize = 40;

pub(crate) type Client = v1::complaint_service_client::ComplaintServiceClient<ByCaller>;

/// The seed, which is printed, and can be set.
#[allow(
    clippy::print_stdout,
    reason = "a test that fails is run again with its seed"
)]
pub(crate) fn seed() -> u64 {
    let seed = std::env::var("REDRESS_WORKLIST_SEED");
    let seed = seed.map_or(20_260_602, |seed| seed.parse().unwrap());
    println!("REDRESS_WORKLIST_SEED={seed}");
    seed
}

/// A complaint as it is read by itself.
#[derive(Debug, Clone)]
pub(crate) struct Whole {
    pub(crate) complaint: v1::Complaint,
    pub(crate) clocks: Vec<v1::Clock>,
    pub(crate) events: Vec<v1::Event>,
}

pub(crate) fn micros(at: prost_types::Timestamp) -> i64 {
    at.seconds * 1_000_000 + i64::from(at.nanos) / 1_000
}

impl Whole {
    pub(crate) fn is_over(&self) -> bool {
        matches!(
            self.complaint.state(),
            v1::State::Closed | v1::State::Withdrawn
        )
    }

    /// The running clock that falls due first.
    pub(crate) fn next(&self) -> Option<&v1::Clock> {
        let running = self.clocks.iter();
        let running = running.filter(|clock| clock.state() == v1::ClockState::Running);
        running.min_by_key(|clock| (micros(clock.due_time.unwrap()), clock.clock.clone()))
    }

    pub(crate) fn next_due(&self) -> Option<i64> {
        self.next().and_then(|clock| clock.due_time).map(micros)
    }

    /// When customer and provider were last in touch.
    pub(crate) fn last_contact(&self) -> i64 {
        let touching = |event: &&v1::Event| {
            matches!(
                event.kind(),
                EventKind::ContactRecorded
                    | EventKind::CustomerAnswered
                    | EventKind::Acknowledged
                    | EventKind::EscalationAcknowledged
                    | EventKind::UpdateSent
                    | EventKind::OutcomeProposed
                    | EventKind::ResolvedAtFirstContact
                    | EventKind::Escalated
            )
        };
        let contacts = self.events.iter().filter(touching);
        let contacts = contacts.map(|event| micros(event.event_time.unwrap()));
        contacts
            .max()
            .unwrap_or_else(|| micros(self.complaint.received_time.unwrap()))
    }

    pub(crate) fn is_referred(&self) -> bool {
        let referral = self.complaint.referral.as_ref();
        referral.is_some_and(|it| it.stage() != v1::ReferralStage::Concluded)
    }
}

/// Files and works on the complaints, a few minutes apart.
pub(crate) async fn book(desk: &Desk, random: &mut StdRng) {
    let mut client = desk.client(&Caller::Anyone);
    desk.office.time.set(instant(START));
    for _ in 0..COMPLAINTS {
        let minutes = SignedDuration::from_mins(random.random_range(0..90));
        let now = desk.office.time.now() + minutes;
        desk.office.time.set(now);
        let name = filed(&mut client, random, now).await;
        for _ in 0..random.random_range(0..4) {
            work_on(&mut client, &name, random).await;
            let later = desk.office.time.now() + SignedDuration::from_secs(97);
            desk.office.time.set(later);
        }
    }
}

async fn filed(client: &mut Client, random: &mut StdRng, now: Timestamp) -> String {
    let brand = *["jive", "jive", "harbour"].choose(random).unwrap();
    let services = [v1::ServiceKind::Internet, v1::ServiceKind::Wireless];
    let categories = [
        v1::IssueCategory::Billing,
        v1::IssueCategory::ServiceDelivery,
    ];
    let issues = (0..random.random_range(1..3)).map(|_| v1::Issue {
        service: (*services.choose(random).unwrap()).into(),
        category: (*categories.choose(random).unwrap()).into(),
        description: "It drops.".to_owned(),
        ..Default::default()
    });
    let issues = issues.collect();
    let channel = *[Channel::Phone, Channel::Form, Channel::Mail]
        .choose(random)
        .unwrap();
    let label = |value: &str| v1::Label {
        key: "outage".to_owned(),
        value: value.to_owned(),
    };
    let french = brand == "jive" && random.random_bool(0.4);
    let request = v1::FileComplaintRequest {
        brand: brand.to_owned(),
        issues,
        language: match french {
            true => v1::Language::French.into(),
            false => v1::Language::English.into(),
        },
        region: (*REGIONS.choose(random).unwrap()).to_owned(),
        labels: match random.random_range(0..4) {
            0 => vec![label("O-17")],
            1 => vec![label("O-18")],
            _ => Vec::new(),
        },
        received_time: Some(prost_types::Timestamp {
            seconds: now.as_second() - random.random_range(0..200_000),
            nanos: 0,
        }),
        assignee: match random.random_range(0..5) {
            place @ 0..3 => HANDLERS[place].to_owned(),
            _ => String::new(),
        },
        acknowledgement: random.random_bool(0.6).then(v1::Acknowledgement::default),
        ..filing(channel)
    };
    client
        .file_complaint(request)
        .await
        .unwrap()
        .into_inner()
        .name
}

/// Whatever is not possible is left undone.
async fn work_on(client: &mut Client, name: &str, random: &mut StdRng) {
    let _ = match random.random_range(0..9) {
        0 => act!(
            client,
            name,
            send_update(SendUpdateRequest {
                message: "We are at it."
            })
        ),
        1 => act!(
            client,
            name,
            escalate_complaint(EscalateComplaintRequest {
                channel: Channel::Phone
            })
        ),
        2 => act!(
            client,
            name,
            withdraw_complaint(WithdrawComplaintRequest {
                statement: "Never mind.",
                channel: Channel::Phone
            })
        ),
        3 => act!(
            client,
            name,
            pause_complaint(PauseComplaintRequest {
                reason: v1::PauseReason::ThirdParty
            })
        ),
        4 => act!(
            client,
            name,
            propose_outcome(ProposeOutcomeRequest {
                message: "Repaired."
            })
        ),
        5 => act!(client, name, refer_complaint(ReferComplaintRequest {})),
        6 => act!(
            client,
            name,
            record_contact(RecordContactRequest {
                channel: Channel::Phone,
                direction: v1::Direction::FromCustomer,
                summary: "Is cross.",
                dissatisfied: true
            })
        ),
        7 => act!(
            client,
            name,
            record_customer_answer(RecordCustomerAnswerRequest {
                answer: v1::CustomerAnswer::Accepted
            })
        ),
        _ => act!(
            client,
            name,
            assign_complaint(AssignComplaintRequest {
                assignee: *HANDLERS.choose(random).unwrap()
            })
        ),
    };
}

/// Every complaint, read by itself.
pub(crate) async fn read_one_by_one(desk: &Desk) -> BTreeMap<String, Whole> {
    let mut client = desk.client(&Caller::Anyone);
    let mut request = v1::ListComplaintsRequest {
        page_size: 1_000,
        ..Default::default()
    };
    let mut whole = BTreeMap::new();
    loop {
        let page = client.list_complaints(request.clone()).await;
        let page = page.unwrap().into_inner();
        for listed in page.complaints {
            let name = listed.name;
            let complaint = client
                .get_complaint(v1::GetComplaintRequest {
                    name: name.clone(),
                    ..Default::default()
                })
                .await
                .unwrap()
                .into_inner();
            let clocks = client
                .list_clocks(v1::ListClocksRequest {
                    parent: name.clone(),
                    page_size: 1_000,
                    ..Default::default()
                })
                .await
                .unwrap()
                .into_inner()
                .clocks;
            let events = client
                .list_events(v1::ListEventsRequest {
                    parent: name.clone(),
                    page_size: 1_000,
                    ..Default::default()
                })
                .await
                .unwrap()
                .into_inner()
                .events;
            let read = Whole {
                complaint,
                clocks,
                events,
            };
            whole.insert(name, read);
        }
        if page.next_page_token.is_empty() {
            return whole;
        }
        request.page_token = page.next_page_token;
    }
}

/// The same numbers for a test of its own.
pub(crate) fn random(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}
