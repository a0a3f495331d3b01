//! What the dry run shows, act by act and word by word.

use uuid::Uuid;

use super::{Played, Rules};
use crate::{
    api::fact_message,
    client::{Zone, describe},
    demo::{
        cast,
        script::{HARBOUR, JIVE, Scenario},
    },
    domain::{ClockState, Fact, State, notice::NoticeKind},
    policy::Role,
    proto::v1,
};

fn played() -> Vec<(&'static str, Played)> {
    let rules = [JIVE, HARBOUR].map(|brand| (brand, Rules::of(brand)));
    let of = |script: &Scenario| {
        &rules
            .iter()
            .find(|(brand, _)| *brand == script.brand)
            .unwrap()
            .1
    };
    cast::scenarios()
        .iter()
        .map(|script| (script.name, of(script).play(script)))
        .collect()
}

fn of<'p>(played: &'p [(&str, Played)], name: &str) -> &'p Played {
    &played.iter().find(|(who, _)| *who == name).unwrap().1
}

#[test]
fn every_act_is_allowed_when_its_time_comes_and_the_clocks_do_the_rest() {
    let played = played();
    let by_itself = |shows: fn(&Fact) -> bool| {
        let fired = played.iter().flat_map(|(_, played)| &played.fired);
        fired.filter(|event| shows(&event.fact)).count()
    };
    let reminders = by_itself(
        |fact| matches!(fact, Fact::Reminder { clock, overdue: false, .. } if clock == "acknowledgement"),
    );
    let updates = by_itself(
        |fact| matches!(fact, Fact::Reminder { clock, overdue: false, .. } if clock == "customer_update"),
    );
    assert!(reminders >= 2 && updates >= 4, "{reminders} {updates}");
    assert!(by_itself(|fact| matches!(fact, Fact::Breached { .. })) >= 4);
    assert!(by_itself(|fact| matches!(fact, Fact::EscalationEligible { .. })) >= 4);
    let recourse = by_itself(|fact| {
        matches!(
            fact,
            Fact::NoticeIssued {
                notice: NoticeKind::Recourse,
                ..
            }
        )
    });
    // At each level of each escalation, and once more for a customer who was dissatisfied before it.
    assert_eq!(recourse, 5);
}

#[test]
fn a_notice_that_comes_back_reminds_the_handler_and_goes_out_again_as_a_letter() {
    let played = played();
    let quinn = of(&played, "Quinn Specimen");
    let place = |shows: &dyn Fn(&Fact) -> bool| {
        let events = &quinn.events;
        events.iter().position(|event| shows(&event.fact)).unwrap()
    };
    let failed = place(&|fact| matches!(fact, Fact::NoticeFailed(_)));
    let reminded = place(
        &|fact| matches!(fact, Fact::Reminder { clock, to: Role::Handler, .. } if clock == "undelivered_notice"),
    );
    let again = place(&|fact| matches!(fact, Fact::NoticeRequeued { .. }));
    let posted = place(&|fact| matches!(fact, Fact::NoticePosted(_)));
    assert!(failed < reminded && reminded < again && again < posted);
    let mut clocks = quinn.ended.iter();
    let clock = clocks.find(|clock| clock.name == "undelivered_notice");
    assert_eq!(clock.unwrap().state, ClockState::Met);
    assert_eq!(quinn.case.complaint.undelivered().count(), 0);
}

#[test]
fn each_complaint_ends_where_its_story_says() {
    let played = played();
    for (name, state, level) in [
        ("Morgan Sample", State::Closed, 0),
        ("Jordan Placeholder", State::Closed, 2),
        ("Taylor Testcase", State::Withdrawn, 0),
        ("Casey Illustration", State::Closed, 0),
        ("Camille Exemple", State::Closed, 0),
        ("Jean Échantillon", State::Closed, 0),
        ("Sylvie Modèle", State::InReview, 0),
        ("Lucía Ejemplo", State::Closed, 1),
        ("Mateo Ficticio", State::Closed, 0),
        ("Carmen Muestra", State::InReview, 1),
        ("Erika Musterfrau", State::Closed, 0),
        ("Max Mustermann", State::Closed, 0),
        ("Petra Beispiel, Café Beispiel", State::InReview, 0),
        ("Robin Placeholder", State::Closed, 0),
        ("Quinn Specimen", State::InReview, 0),
    ] {
        let complaint = &of(&played, name).case.complaint;
        assert_eq!((complaint.state, complaint.level), (state, level), "{name}");
    }
}

#[test]
fn the_promises_that_are_missed_are_those_that_the_story_tells_of() {
    let missed: Vec<_> = played()
        .into_iter()
        .flat_map(|(name, played)| {
            let clocks = played.ended.into_iter().chain(played.case.clocks);
            let late = clocks
                .filter(|clock| clock.state == ClockState::Missed || clock.breached_at.is_some());
            late.map(move |clock| (name, clock.name))
                .collect::<Vec<_>>()
        })
        .collect();
    let missed: Vec<_> = missed
        .iter()
        .map(|(name, clock)| (*name, clock.as_str()))
        .collect();
    assert_eq!(
        missed,
        [
            ("Jordan Placeholder", "resolution"),
            ("Jean Échantillon", "acknowledgement"),
            ("Lucía Ejemplo", "customer_update"),
            ("Carmen Muestra", "customer_update"),
            ("Erika Musterfrau", "acknowledgement"),
        ]
    );
}

/// What neither customers nor staff of one brand may read: the names and numbers of the other, and of its country.
const FOREIGN: [(&str, &[&str]); 2] = [
    (
        HARBOUR,
        &[
            "jive", "goto", "boston", "canad", "ccts", "cprst", "crtc", "toronto", "ottawa", "rd-",
            "866-",
        ],
    ),
    (
        JIVE,
        &[
            "harbour",
            "hm-",
            "ofcom",
            "bristol",
            "britain",
            "british",
            "kingdom",
            "commsombudsman",
            "7946",
        ],
    ),
];

#[test]
fn nothing_of_another_brand_or_country_stands_in_what_the_story_shows_of_one() {
    for (brand, foreign) in FOREIGN {
        let rules = Rules::of(brand);
        let zone = Zone::from(rules.zone.clone());
        let mut shown = 0;
        for script in cast::scenarios().iter().filter(|it| it.brand == brand) {
            let played = rules.play(script);
            let complaint = &played.case.complaint;
            let number = complaint.tracking_number.as_str();
            let title = rules
                .policy
                .level_title(complaint.level, complaint.language.code());
            let clocks = played.case.clocks.iter().chain(&played.ended);
            let named = clocks.map(|clock| clock.name.clone());
            let told = played.events.iter().map(|event| {
                let fact = fact_message(Uuid::nil(), (event.sequence, event.at), &event.fact);
                let event = v1::Event {
                    actor: event.actor.clone(),
                    fact: Some(fact),
                    ..v1::Event::default()
                };
                describe(&event, |at| zone.long_or_dash(at)).words
            });
            let letters = played.letters.iter().map(|letter| letter.text.clone());
            let row = [number, brand, script.name, script.description, title].map(str::to_owned);
            for line in told.chain(letters).chain(named).chain(row) {
                let read = line.to_lowercase();
                let found = foreign.iter().find(|word| read.contains(**word));
                assert_eq!(found, None, "of {brand}, {}:\n{line}", script.name);
                shown += 1;
            }
        }
        assert!(shown > 20, "{brand}: {shown}");
    }
}
