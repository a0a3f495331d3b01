//! The steps of a clock: their order, their repeats, and what becomes of them when they are missed.

use super::*;

#[test]
fn steps_stand_in_their_order_with_one_due_point_among_them() {
    let steps = "steps = [{ at = \"due\", action = \"remind\", to = \"handler\" }]";
    let with = |points: &[&str]| {
        let step =
            |at: &&str| format!("{{ at = \"{at}\", action = \"remind\", to = \"handler\" }}");
        format!(
            "steps = [{}]",
            points.iter().map(step).collect::<Vec<_>>().join(", ")
        )
    };
    let order = "steps out of order";
    // The clock of this file whose only step is at the due point is the sixth from the top.
    refused(
        steps,
        &with(&["81%", "79%", "due"]),
        "{ at = \"79%\"",
        order,
    );
    refused_at(
        steps,
        &with(&["79%", "79%", "due"]),
        "{ at = \"79%\"",
        1,
        order,
    );
    refused(steps, &with(&["due", "79%"]), "{ at = \"79%\"", order);
    refused(
        steps,
        &with(&["9 hours after due", "due"]),
        "{ at = \"due\", action = \"remind\", to = \"handler\"",
        order,
    );
    refused(
        steps,
        &with(&["79%", "due", "due"]),
        "{ at = \"due\", action = \"remind\", to = \"handler\" }]",
        order,
    );
    let clock = "[[clock]]\nname = \"outcome_notice\"";
    refused(steps, &with(&["79%"]), clock, "one step at `due`");
    refused(steps, "steps = []", clock, "one step at `due`");
}

#[test]
fn only_the_last_step_after_the_due_time_repeats_and_within_bounds() {
    let steps = "steps = [{ at = \"due\", action = \"remind\", to = \"handler\" }]";
    let step = |at: &str, every: &str, times: u32| {
        format!(
            "{{ at = \"{at}\", action = \"remind\", to = \"handler\", repeat = {{ every = \"{every}\", times = {times} }} }}"
        )
    };
    let due = "{ at = \"due\", action = \"remind\", to = \"handler\" }";
    let repeating_due = step("due", "1 hour", 2);
    refused(
        steps,
        &format!("steps = [{repeating_due}]"),
        &repeating_due,
        "only the last step",
    );
    let (first, second) = (
        step("1 hour after due", "1 hour", 2),
        step("7 hours after due", "1 hour", 2),
    );
    refused(
        steps,
        &format!("steps = [{due}, {first}, {second}]"),
        &first,
        "only the last step",
    );
    for (every, times) in [("1 hour", 0), ("1 hour", 1001), ("instant", 3)] {
        let wrong = step("7 hours after due", every, times);
        refused(
            steps,
            &format!("steps = [{due}, {wrong}]"),
            &wrong,
            "1 to 1000 times",
        );
    }
    let most = step("7 hours after due", "60 seconds", 1000);
    assert!(parse(&changed(steps, &format!("steps = [{due}, {most}]"))).is_ok());
}

/// The two steps of the clock by which the customer is told of the independent body.
const TOLD: &str = "{ at = \"start\", action = \"tell_recourse\", to = \"supervisor\" }";

fn ccts_refused(from: &str, to: &str, marker: &str, words: &str) {
    assert!(CCTS.contains(from), "{from}");
    let text = CCTS.replacen(from, to, 1);
    let refusal = parse(&text).map(|_| ()).expect_err(to);
    let (before, _) = text.split_once(marker).unwrap();
    assert_eq!(refusal.line, before.matches('\n').count() + 1, "{refusal}");
    assert!(refusal.reason.contains(words), "{refusal}");
}

#[test]
fn the_recourse_is_told_before_the_time_is_up() {
    let due = "{ at = \"due\", action = \"tell_recourse\", to = \"supervisor\" }";
    ccts_refused(TOLD, due, due, "stands before the due time");
}

#[test]
fn the_recourse_is_told_by_a_clock_that_this_keeps_and_never_without_end() {
    let stops = "stops_on = [\"recourse_told\"]";
    let words = "has `recourse_told` in stops_on or restarts_on";
    ccts_refused(stops, "stops_on = [\"outcome_told\"]", TOLD, words);
    let restarts = "restarts_on = [\"recourse_told\"]\nstops_on = [\"closed\"]";
    ccts_refused(stops, restarts, TOLD, "it would tell without end");
    let later = CCTS.replacen(stops, restarts, 1);
    let later = later.replacen("at = \"start\"", "at = \"50%\"", 1);
    assert!(parse(&later).is_ok());
}

