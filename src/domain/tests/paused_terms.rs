//! What holds of every term, in every calendar and with every roll, whenever it is paused and goes on.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    commands::{acknowledge, migrate, pause},
    random_walk::Dice,
    story::{JIVE, Story, filing, jive, policy_of, t},
};
use crate::{
    calendar::{Calendar, Roll, Term, TimeBase},
    domain::{Clock, Command, PauseReason, Target},
    policy::{ClockRule, Code},
};

const TRIES: u64 = 4_000;

/// Hours with a break, nights that run past midnight, single days; zones that change their clocks at night and at midnight.
const CALENDARS: [(&str, &str); 4] = [
    (
        "America/Toronto",
        r#"monday = ["09:00-12:00", "13:00-17:00"]
        tuesday = ["09:00-17:00"]
        wednesday = ["09:00-17:00"]
        thursday = ["09:00-20:00"]
        friday = ["09:00-18:00"]"#,
    ),
    (
        "Europe/London",
        r#"thursday = ["22:00-06:00"]
        friday = ["22:00-06:00"]
        saturday = ["20:00-24:00"]
        sunday = ["00:00-04:00", "21:00-05:00"]"#,
    ),
    ("America/Havana", r#"tuesday = ["00:00-24:00"]"#),
    (
        "Australia/Lord_Howe",
        r#"monday = ["09:00-17:00"]
        sunday = ["01:00-03:00"]"#,
    ),
];

const TERMS: [&str; 11] = [
    "1 working day",
    "3 working days",
    "10 working days",
    "1 calendar day",
    "20 calendar days",
    "2 weeks",
    "1 month",
    "24 hours",
    "8 working hours",
    "90 working minutes",
    "instant",
];

fn calendar((zone, week): (&str, &str)) -> Arc<Calendar> {
    let text = format!(
        "name = \"random\"\ntitle = \"Random\"\nsource = \"A test\"\nzone = \"{zone}\"\n[week]\n{week}\n\
         [[holiday]]\nname = \"A\"\non = \"third Tuesday of March\"\n\
         [[holiday]]\nname = \"B\"\non = \"2 November\"\n"
    );
    Arc::new(Calendar::parse("random.toml", &text).unwrap())
}

struct Case {
    rule: ClockRule,
    term: Term,
    start: Timestamp,
}

impl Case {
    fn random(dice: &mut Dice, calendars: &[Arc<Calendar>]) -> Self {
        let mut rule = jive().clock("resolution").unwrap().clone();
        rule.code = Arc::new(Code {
            calendar: dice.pick(calendars),
            staff_hours: None,
            ..Code::clone(&rule.code)
        });
        rule.roll = dice.pick(&[Roll::NextWorkingDay, Roll::PreviousWorkingDay, Roll::None]);
        // Around a change of the clocks, or any day.
        let from = dice.pick(&["2026-03-01 00:00", "2026-10-24 00:00", "2026-06-01 00:00"]);
        Case {
            rule,
            term: dice.pick(&TERMS).parse().unwrap(),
            start: t(from) + minutes(dice, 20),
        }
    }

    fn started(&self) -> Clock {
        let calendar = &self.rule.code.calendar;
        let due = calendar.due_after_rolling(self.start, &self.term, self.rule.roll);
        let target = Target::Term(self.term);
        Clock::start(&self.rule, 1, self.start, target, due.unwrap()).unwrap()
    }

    /// When it is due after these pauses.
    fn due(&self, pauses: &[(Timestamp, Timestamp)]) -> Timestamp {
        let mut clock = self.started();
        for (from, to) in pauses {
            clock.pause(*from, Timestamp::MAX, &self.rule);
            clock.resume(*to, None, &self.rule).unwrap();
        }
        clock.due.unwrap()
    }

    /// An instant at which it can be paused.
    fn within(&self, dice: &mut Dice) -> Timestamp {
        let length = self.started().due.unwrap().duration_since(self.start);
        let micros = length + SignedDuration::from_micros(1);
        let exact = self.start + dice.micros(micros);
        let calendar = &self.rule.code.calendar;
        let near = match dice.below(4) {
            0 => exact,
            1 => calendar.next_working_instant(exact).unwrap(),
            2 => calendar.previous_working_instant(exact).unwrap(),
            _ => calendar.first_day_ends(exact, self.term.unit),
        };
        near.clamp(self.start, self.started().due.unwrap())
    }

    fn told(&self) -> String {
        let calendar = &self.rule.code.calendar;
        format!(
            "{} from {} in {}, {}",
            self.term,
            self.start,
            calendar.zone_name(),
            self.rule.roll
        )
    }
}

fn minutes(dice: &mut Dice, days: i64) -> SignedDuration {
    let minutes = u64::try_from(days * 24 * 60).unwrap();
    SignedDuration::from_mins(i64::try_from(dice.below(minutes)).unwrap())
}

fn each(promise: impl Fn(&Case, &mut Dice)) {
    let calendars = CALENDARS.map(calendar);
    for seed in 0..TRIES {
        let mut dice = Dice(seed);
        promise(&Case::random(&mut dice, &calendars), &mut dice);
    }
}

#[test]
fn a_pause_never_brings_a_due_time_nearer_and_a_longer_one_never_nearer_than_a_shorter_one() {
    each(|case, dice| {
        let (from, later) = (case.within(dice), case.within(dice));
        let (from, later) = (from.min(later), from.max(later));
        let to = later + minutes(dice, 6);
        let longer = to + minutes(dice, 6);
        let told = format!("{}: {from} {later} {to} {longer}", case.told());
        let due = case.due(&[(from, to)]);
        assert!(case.due(&[]) <= due, "{told}");
        assert!(to <= due, "{told}");
        assert!(due <= case.due(&[(from, longer)]), "{told}");
        assert!(case.due(&[(later, to)]) <= due, "{told}");
        let before = from + minutes(dice, 1);
        let twice = case.due(&[(from, before.min(later)), (later, to)]);
        assert!(case.due(&[(later, to)]) <= twice && twice <= due, "{told}");
    });
}

#[test]
fn two_pauses_that_meet_are_one() {
    each(|case, dice| {
        let (from, between) = (case.within(dice), case.within(dice));
        let (from, between) = (from.min(between), from.max(between));
        let to = between + minutes(dice, 6);
        let one = case.due(&[(from, to)]);
        let two = case.due(&[(from, between), (between, to)]);
        assert_eq!(one, two, "{}: {from} {between} {to}", case.told());
    });
}

#[test]
fn a_pause_of_what_is_not_counted_changes_nothing() {
    each(|case, dice| {
        let (from, length) = (case.within(dice), minutes(dice, 3));
        let (due, calendar) = (case.due(&[]), &case.rule.code.calendar);
        let first_day = calendar.first_day_ends(case.start, case.term.unit);
        let told = format!("{}: {from} {length:?}", case.told());
        if from < first_day {
            assert_eq!(
                case.due(&[(from, first_day.min(from + length))]),
                due,
                "{told}"
            );
        }
        // Up to the next opening, but not of a promise whose time was up already.
        let opens = calendar.next_working_instant(from).unwrap();
        if case.term.unit.base() == TimeBase::Working && from < due {
            assert_eq!(case.due(&[(from, opens)]), due, "{told}");
        }
        assert_eq!(case.due(&[(from, from)]), due, "{told}");
    });
}

#[test]
fn a_term_in_calendar_days_ends_as_a_day_ends_by_its_roll_after_a_pause_too() {
    each(|case, dice| {
        if !case.term.unit.is_calendar_days() {
            return;
        }
        let (from, calendar) = (case.within(dice), &case.rule.code.calendar);
        let to = from + minutes(dice, 10);
        let due = case.due(&[(from, to)]);
        let last = calendar.date_of(due - SignedDuration::from_nanos(1));
        let told = format!("{}: {from} {to} {due}", case.told());
        assert_ne!(calendar.date_of(due), last, "{told}");
        let began = calendar.date_of(to.max(case.start) - SignedDuration::from_nanos(1));
        let since = std::iter::successors(Some(began), |day| day.tomorrow().ok());
        let mut since = since.take_while(|day| *day <= last);
        match case.rule.roll {
            Roll::NextWorkingDay => assert!(calendar.is_working_day(last), "{told}"),
            Roll::PreviousWorkingDay => {
                let none = !since.any(|day| calendar.is_working_day(day));
                assert!(none || calendar.is_working_day(last), "{told}");
            }
            Roll::None => {}
        }
    });
}

#[test]
fn an_hour_of_friday_evening_takes_nothing_from_a_promise_in_working_days_made_that_friday() {
    let friday = calendar(CALENDARS[0]);
    let mut dice = Dice(1);
    let mut case = Case::random(&mut dice, &[friday]);
    case.term = "3 working days".parse().unwrap();
    case.start = t("2026-06-05 15:00");
    assert_eq!(case.due(&[]), t("2026-06-10 17:00"));
    let evening = (t("2026-06-05 17:00"), t("2026-06-05 18:00"));
    assert_eq!(case.due(&[evening]), t("2026-06-10 17:00"));
    // Into Monday morning: the hour of Monday alone.
    let morning = (t("2026-06-05 17:00"), t("2026-06-08 10:00"));
    assert_eq!(case.due(&[morning]), t("2026-06-11 10:00"));
}

#[test]
fn a_complaint_that_is_moved_while_it_is_paused_is_timed_as_if_it_had_always_been_there() {
    let ceiling = "target = \"30 calendar days\"";
    assert!(JIVE.contains(ceiling));
    let code = |target: &str| {
        policy_of(&JIVE.replace(ceiling, &format!("pausable = true\ntarget = {target}")))
    };
    let own = code("\"30 calendar days\"");
    for target in [
        "\"20 calendar days\"\nroll = \"previous_working_day\"",
        "\"1 month\"\nroll = \"none\"",
        "\"15 working days\"",
        "\"500 hours\"",
    ] {
        for (from, to) in [
            ("2026-06-01 11:00", "2026-06-01 16:00"),
            ("2026-06-01 11:00", "2026-06-03 12:00"),
            ("2026-06-06 11:00", "2026-06-07 10:00"),
        ] {
            let other = code(target);
            let story = |policy, moved: bool| {
                let mut story = Story::open(&filing(), t("2026-06-01 10:00"), policy).unwrap();
                story.does(acknowledge());
                story.at(from).does(pause(PauseReason::ThirdParty));
                if moved {
                    let command = migrate(&story, &other);
                    story.does(command);
                }
                story.at(to).does(Command::Resume { resumed_at: None });
                story
            };
            let moved = story(Arc::clone(&own), true);
            let at_home = story(Arc::clone(&other), false);
            assert_eq!(
                moved.due("ceiling"),
                at_home.due("ceiling"),
                "{target} {from}"
            );
            super::explaining::all_is_explained(&moved);
        }
    }
}
