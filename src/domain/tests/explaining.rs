//! Every due time can be explained, and the explanation adds up.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    commands::{acknowledge, contact_at, escalate, migrate, pause, promise, propose, update},
    story::{MONDAY, Story, filing, jive, other_codes, t},
};
use crate::{
    calendar::Roll,
    domain::{
        ChangeKind, Clock, Command, Event, ExplainError, Explanation, Fact, Identity, PauseReason,
        ReplayError, SpanKind, explain,
    },
    policy::Channel,
};

impl Story {
    pub(in crate::domain) fn identity(&self) -> Identity {
        Identity {
            id: self.case.complaint.id,
            tracking_number: self.case.complaint.tracking_number.clone(),
        }
    }

    fn explain(&self, name: &str, cycle: Option<i32>) -> Result<Explanation, ExplainError> {
        explain(&self.identity(), &self.events, self.policies(), name, cycle)
    }

    pub(super) fn explained(&self, name: &str) -> Explanation {
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
    assert!(
        explanation.total.balanced,
        "{clock:#?}\n{}\n{}",
        told(),
        explanation.total.text
    );
    let mut reached = explanation.took_place;
    let mut time = SignedDuration::ZERO;
    for span in &explanation.spans {
        assert_eq!(span.start, reached, "without a gap\n{}", told());
        assert!(!span.text.is_empty(), "with a reason\n{}", told());
        let arriving = span.start < clock.start;
        assert!(
            !arriving || (!span.counted && span.time.is_zero()),
            "what lies before the start is not counted\n{}",
            told()
        );
        time += span.time;
        match span.end {
            Some(end) => reached = end,
            None => assert_eq!(clock.due, None),
        }
    }
    if let Some(due) = clock.due {
        assert_eq!(reached, due.max(clock.start), "{}", told());
    }
    // Where two instants differ that are shown side by side, there is a reason.
    assert_eq!(
        explanation.took_place < clock.start,
        explanation.receipt.is_some()
    );
    let (started, log) = (explanation.started.at, &story.events);
    assert!(explanation.took_place <= started);
    let (number, took_place) = (explanation.started.event, explanation.took_place);
    assert!(
        took_place == started || says_when(log, number, took_place),
        "{:?}",
        explanation.started
    );
    if let Some(ended) = &explanation.ended {
        let number = ended.moment.event;
        let said = ended.at == ended.moment.at || says_when(log, number, ended.at);
        assert!(said, "{ended:?}");
    }
    let first_due = match explanation.changes.first() {
        Some(change) => change.from,
        None => clock.due,
    };
    if let (Some(first), [.., last]) = (first_due, explanation.changes.as_slice()) {
        let moved = clock.due.is_some_and(|due| due != first);
        let told = explanation
            .changes
            .iter()
            .any(|change| change.to == clock.due);
        assert!(!moved || told, "{first} {last:?}");
    }
    let breach = explanation.breach.as_ref();
    assert_eq!(
        breach.map(|breach| breach.moment.at),
        clock.breached_at,
        "{clock:#?}"
    );
    let code = story.policies().get(&explanation.rule.policy).unwrap();
    let rule = code.clock(&clock.name).unwrap();
    let last = clock.due.map_or(SignedDuration::ZERO, |due| {
        let calendar = &rule.code.calendar;
        calendar.counted(clock.segment_start, due, clock.base())
    });
    let counted = SignedDuration::from_micros(clock.counted_before) + last;
    assert_eq!(time, counted, "{}", told());
}

/// Whether the log says here that something took place at this instant, and not when it was recorded. When an outcome was told
/// stands in the event that proposed it: what fell due until then comes between that and its notice.
fn says_when(log: &[Event], number: i64, at: Timestamp) -> bool {
    let said = |event: &Event| event.payload.contains(&at.to_string());
    let mut back = log.iter().rev().skip_while(|event| event.sequence > number);
    let event = back.next().unwrap();
    let proposed = back.find(|event| matches!(event.fact, Fact::OutcomeProposed { .. }));
    let is_notice = matches!(event.fact, Fact::NoticeIssued { .. });
    said(event) || (is_notice && proposed.is_some_and(said))
}

/// One line per interval, in Toronto.
pub(super) fn lines(explanation: &Explanation) -> Vec<String> {
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

/// The changes with their event numbers.
pub(super) fn changes(explanation: &Explanation) -> Vec<String> {
    let changes = explanation.changes.iter();
    let told = changes.map(|change| {
        let event = change.moment.event;
        format!("{event}: {}", explanation.tell(change))
    });
    told.collect()
}

#[test]
fn a_term_in_working_days_names_the_holiday_and_the_weekend_that_it_skips() {
    let mut story = Story::begin("2026-06-29 16:00", |_| {});
    story.does(acknowledge());
    let explanation = story.explained("customer_update");
    assert_eq!(
        lines(&explanation),
        [
            "Mon 29 Jun 16:00 to Mon 29 Jun 17:00  - first day, not counted",
            "Mon 29 Jun 17:00 to Tue 30 Jun 09:00  - outside working hours",
            "Tue 30 Jun 09:00 to Tue 30 Jun 17:00  + working day 1 of 5",
            "Tue 30 Jun 17:00 to Wed 1 Jul 00:00  - outside working hours",
            "Wed 1 Jul 00:00 to Thu 2 Jul 00:00  - holiday: Canada Day",
            "Thu 2 Jul 00:00 to Thu 2 Jul 09:00  - outside working hours",
            "Thu 2 Jul 09:00 to Thu 2 Jul 17:00  + working day 2 of 5",
            "Thu 2 Jul 17:00 to Fri 3 Jul 09:00  - outside working hours",
            "Fri 3 Jul 09:00 to Fri 3 Jul 17:00  + working day 3 of 5",
            "Fri 3 Jul 17:00 to Sat 4 Jul 00:00  - outside working hours",
            "Sat 4 Jul 00:00 to Mon 6 Jul 00:00  - weekend",
            "Mon 6 Jul 00:00 to Mon 6 Jul 09:00  - outside working hours",
            "Mon 6 Jul 09:00 to Mon 6 Jul 17:00  + working day 4 of 5",
            "Mon 6 Jul 17:00 to Tue 7 Jul 09:00  - outside working hours",
            "Tue 7 Jul 09:00 to Tue 7 Jul 17:00  + working day 5 of 5",
        ]
    );
    assert_eq!(explanation.target(), "5 working days (the general target)");
    assert_eq!(explanation.total.text, "5 of 5 working days counted");
    assert_eq!(explanation.standing(), "running");
    let (rule, policy) = (&explanation.rule, jive());
    assert_eq!(rule.policy, policy.reference());
    assert_eq!(rule.policy_source, policy.code.source);
    assert_eq!(
        (rule.zone.as_str(), rule.tzdb_version.as_str()),
        ("America/Toronto", crate::calendar::tzdb_version())
    );
    assert_eq!(explanation.started.event, 2);
    assert_eq!(explanation.started.by, "adviser");
}

#[test]
fn a_last_day_without_working_time_is_rolled_past_by_name() {
    let story = Story::in_review();
    let explanation = story.explained("ceiling");
    let all = lines(&explanation);
    assert_eq!(
        all[0],
        "Mon 1 Jun 10:00 to Tue 2 Jun 00:00  - first day, not counted"
    );
    assert_eq!(
        all[28..],
        [
            "Mon 29 Jun 00:00 to Tue 30 Jun 00:00  + calendar day 28 of 30",
            "Tue 30 Jun 00:00 to Wed 1 Jul 00:00  + calendar day 29 of 30",
            "Wed 1 Jul 00:00 to Thu 2 Jul 00:00  - holiday: Canada Day: rolled past, the term ends with the next working day",
            "Thu 2 Jul 00:00 to Fri 3 Jul 00:00  + calendar day 30 of 30",
        ]
    );
    assert_eq!(explanation.total.text, "30 of 30 calendar days counted");
    assert_eq!(explanation.rule.roll, Some(Roll::NextWorkingDay));
}

#[test]
fn after_a_pause_what_remained_is_counted_and_said() {
    let mut story = Story::in_review();
    story
        .at("2026-06-11 12:30")
        .does(pause(PauseReason::ThirdParty));
    let paused = story.explained("resolution");
    assert_eq!(
        lines(&paused).last().unwrap(),
        "Thu 11 Jun 12:30 to …  - paused: third party (event 7, by adviser)"
    );
    assert_eq!(
        paused.total.text,
        "10 working days (80 h of working time): 59 h 30 min counted before the pause, 20 h 30 min remain"
    );

    story
        .at("2026-06-15 10:00")
        .does(Command::Resume { resumed_at: None });
    let explanation = story.explained("resolution");
    assert_eq!(
        lines(&explanation)[18..],
        [
            "Thu 11 Jun 09:00 to Thu 11 Jun 12:30  + working day 8 of 10",
            "Thu 11 Jun 12:30 to Mon 15 Jun 10:00  - paused: third party (event 7, by adviser)",
            "Mon 15 Jun 10:00 to Mon 15 Jun 17:00  + working time",
            "Mon 15 Jun 17:00 to Tue 16 Jun 09:00  - outside working hours",
            "Tue 16 Jun 09:00 to Tue 16 Jun 17:00  + working time",
            "Tue 16 Jun 17:00 to Wed 17 Jun 09:00  - outside working hours",
            "Wed 17 Jun 09:00 to Wed 17 Jun 14:30  + working time",
        ]
    );
    assert_eq!(
        changes(&explanation),
        [
            "7: paused: third party; 20 h 30 min of working time remained",
            "11: resumed: the 20 h 30 min of working time that remained count from the end of the pause",
        ]
    );
    assert_eq!(
        explanation.total.text,
        "10 working days (80 h of working time): 59 h 30 min counted before the pause, 20 h 30 min after it"
    );
    assert_eq!(explanation.first_promised, Some(t("2026-06-15 17:00")));
}

#[test]
fn a_date_that_the_customer_has_is_held_after_a_pause_and_said_to_be() {
    let mut story = Story::in_review();
    story.does(promise("2026-06-10 20:00"));
    story
        .at("2026-06-10 18:00")
        .does(pause(PauseReason::WaitingForCustomer));
    story
        .at("2026-06-10 18:30")
        .does(Command::Resume { resumed_at: None });
    let explanation = story.explained("resolution");
    let all = lines(&explanation);
    assert_eq!(
        all[all.len() - 2..],
        [
            "Wed 10 Jun 18:00 to Wed 10 Jun 18:30  - paused: waiting for customer (event 10, by adviser)",
            "Wed 10 Jun 18:30 to Wed 10 Jun 20:00  - not counted: a pause brings no promised date nearer",
        ]
    );
    let kinds = explanation.changes.iter().map(|change| &change.kind);
    let kinds: Vec<&ChangeKind> = kinds.collect();
    assert!(
        matches!(
            kinds.as_slice(),
            [
                ChangeKind::Promised,
                ChangeKind::Paused { .. },
                ChangeKind::Resumed { .. }
            ]
        ),
        "{kinds:?}"
    );
    let promised = &explanation.changes[0];
    assert_eq!(promised.from, Some(t("2026-06-15 17:00")));
    assert_eq!(promised.to, Some(t("2026-06-10 20:00")));
}

#[test]
fn minutes_are_elapsed_time_under_the_target_of_their_channel() {
    let mut story = Story::begin("2026-06-01 10:00", |f| f.channel = Channel::Phone);
    story.at("2026-06-01 10:20").sweep();
    story.at("2026-06-01 11:35").does(acknowledge());
    let explanation = story.explained("acknowledgement");
    assert_eq!(
        lines(&explanation),
        ["Mon 1 Jun 10:00 to Mon 1 Jun 10:15  + elapsed time"]
    );
    assert_eq!(
        explanation.target(),
        "15 minutes (the target for what comes by phone)"
    );
    assert_eq!(
        explanation.total.text,
        "15 min of elapsed time counted, of 15 minutes"
    );
    assert_eq!(explanation.standing(), "missed by 1 h 20 min");
    let breach = explanation.breach.unwrap();
    assert_eq!(breach.lag, SignedDuration::from_mins(5));
    let ended = explanation.ended.unwrap();
    assert_eq!(ended.moment.kind.as_str(), "acknowledged");
}

#[test]
fn a_letter_that_arrived_on_a_day_off_is_explained_from_its_arrival_on() {
    let mut letter = filing();
    letter.channel = Channel::Mail;
    // Thanksgiving in Boston, a working day in Canada; entered a day later.
    letter.received_at = Some(t("2026-11-26 14:00"));
    let story = Story::open(&letter, t("2026-11-27 10:00"), jive()).unwrap();
    let explanation = story.explained("acknowledgement");
    assert_eq!(explanation.took_place, t("2026-11-26 14:00"));
    assert_eq!(explanation.started.at, t("2026-11-27 10:00"));
    assert_eq!(explanation.clock.start, t("2026-11-27 09:00"));
    let receipt = explanation.receipt.as_ref().unwrap();
    assert_eq!(
        (receipt.channel, receipt.calendar.as_str()),
        (Channel::Mail, "us-ma")
    );
    assert_eq!(
        lines(&explanation)[..4],
        [
            "Thu 26 Nov 14:00 to Fri 27 Nov 00:00  - holiday: Thanksgiving Day at the place of receipt (us-ma)",
            "Fri 27 Nov 00:00 to Fri 27 Nov 09:00  - outside working hours at the place of receipt (us-ma)",
            "Fri 27 Nov 09:00 to Fri 27 Nov 17:00  - first day, not counted",
            "Fri 27 Nov 17:00 to Sat 28 Nov 00:00  - outside working hours",
        ]
    );
    all_is_explained(&story);
    // On a working day it is the day of arrival, at any hour.
    letter.received_at = Some(t("2026-11-25 18:00"));
    let story = Story::open(&letter, t("2026-11-27 10:00"), jive()).unwrap();
    let explanation = story.explained("acknowledgement");
    assert_eq!(explanation.receipt, None);
    assert_eq!(
        lines(&explanation)[0],
        "Wed 25 Nov 18:00 to Thu 26 Nov 09:00  - outside working hours"
    );
}

#[test]
fn two_pauses_are_summed_up_from_the_whole_target_on() {
    let mut story = Story::in_review();
    for (from, to) in [
        ("2026-06-02 12:00", "2026-06-02 15:00"),
        ("2026-06-04 09:00", "2026-06-05 09:00"),
    ] {
        story.at(from).does(pause(PauseReason::ThirdParty));
        story.at(to).does(Command::Resume { resumed_at: None });
    }
    let explanation = story.explained("resolution");
    assert_eq!(
        explanation.total.text,
        "10 working days (80 h of working time): 3 h + 10 h counted before the pause, 67 h after it"
    );
    all_is_explained(&story);
}

#[test]
fn a_move_to_another_code_is_told_with_the_due_times_before_and_after() {
    let mut story = Story::in_review();
    let seven_days = &other_codes()[0];
    story.at("2026-06-02 10:00");
    let moved = migrate(&story, seven_days);
    story.does(moved);
    // The customer has a date for the outcome, which stands; another round has the new target.
    let explanation = story.explained("resolution");
    assert_eq!(explanation.rule.policy, seven_days.reference());
    assert_eq!(
        changes(&explanation),
        [format!(
            "{}: the complaint was moved to {}",
            story.events_of("migrated")[0].sequence,
            seven_days.reference()
        )]
    );
    all_is_explained(&story);
}

#[test]
fn a_move_is_told_of_what_goes_on_and_of_what_it_begins_and_not_of_what_it_ends() {
    let mut story = Story::begin(MONDAY, |_| {});
    let seven_days = &other_codes()[0];
    story.at("2026-06-02 10:00");
    let moving = migrate(&story, seven_days);
    story.does(moving);
    let number = story.events_of("migrated")[0].sequence;
    let moved = format!(
        "{number}: the complaint was moved to {}",
        seven_days.reference()
    );
    for (clock, cycle, expected) in [
        ("ceiling", 1, std::slice::from_ref(&moved)),
        ("resolution", 1, &[]),
        ("resolution", 2, std::slice::from_ref(&moved)),
    ] {
        let explanation = story.explain(clock, Some(cycle)).unwrap();
        assert_eq!(changes(&explanation), expected, "{clock} {cycle}");
    }
    let change = &story.explained("resolution").changes[0];
    assert_eq!(change.from, Some(t("2026-06-15 17:00")));
    assert_eq!(change.to, Some(t("2026-06-10 17:00")));
    all_is_explained(&story);
}

#[test]
fn a_pause_from_before_a_move_is_explained_after_it() {
    let mut story = Story::in_review();
    story
        .at("2026-06-02 12:00")
        .does(pause(PauseReason::ThirdParty));
    story
        .at("2026-06-03 12:00")
        .does(Command::Resume { resumed_at: None });
    let before = lines(&story.explained("resolution"));
    let moving = migrate(&story, &other_codes()[1]);
    story.at("2026-06-04 10:00").does(moving);
    assert_eq!(lines(&story.explained("resolution")), before);
    all_is_explained(&story);
}

#[test]
fn a_pause_that_ends_with_the_first_day_took_nothing() {
    let mut story = Story::in_review();
    story
        .at("2026-06-01 16:00")
        .does(pause(PauseReason::ThirdParty));
    story
        .at("2026-06-02 00:00")
        .does(Command::Resume { resumed_at: None });
    let explanation = story.explained("resolution");
    assert_eq!(explanation.clock.due, Some(t("2026-06-15 17:00")));
    let told = changes(&explanation);
    let took_nothing = "resumed before its time counts: all 80 h of working time remain";
    assert!(told[1].ends_with(took_nothing), "{told:?}");
    all_is_explained(&story);
}

#[test]
fn each_way_that_a_cycle_ends_is_told() {
    let mut story = Story::in_review();
    story.at("2026-06-04 10:00").does(update());
    story.at("2026-06-05 10:00").does(escalate());
    story.at("2026-06-05 11:00").does(escalate());
    story.at("2026-06-08 10:00").does(propose());
    let first = story.explain("escalation_answer", Some(1)).unwrap();
    assert_eq!(first.standing(), "fell away before it was due");
    let ended = first.ended.unwrap();
    assert_eq!(ended.moment.kind.as_str(), "escalated");
    let updated = story.explain("customer_update", Some(1)).unwrap();
    assert_eq!(updated.standing(), "met, 103 h before it was due");
    all_is_explained(&story);
}

#[test]
fn a_clock_that_is_not_there_is_answered_with_those_that_are() {
    let mut story = Story::in_review();
    story.does(contact_at(None, false));
    let known = |there_are: &[(&str, i32)]| ExplainError::NoSuchClock {
        there_are: there_are
            .iter()
            .map(|(name, cycle)| ((*name).to_owned(), *cycle))
            .collect(),
    };
    let all = known(&[
        ("acknowledgement", 1),
        ("ceiling", 1),
        ("customer_update", 1),
        ("resolution", 1),
    ]);
    assert_eq!(story.explain("implementation", None).unwrap_err(), all);
    assert_eq!(story.explain("resolution", Some(2)).unwrap_err(), all);
}

#[test]
fn a_log_that_does_not_hold_explains_nothing() {
    let mut story = Story::in_review();
    story.events.remove(1);
    let gap = ReplayError::Gap {
        expected: 2,
        found: 3,
    };
    let refused = story.explain("resolution", None).unwrap_err();
    assert_eq!(refused, ExplainError::Log(gap));
}

#[test]
fn a_span_that_counts_is_of_a_kind_that_counts() {
    let mut story = Story::in_review();
    story
        .at("2026-06-11 12:30")
        .does(pause(PauseReason::ThirdParty));
    story
        .at("2026-06-15 10:00")
        .does(Command::Resume { resumed_at: None });
    for name in ["resolution", "ceiling", "customer_update"] {
        for span in story.explained(name).spans {
            let counts = matches!(
                span.kind,
                SpanKind::Working | SpanKind::CalendarDay | SpanKind::Elapsed
            );
            assert_eq!(span.counted, counts, "{span:?}");
        }
    }
}
