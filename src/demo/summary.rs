//! The result of the story: a line for each complaint, the totals, and whether the scheduler did its part.

use std::{collections::BTreeSet, io, path::Path};

use super::{delivery::Counts, director::Filed, error::DemoError, feed::Shown, script::Scenario};
use crate::{
    client::{self, CallError, Client, words},
    domain::SYSTEM_ACTOR,
    proto::v1::{self, event::Fact},
    terminal::{Terminal, Tone, shortened, table},
};

/// All data of the story's complaints at its end.
#[derive(Debug)]
pub(super) struct Summary<'a>(Vec<Story<'a>>);

/// A complaint at the end of the story.
#[derive(Debug)]
struct Story<'a> {
    scenario: &'a Scenario,
    complaint: v1::Complaint,
    clocks: Vec<v1::Clock>,
    events: Vec<v1::Event>,
    notices: usize,
}

impl<'a> Summary<'a> {
    /// Fetches each complaint from the service.
    pub(super) async fn gather(
        filed: Vec<Filed<'a>>,
        mut client: Client,
    ) -> Result<Self, DemoError> {
        let mut stories = Vec::new();
        for Filed { scenario, name } in filed {
            let complaint = v1::GetComplaintRequest {
                name: name.clone(),
                read_mask: None,
            };
            let complaint = client
                .get_complaint(complaint)
                .await
                .map_err(CallError::from)?
                .into_inner();
            let clocks = client
                .list_clocks(v1::ListClocksRequest {
                    parent: name.clone(),
                    ..v1::ListClocksRequest::default()
                })
                .await;
            let notices = client
                .list_notices(v1::ListNoticesRequest {
                    parent: name.clone(),
                    ..v1::ListNoticesRequest::default()
                })
                .await;
            stories.push(Story {
                scenario,
                complaint,
                clocks: clocks.map_err(CallError::from)?.into_inner().clocks,
                events: client::all_events(&mut client, &name).await?.items,
                notices: notices.map_err(CallError::from)?.into_inner().notices.len(),
            });
        }
        Ok(Summary(stories))
    }

    /// The number of the last event of each complaint.
    pub(super) fn last_events(&self) -> Shown {
        let last = |story: &Story<'_>| {
            story
                .events
                .last()
                .map(|event| (event.complaint.clone(), event.sequence))
        };
        self.0.iter().filter_map(last).collect()
    }

    /// Prints the table, the totals, and what to try next.
    pub(super) fn print(
        &self,
        arrived: &Counts,
        mail: &Path,
        terminal: &mut Terminal,
    ) -> io::Result<()> {
        terminal.line("")?;
        terminal.line(table(HEADER, self.0.iter().map(Story::row)))?;
        terminal.line("")?;
        terminal.line(self.totals())?;
        terminal.line(delivered(self.events(), arrived))?;
        terminal.line("")?;
        terminal.toned(Tone::Strong, "Try next:")?;
        terminal.line(format_args!("  ls {}", mail.display()))?;
        terminal.line(NEXT)
    }

    /// Fails if the service did not do by itself what the story is meant to show, or a delivery is missing.
    pub(super) fn check(&self, arrived: &Counts) -> Result<(), DemoError> {
        match not_caused(self.events()).as_slice() {
            [] => {}
            missing => return Err(DemoError::NotCaused(missing.to_vec())),
        }
        match not_shown(self.events(), arrived).as_slice() {
            [] => Ok(()),
            missing => Err(DemoError::NotShown(missing.to_vec())),
        }
    }

    fn events(&self) -> impl Iterator<Item = &v1::Event> + Clone {
        self.0.iter().flat_map(|story| &story.events)
    }

    fn totals(&self) -> String {
        let clocks = |state| {
            self.0
                .iter()
                .map(|story| story.clocks(state))
                .sum::<usize>()
        };
        format!(
            "{} complaints, {} notices, {} events, {} of them by the scheduler alone.\n\
             Promises: {} kept, {} missed, {} still running, {} fell away.",
            self.0.len(),
            self.0.iter().map(|story| story.notices).sum::<usize>(),
            self.events().count(),
            by_the_scheduler(self.events()).count(),
            clocks(v1::ClockState::Met),
            clocks(v1::ClockState::Missed),
            clocks(v1::ClockState::Running) + clocks(v1::ClockState::Paused),
            clocks(v1::ClockState::Cancelled),
        )
    }
}

const HEADER: [&str; 6] = ["number", "customer", "state", "level", "kept", "missed"];

