#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::{
    access::Scope,
    calendar::CalendarBook,
    domain::{
        Acknowledgement, Answer, Correction, CustomerCorrection, IssueCategory, NewIssue,
        notice::Language,
    },
    policy::{Channel, CustomerType, ServiceKind},
};

fn now() -> Timestamp {
    "2026-06-02T14:00:00Z".parse().unwrap()
}

fn rules() -> Rules {
    let calendars = CalendarBook::builtin().unwrap();
    let policies = PolicyBook::builtin(&calendars).unwrap();
    Rules::new(policies, calendars, BrandBook::builtin().unwrap())
}

fn file() -> Envelope {
    let filing = crate::domain::Filing {
        brand: "jive".to_owned(),
        channel: Channel::Form,
        customer: customer(),
        customer_type: CustomerType::Consumer,
        language: Language::English,
        issues: vec![NewIssue {
            service: ServiceKind::Internet,
            category: IssueCategory::ServiceDelivery,
            description: "The line drops every evening.".to_owned(),
            desired_outcome: None,
        }],
        case_references: Vec::new(),
        received_at: None,
        first_contact_at: None,
        enquiry: false,
        urgent: false,
        region: None,
        labels: Default::default(),
        assignee: None,
        acknowledgement: None,
    };
    by_ada(Work::File {
        filing: Box::new(filing),
        policy: None,
    })
}

fn by_ada(work: Work) -> Envelope {
    Envelope {
        request: None,
        actor: "ada".to_owned().into(),
        scope: Scope::default(),
        work,
    }
}

fn customer() -> Customer {
    Customer {
        full_name: "Sample Customer".to_owned(),
        ..Customer::default()
    }
}

fn change(id: Uuid, command: Command) -> Envelope {
    by_ada(Work::Change {
        complaint: ComplaintRef::Id(id),
        version: None,
        command: Box::new(command),
    })
}

/// Carries out these commands on a complaint that was filed before, in one batch, and passes what is decided of it.
fn in_one_batch(commands: Vec<Command>, check: impl FnOnce(&Entry)) {
    let (rules, now) = (rules(), now());
    let policies = rules.policies();
    let mut before = Workspace::new(&rules, &policies, now, Vec::new());
    let id = before.carry_out(&file()).unwrap().id;
    let filed = before.entries.remove(&id).unwrap().now;
    let mut batch = Workspace::new(&rules, &policies, now, vec![filed]);
    batch.know(BTreeMap::from([(id, Some(customer()))]));
    for command in commands {
        batch.carry_out(&change(id, command)).unwrap();
    }
    check(&batch.entries[&id]);
}

fn correct(customer: CustomerCorrection) -> Command {
    Command::Update(Box::new(Correction {
        customer,
        ..Correction::default()
    }))
}

#[test]
fn a_correction_goes_on_from_the_one_before_it_in_its_batch() {
    let commands = vec![
        correct(CustomerCorrection {
            email: Some(Some("ada@example.org".to_owned())),
            ..CustomerCorrection::default()
        }),
        correct(CustomerCorrection {
            phone: Some(Some("+15145550142".to_owned())),
            ..CustomerCorrection::default()
        }),
    ];
    in_one_batch(commands, |entry| {
        let last = entry.decisions.last().unwrap();
        let corrected = last.personal[0].1.customer.as_ref().unwrap();
        assert_eq!(corrected.email.as_deref(), Some("ada@example.org"));
        assert_eq!(corrected.phone.as_deref(), Some("+15145550142"));
    });
}

#[test]
fn a_remedy_that_its_own_batch_proposed_is_restated_in_the_words_of_the_proposal() {
    const REMEDY: &str = "We replace the line card.";
    let commands = vec![
        Command::Acknowledge(Acknowledgement::default()),
        Command::AddNote {
            note: "Seen before.".to_owned(),
        },
        Command::ProposeOutcome {
            message: "You are right.".to_owned(),
            remedy: Some(REMEDY.to_owned()),
            decided_at: None,
            told_at: None,
            root_cause: None,
            told_by: None,
        },
        Command::RecordAnswer {
            answer: Answer::Accepted,
            comment: None,
            answered_at: None,
        },
    ];
    in_one_batch(commands, |entry| {
        let last = entry.decisions.last().unwrap();
        assert!(last.notices[0].text.contains(REMEDY));
    });
}

#[test]
fn of_what_happens_only_filings_and_firings_are_measured() {
    let (rules, now) = (rules(), now());
    let policies = rules.policies();
    let mut batch = Workspace::new(&rules, &policies, now, Vec::new());
    let id = batch.carry_out(&file()).unwrap().id;
    let note = Command::AddNote {
        note: "Seen before.".to_owned(),
    };
    batch.carry_out(&change(id, note)).unwrap();
    let (_, effects) = batch.into_rows().unwrap();
    let kinds: Vec<_> = effects
        .events
        .iter()
        .map(|(_, event)| &event.fact)
        .collect();
    assert!(matches!(kinds[..], [Fact::Filed(_)]), "{kinds:?}");
    assert_eq!(effects.fired(), 0);
    assert_eq!(Effects::default().and(effects).events.len(), 1);
}

#[test]
fn a_batch_that_decided_nothing_writes_nothing() {
    let (rules, now) = (rules(), now());
    let policies = rules.policies();
    let mut before = Workspace::new(&rules, &policies, now, Vec::new());
    let id = before.carry_out(&file()).unwrap().id;
    let filed = before.entries.remove(&id).unwrap().now;
    let mut batch = Workspace::new(&rules, &policies, now, vec![filed]);
    assert!(batch.fire_all().is_empty(), "nothing is due");
    let (_, effects) = batch.into_rows().unwrap();
    assert!(!effects.wrote && effects.next_fire.is_none());
}

#[test]
fn the_sweeper_is_told_of_the_earliest_step_of_a_batch() {
    let (rules, now) = (rules(), now());
    let policies = rules.policies();
    let mut batch = Workspace::new(&rules, &policies, now, Vec::new());
    let id = batch.carry_out(&file()).unwrap().id;
    let clocks = &batch.entries[&id].now.clocks;
    let steps = clocks.iter().filter_map(|clock| clock.next);
    let steps: Vec<Timestamp> = steps.map(|next| next.at).collect();
    assert!(steps.iter().min() < steps.iter().max());
    let (_, effects) = batch.into_rows().unwrap();
    assert!(effects.wrote);
    assert_eq!(effects.next_fire, steps.iter().min().copied());
}

#[test]
fn the_effects_of_two_transactions_are_those_of_both() {
    let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    let (early, late) = (at("2026-06-02T14:00:00Z"), at("2026-06-02T15:00:00Z"));
    for (first, second, both) in [
        ((false, None), (false, None), (false, None)),
        ((true, late), (false, early), (true, early)),
        ((false, early), (true, late), (true, early)),
        ((true, None), (true, late), (true, late)),
    ] {
        let effects = |(wrote, next_fire)| Effects {
            wrote,
            next_fire,
            ..Effects::default()
        };
        let sum = effects(first).and(effects(second));
        assert_eq!((sum.wrote, sum.next_fire), both);
        assert_eq!(sum.fired(), 0);
    }
}