#[test]
fn a_breach_and_the_recourse_are_never_left_out_and_other_steps_may_be() {
    for missed in ["collapse", "skip"] {
        let told = TOLD.replace(" }", &format!(", missed = \"{missed}\" }}"));
        let words = "`tell_recourse` is never left out";
        ccts_refused(TOLD, &told, &told, words);
        let steps = "steps = [{ at = \"due\", action = \"remind\", to = \"handler\" }]";
        let due = steps.replace(" }", &format!(", missed = \"{missed}\" }}"));
        let marker = format!("\"{missed}\"");
        let words = "the step at `due` is never left out";
        refused(steps, &due, &marker, words);
    }
    let steps = "steps = [{ at = \"due\", action = \"remind\", to = \"handler\" }]";
    let step = |at: &str, missed: &str| {
        format!("{{ at = \"{at}\", action = \"remind\", to = \"handler\", missed = \"{missed}\" }}")
    };
    let all = [
        step("50%", "skip"),
        step("80%", "late"),
        step("due", "late"),
        step("1 hour after due", "collapse"),
    ];
    let policy = parse(&changed(steps, &format!("steps = [{}]", all.join(", ")))).unwrap();
    let clock = policy.clock("outcome_notice").unwrap();
    let missed: Vec<Missed> = clock.steps.iter().map(|step| step.missed).collect();
    assert_eq!(
        missed,
        [Missed::Skip, Missed::Late, Missed::Late, Missed::Collapse]
    );
    let told = parse(CCTS).unwrap();
    let told = told.clock("recourse_notice").unwrap();
    assert_eq!(told.steps[0].action, Action::TellRecourse);
    assert_eq!(told.steps[0].missed, Missed::Late);
    let unknown = step("due", "never");
    refused(
        steps,
        &format!("steps = [{unknown}]"),
        "\"never\"",
        "unknown variant `never`",
    );
}

#[test]
fn steps_that_come_out_of_order_on_a_working_morning_are_refused() {
    let steps = "steps = [{ at = \"due\", action = \"remind\", to = \"handler\" }]";
    let step = |at: &str| format!("{{ at = \"{at}\", action = \"remind\", to = \"handler\" }}");
    // The clock has one working day, so two mornings until it is due.
    for (points, culprit, words) in [
        (
            &["80%", "15 working hours before due"][..],
            1,
            "`15 working hours before due` comes before `80%`",
        ),
        (
            &["2 working days before due"],
            0,
            "comes before the clock starts where the target is 1 working day",
        ),
        (
            &["1 month before due"],
            0,
            "comes before the clock starts where the target is 1 working day",
        ),
    ] {
        let listed: Vec<String> = points.iter().map(|at| step(at)).collect();
        let text = format!("steps = [{}, {}]", listed.join(", "), step("due"));
        refused(steps, &text, &listed[culprit], words);
    }
    let after = [
        step("due"),
        step("2 hours after due"),
        step("1 hour after due"),
    ];
    refused(
        steps,
        &format!("steps = [{}]", after.join(", ")),
        &after[2],
        "`1 hour after due` comes before `2 hours after due`",
    );
    // The third and the fourth come at the same instant.
    let fine = [
        "start",
        "50%",
        "1 hour before due",
        "1 working hour before due",
        "due",
    ];
    let fine = fine.map(step).join(", ");
    assert!(parse(&changed(steps, &format!("steps = [{fine}]"))).is_ok());
}

#[test]
fn a_step_must_stand_on_its_clock_with_every_target_that_it_may_have() {
    let ahead = "{ at = \"1 working day before due\", action = \"remind\", to = \"handler\" }";
    let half = "{ at = \"50%\", action = \"remind\", to = \"handler\" }";
    // By telephone the acknowledgement has a quarter of an hour.
    refused(half, ahead, ahead, "where the target is 15 minutes");
}

#[test]
fn a_step_that_can_never_be_reached_is_refused() {
    let steps = "steps = [{ at = \"due\", action = \"remind\", to = \"handler\" }]";
    let due = "{ at = \"due\", action = \"remind\", to = \"handler\" }";
    for after in [
        "{ at = \"99999 working days after due\", action = \"remind\", to = \"handler\" }",
        "{ at = \"9000 years after due\", action = \"remind\", to = \"handler\" }",
        "{ at = \"7 hours after due\", action = \"remind\", to = \"handler\", repeat = { every = \"100 working days\", times = 1000 } }",
    ] {
        let text = format!("steps = [{due}, {after}]");
        refused(steps, &text, after, "it never comes due");
    }
}

#[test]
fn every_step_point_reads_back_as_it_is_written() {
    for text in [
        "start",
        "1%",
        "99%",
        "2 working hours before due",
        "due",
        "1 week after due",
    ] {
        assert_eq!(text.parse::<StepPoint>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "0%",
        "100%",
        "-5%",
        "before due",
        "1 day after due",
        "Due",
    ] {
        assert!(text.parse::<StepPoint>().is_err(), "{text}");
    }
}

#[test]
fn standard_updates_come_on_a_clock_that_they_restart_before_it_is_due_and_never_without_end() {
    let reminder = "{ at = \"1 working day before due\", action = \"remind\", to = \"handler\" }";
    let tells = reminder.replace("remind", "tell_update");
    let policy = parse(&changed(reminder, &tells)).unwrap();
    let step = &policy.clock("customer_update").unwrap().steps[0];
    assert_eq!(
        (step.action, step.missed),
        (Action::TellUpdate, Missed::Late)
    );
    let at_start = tells.replace("1 working day before due", "start");
    refused(reminder, &at_start, &at_start, "it would tell without end");
    let skipped = tells.replace(" }", ", missed = \"skip\" }");
    let words = "`tell_update` is never left out";
    refused(reminder, &skipped, "\"skip\"", words);
    // Its only step is at the due point, and an outcome keeps it, which no update does.
    let only = "steps = [{ at = \"due\", action = \"remind\", to = \"handler\" }]";
    let ahead = "{ at = \"50%\", action = \"tell_update\", to = \"handler\" }";
    let both = only.replace("[{", &format!("[{ahead}, {{"));
    refused(only, &both, ahead, "has `update_sent` in restarts_on");
    let late = only.replace("remind", "tell_update");
    let marker = "{ at = \"due\", action = \"tell_update\"";
    refused(only, &late, marker, "stands before the due time");
}