const NEXT: &str = "  redress serve                      run the service, with a private Postgres
  redress file --help                file a complaint with it
  redress list --overdue             see what is overdue
  redress subscriptions --help       have events sent to a system of yours
  redress policy check policies/*    check a code of practice of your own";

impl Story<'_> {
    fn clocks(&self, state: v1::ClockState) -> usize {
        self.clocks
            .iter()
            .filter(|clock| clock.state() == state)
            .count()
    }

    fn row(&self) -> [String; 6] {
        [
            self.complaint.tracking_number.clone(),
            shortened(self.scenario.name, 20),
            words::<v1::State>(self.complaint.state),
            self.complaint.level.to_string(),
            self.clocks(v1::ClockState::Met).to_string(),
            self.clocks(v1::ClockState::Missed).to_string(),
        ]
    }
}

/// What was sent, and its outcome.
fn delivered<'e>(events: impl Iterator<Item = &'e v1::Event> + Clone, arrived: &Counts) -> String {
    let count = |shows: Shows| {
        let facts = events.clone().filter_map(|event| event.fact.as_ref());
        facts.filter(|fact| shows(fact)).count()
    };
    let languages = arrived.letters.iter();
    let languages = languages.map(|(language, letters)| format!("{letters} {language}"));
    format!(
        "Notices: {} sent by mail ({}),\n\
         \x20        {} told on the spot, {} posted, {} failed, {} sent again.\n\
         Staff: {} mails at once, {} digests.\n\
         Webhooks: {} arrived and were verified, {} attempts failed and were\n\
         \x20         repeated, {} events came late and in order.",
        count(|fact| matches!(fact, Fact::NoticeSent(_))),
        languages.collect::<Vec<_>>().join(", "),
        count(|fact| matches!(fact, Fact::NoticeTold(_))),
        count(|fact| matches!(fact, Fact::NoticePosted(_))),
        count(|fact| matches!(fact, Fact::NoticeFailed(_))),
        count(|fact| matches!(fact, Fact::NoticeRequeued(_))),
        arrived.at_once,
        arrived.digests,
        arrived.events,
        arrived.turned_away,
        arrived.caught_up,
    )
}

/// What the story promises to show about deliveries, but did not arrive.
fn not_shown<'e>(
    events: impl Iterator<Item = &'e v1::Event> + Clone,
    arrived: &Counts,
) -> Vec<&'static str> {
    let happened = |shows: Shows| {
        let mut facts = events.clone().filter_map(|event| event.fact.as_ref());
        facts.any(shows)
    };
    let shown = [
        ("mail in four languages", arrived.letters.len() == 4),
        ("a webhook whose signature is right", arrived.events > 0),
        ("an attempt that failed", arrived.turned_away > 0),
        ("what was missed, in its order", arrived.caught_up > 1),
        ("mail that came back", arrived.bounced > 0),
        (
            "a notice that failed",
            happened(|fact| matches!(fact, Fact::NoticeFailed(_))),
        ),
        (
            "a reminder of it",
            happened(|fact| reminds_of(fact, "undelivered_notice")),
        ),
        (
            "the same notice as a letter",
            happened(|fact| matches!(fact, Fact::NoticePosted(_))),
        ),
        ("a digest", arrived.digests > 0),
    ];
    let missing = shown.into_iter().filter(|(_, is_there)| !is_there);
    missing.map(|(what, _)| what).collect()
}

/// Whether a fact shows something.
type Shows = fn(&Fact) -> bool;

/// What the story promises to show that only the service causes.
const SHOWN: [(&str, Shows); 5] = [
    ("a reminder of an acknowledgement", |fact| {
        reminds_of(fact, "acknowledgement")
    }),
    ("a breach", |fact| matches!(fact, Fact::Breached(_))),
    ("a reminder that an update is due", |fact| {
        reminds_of(fact, "customer_update")
    }),
    ("the flag that a complaint may be escalated", |fact| {
        matches!(fact, Fact::EscalationEligible(_))
    }),
    (
        "the notice of the independent body",
        |fact| matches!(fact, Fact::NoticeIssued(issued) if issued.kind() == v1::NoticeKind::Recourse),
    ),
];

fn reminds_of(fact: &Fact, promise: &str) -> bool {
    matches!(fact, Fact::Reminder(reminder) if !reminder.overdue && reminder.clock == promise)
}

/// Events committed by a sweep. Due steps that a person's next command fires carry the service's name as well, but would occur
/// without any sweep.
///
/// All events of a transaction have the same time, and a person's command always records an event by that person. So if a person
/// has an event of the same complaint at the same time, it is not attributed to a sweep.
fn by_the_scheduler<'e>(
    events: impl Iterator<Item = &'e v1::Event> + Clone,
) -> impl Iterator<Item = &'e v1::Event> {
    let act = |event: &'e v1::Event| {
        let at = event.event_time.unwrap_or_default();
        (event.complaint.as_str(), at.seconds, at.nanos)
    };
    let by_people = events.clone().filter(|event| event.actor != SYSTEM_ACTOR);
    let by_people: BTreeSet<_> = by_people.map(act).collect();
    events.filter(move |event| !by_people.contains(&act(event)))
}

fn not_caused<'e>(events: impl Iterator<Item = &'e v1::Event> + Clone) -> Vec<&'static str> {
    let facts = by_the_scheduler(events).filter_map(|event| event.fact.as_ref());
    let facts: Vec<&Fact> = facts.collect();
    SHOWN
        .iter()
        .filter(|(_, shows)| !facts.iter().any(|fact| shows(fact)))
        .map(|(what, _)| *what)
        .collect()
}

#[cfg(test)]
mod tests {
    use v1::event;

    use super::*;

    fn facts() -> [Fact; 5] {
        let reminder = |clock: &str| {
            Fact::Reminder(event::Reminder {
                clock: clock.to_owned(),
                ..event::Reminder::default()
            })
        };
        [
            reminder("acknowledgement"),
            Fact::Breached(event::Breached::default()),
            reminder("customer_update"),
            Fact::EscalationEligible(event::EscalationEligible::default()),
            Fact::NoticeIssued(event::NoticeIssued {
                kind: v1::NoticeKind::Recourse.into(),
                ..event::NoticeIssued::default()
            }),
        ]
    }

    const BY_A_PERSON: Fact = Fact::UpdateSent(event::UpdateSent { sent_time: None });

    fn event(actor: &str, fact: Fact, complaint: &str, seconds: i64) -> v1::Event {
        v1::Event {
            actor: actor.to_owned(),
            fact: Some(fact),
            complaint: complaint.to_owned(),
            event_time: Some(prost_types::Timestamp { seconds, nanos: 0 }),
            ..v1::Event::default()
        }
    }

    /// Everything there is to show, by `actor` in one transaction at the time 7.
    fn everything_by(actor: &str) -> Vec<v1::Event> {
        let shown = |fact| event(actor, fact, "complaints/1", 7);
        facts().map(shown).to_vec()
    }

    #[test]
    fn the_demo_fails_for_each_thing_that_the_scheduler_did_not_do() {
        let all = everything_by(SYSTEM_ACTOR);
        assert_eq!(not_caused(all.iter()), Vec::<&str>::new());
        for (left_out, (what, _)) in SHOWN.iter().enumerate() {
            let mut others = all.clone();
            others.remove(left_out);
            assert_eq!(not_caused(others.iter()), vec![*what]);
        }
    }

    #[test]
    fn what_a_person_did_does_not_count_as_the_schedulers_work() {
        let by_a_person = everything_by("alex");
        assert_eq!(not_caused(by_a_person.iter()).len(), SHOWN.len());
    }

    #[test]
    fn what_a_persons_command_settled_on_its_way_does_not_count_either() {
        let mut settled = everything_by(SYSTEM_ACTOR);
        settled.push(event("alex", BY_A_PERSON, "complaints/1", 7));
        assert_eq!(not_caused(settled.iter()).len(), SHOWN.len());
        assert_eq!(by_the_scheduler(settled.iter()).count(), 0);
    }

    #[test]
    fn what_people_do_at_another_time_or_with_another_complaint_takes_nothing_from_the_scheduler() {
        let mut swept = everything_by(SYSTEM_ACTOR);
        swept.insert(0, event("alex", BY_A_PERSON, "complaints/1", 6));
        swept.push(event("alex", BY_A_PERSON, "complaints/1", 8));
        swept.push(event("alex", BY_A_PERSON, "complaints/2", 7));
        assert_eq!(not_caused(swept.iter()), Vec::<&str>::new());
        assert_eq!(by_the_scheduler(swept.iter()).count(), SHOWN.len());
    }

    /// Everything there is to show of deliveries.
    fn everything_delivered() -> (Vec<v1::Event>, Counts) {
        let facts = [
            Fact::NoticeFailed(event::NoticeFailed::default()),
            Fact::Reminder(event::Reminder {
                clock: "undelivered_notice".to_owned(),
                ..event::Reminder::default()
            }),
            Fact::NoticePosted(event::NoticePosted::default()),
        ];
        let shown = |fact| event(SYSTEM_ACTOR, fact, "complaints/1", 7);
        let languages = ["de", "en", "es", "fr"];
        let arrived = Counts {
            letters: languages.map(|it| (it.to_owned(), 1)).into(),
            digests: 1,
            bounced: 1,
            events: 1,
            turned_away: 1,
            caught_up: 2,
            ..Counts::default()
        };
        (facts.map(shown).to_vec(), arrived)
    }

    #[test]
    fn the_demo_fails_for_each_thing_that_was_not_delivered() {
        let (events, arrived) = everything_delivered();
        assert_eq!(not_shown(events.iter(), &arrived), Vec::<&str>::new());
        for left_out in 0..events.len() {
            let mut others = events.clone();
            others.remove(left_out);
            assert_eq!(not_shown(others.iter(), &arrived).len(), 1, "{left_out}");
        }
        let less: [fn(&mut Counts); 6] = [
            |counts| {
                counts.letters.remove("fr");
            },
            |counts| counts.digests = 0,
            |counts| counts.bounced = 0,
            |counts| counts.events = 0,
            |counts| counts.turned_away = 0,
            |counts| counts.caught_up = 1,
        ];
        for (place, less) in less.iter().enumerate() {
            let mut counts = arrived.clone();
            less(&mut counts);
            assert_eq!(not_shown(events.iter(), &counts).len(), 1, "{place}");
        }
    }
}
