//! Every due time can be explained, and the explanation adds up.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    commands::{acknowledge, contact_at, escalate, migrate, pause, promise, propose, update},
    story::{Story, filing, jive, other_codes, t},
};
use crate::{
    domain::{
        ChangeKind, Clock, Command, ExplainError, Explanation, Identity, PauseReason, SpanKind,
        explain,
    },
    policy::Channel,
};

impl Story {
    fn identity(&self) -> Identity {
        Identity {
            id: self.case.complaint.id,
            tracking_number: self.case.complaint.tracking_number.clone(),
        }
    }

    fn explain(&self, name: &str, cycle: Option<i32>) -> Result<Explanation, ExplainError> {
        explain(&self.identity(), &self.events, self.policies(), name, cycle)
    }

    fn explained(&self, name: &str) -> Explanation {
        self.explain(name, None).unwrap()
    }
}

/// Every cycle of every clock is explained from the log alone, and what is explained is what was committed.
pub(super) fn all_is_explained(story: &Story) {
    for clock in story.history.iter().chain(&story.case.clocks) {
        let explanation = story.explain(&clock.name, Some(clock.cycle)).unwrap();
        assert_eq!(&explanation.clock, clock);
        check(&explanation, clock, story);
    }
}

fn check(explanation: &Explanation, clock: &Clock, story: &Story) {
    let told = || lines(explanation).join("\n");
    assert!(explanation.total.adds_up, "{clock:#?}\n{}", told());
    let mut reached = clock.start;
    let mut time = SignedDuration::ZERO;
    for span in &explanation.spans {
        assert_eq!(span.start, reached, "without a gap\n{}", told());
        time += span.time;
        match span.end {
            Some(end) => reached = end,
            None => assert_eq!(clock.due, None),
        }
    }
    if let Some(due) = clock.due {
        assert_eq!(reached, due.max(clock.start), "{}", told());
    }
    let rule = [story.policy.clone(), jive()]
        .iter()
        .chain(other_codes())
        .find_map(|policy| {
            let rule = policy.clock(&clock.name)?.clone();
            (rule.code.policy == explanation.rule.policy).then_some(rule)
        })
        .unwrap();
    let last = clock.due.map_or(SignedDuration::ZERO, |due| {
        let calendar = &rule.code.calendar;
        calendar.counted(clock.segment_start, due, clock.base())
    });
    let counted = SignedDuration::from_micros(clock.counted_before) + last;
    assert_eq!(time, counted, "{}", told());
}

/// One line per interval, in Toronto.
fn lines(explanation: &Explanation) -> Vec<String> {
    let zone = TimeZone::get("America/Toronto").unwrap();
    let wall = |at: Timestamp| {
        let at = at.to_zoned(zone.clone());
        at.strftime("%a %-d %b %H:%M").to_string()
    };
    let lines = explanation.spans.iter().map(|span| {
        let sign = if span.counted { '+' } else { '-' };
        let end = span.end.map_or_else(|| "…".to_owned(), wall);
        format!("{} to {end}  {sign} {}", wall(span.start), span.text)
    });
    lines.collect()
}

#[test]
fn zz_print() {
    let mut story = Story::in_review();
    story
        .at("2026-06-11 12:30")
        .does(pause(PauseReason::ThirdParty));
    story.at("2026-06-15 10:00").does(Command::Resume);
    for name in [
        "acknowledgement",
        "customer_update",
        "resolution",
        "ceiling",
    ] {
        let e = story.explained(name);
        println!(
            "== {name}: {} {}\n{}\n{}",
            e.target(),
            e.standing(),
            lines(&e).join("\n"),
            e.total.text
        );
        for c in &e.changes {
            println!("   {:?} {} {:?} {:?}", c.moment, e.tell(c), c.from, c.to);
        }
    }
    let mut letter = filing();
    letter.channel = Channel::Mail;
    let story = Story::open(&letter, t("2026-06-20 10:00"), jive()).unwrap();
    for name in ["acknowledgement", "ceiling"] {
        let e = story.explained(name);
        println!(
            "== {name}: {} {}\n{}\n{}",
            e.target(),
            e.standing(),
            lines(&e).join("\n"),
            e.total.text
        );
    }
}
