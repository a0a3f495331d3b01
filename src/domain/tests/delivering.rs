//! A promise to tell somebody is kept when that person was told.

use super::{
    commands::{acknowledge, delivery, erase, propose, resolve_now, update, withdraw},
    story::{MONDAY, Story, delivering, filing, t},
};
use crate::{
    domain::{
        Acknowledgement, ClockState, Command, ContactMeans, DeliveryReport, Dispatched,
        ErasureReason, Filing, NoticeFailure, NoticeState, Refusal,
    },
    policy::Channel,
};

const EMAIL: ContactMeans = ContactMeans::Email;
const LETTER: ContactMeans = ContactMeans::Letter;

pub(super) fn story(change: impl FnOnce(&mut Filing)) -> Story {
    let mut filing = filing();
    change(&mut filing);
    Story::open(&filing, t(MONDAY), delivering()).unwrap()
}

/// Filed by form, and acknowledged at a quarter past ten.
pub(super) fn acknowledged() -> Story {
    let mut story = story(|_| {});
    story.at("2026-06-01 10:15").does(acknowledge());
    story
}

/// The last notice that was issued.
pub(super) fn last(story: &Story) -> i64 {
    story.notices.last().unwrap().sequence
}

pub(super) fn sent(notice: i64) -> Command {
    delivery(notice, NoticeState::Sent, EMAIL)
}

fn reported(notice: i64, change: impl FnOnce(&mut DeliveryReport)) -> Command {
    let Command::RecordDispatch(mut report) = sent(notice) else {
        unreachable!("a report");
    };
    change(&mut report);
    Command::RecordDispatch(report)
}

fn resend(notice: i64, means: Option<ContactMeans>) -> Command {
    Command::ResendNotice { notice, means }
}

fn undelivered(story: &Story) -> Vec<i64> {
    let complaint = &story.case.complaint;
    complaint.undelivered().map(|(notice, _)| notice).collect()
}

#[test]
fn an_acknowledgement_keeps_its_promise_when_it_is_sent() {
    let mut story = story(|_| {});
    story.at("2026-06-01 10:15");
    let decision = story.attempt(&acknowledge()).unwrap().unwrap();
    let notice = last(&story);
    let waits = Dispatched {
        notice,
        means: EMAIL,
        state: NoticeState::Waiting,
        at: story.now,
        attempt: None,
    };
    assert_eq!(decision.dispatched, [waits]);
    assert_eq!(story.clock("acknowledgement").state, ClockState::Running);
    assert!(story.cycles("customer_update").is_empty());

    story
        .at("2026-06-01 10:20")
        .does(reported(notice, |report| {
            report.took_place_at = Some(t("2026-06-01 10:19"));
            report.reference = Some("4711".to_owned());
        }));
    let kept = story.clock("acknowledgement");
    assert_eq!(
        (kept.state, kept.stop),
        (ClockState::Met, Some(t("2026-06-01 10:19")))
    );
    assert_eq!(
        story.clock("customer_update").start,
        t("2026-06-01 10:19"),
        "what is promised from then on counts from then on"
    );
}

#[test]
fn a_text_that_nobody_sends_keeps_nothing() {
    let mut story = acknowledged();
    story.at("2026-06-05 10:00").sweep();
    let late = story.clock("acknowledgement");
    assert_eq!(late.state, ClockState::Running);
    assert_eq!(story.events_of("breached").len(), 1);
    // Sent at last, it is as late as it was.
    let notice = last(&story);
    story.does(sent(notice));
    assert_eq!(story.clock("acknowledgement").state, ClockState::Missed);
}

#[test]
fn the_text_promises_the_next_word_as_if_it_had_arrived() {
    let story = acknowledged();
    let text = &story.notices.last().unwrap().text;
    // Five working days from now.
    assert!(text.contains("June 8, 2026"), "{text}");
}

#[test]
fn who_is_on_the_line_is_told_by_the_act() {
    for (channel, means) in [
        (Channel::Phone, ContactMeans::Phone),
        (Channel::Chat, ContactMeans::Chat),
    ] {
        let mut story = story(|filing| filing.channel = channel);
        story.at("2026-06-01 10:05");
        let decision = story.attempt(&acknowledge()).unwrap().unwrap();
        assert_eq!(decision.dispatched, [], "nothing is sent");
        let kept = story.clock("acknowledgement");
        assert_eq!((kept.state, kept.stop), (ClockState::Met, Some(story.now)));
        let fate = &story.case.complaint.notices[&last(&story)];
        assert_eq!((fate.state, fate.means), (NoticeState::Told, Some(means)));
        // What comes later is written.
        story.at("2026-06-02 10:00").does(update());
        assert_eq!(
            story.case.complaint.notices[&last(&story)].means,
            Some(EMAIL)
        );
    }
    let mut story = story(|filing| filing.channel = Channel::Phone);
    story.at("2026-06-01 10:05").does(resolve_now());
    assert_eq!(story.events_of("notice_told").len(), 1);
}

#[test]
fn an_act_that_says_who_told_it_counts_from_when_it_was_told() {
    let mut story = story(|_| {});
    // The due time has passed when the call is entered.
    story.at("2026-06-03 12:00").sweep();
    assert_eq!(story.events_of("breached").len(), 1);
    story.does(Command::Acknowledge(Acknowledgement {
        acknowledged_at: Some(t("2026-06-01 16:00")),
        told_by: Some(ContactMeans::Phone),
        ..Acknowledgement::default()
    }));
    let kept = story.clock("acknowledgement");
    assert_eq!(
        (kept.state, kept.stop),
        (ClockState::Met, Some(t("2026-06-01 16:00")))
    );
    assert_eq!(story.events_of("breach_withdrawn").len(), 1);
    // A time in the past alone says when it was done, and not that somebody was told.
    let mut story = super::delivering::story(|_| {});
    story.at("2026-06-01 16:00");
    story.does(Command::Acknowledge(Acknowledgement {
        acknowledged_at: Some(t("2026-06-01 12:00")),
        ..Acknowledgement::default()
    }));
    assert_eq!(story.clock("acknowledgement").state, ClockState::Running);
}

#[test]
fn where_there_is_no_address_that_is_known_at_once_and_the_handler_is_reminded() {
    let mut story = story(|filing| filing.customer.email = None);
    story.at("2026-06-01 10:15");
    let decision = story.attempt(&acknowledge()).unwrap().unwrap();
    assert_eq!(decision.dispatched, []);
    let notice = last(&story);
    let fate = &story.case.complaint.notices[&notice];
    let no_address = Some(NoticeFailure::NoAddress);
    assert_eq!(
        (fate.state, fate.failure),
        (NoticeState::Failed, no_address)
    );
    assert_eq!(undelivered(&story), [notice]);
    let standing = story.events.last().unwrap().standing.as_ref().unwrap();
    assert_eq!(standing.undelivered, 1);
    assert_eq!(story.clock("acknowledgement").state, ClockState::Running);
    assert_eq!(story.clock("undelivered_notice").state, ClockState::Running);
    let refused = story.refuses(resend(notice, Some(LETTER)));
    assert!(matches!(refused, Refusal::CannotBeSent { .. }), "{refused}");

    // Told by telephone, it is delivered after all.
    story.at("2026-06-01 11:00");
    story.does(delivery(notice, NoticeState::Told, ContactMeans::Phone));
    assert_eq!(undelivered(&story), Vec::<i64>::new());
    for clock in ["acknowledgement", "undelivered_notice"] {
        assert_eq!(story.clock(clock).state, ClockState::Met, "{clock}");
    }
}

#[test]
fn the_wish_goes_before_what_the_brand_does_first() {
    let address = |filing: &mut Filing| {
        filing.customer.postal_address = Some("1 Main Street, Toronto".to_owned());
    };
    let means = |change: &dyn Fn(&mut Filing)| {
        let mut story = story(|filing| {
            address(filing);
            change(filing);
        });
        story.at("2026-06-01 10:15").does(acknowledge());
        story.case.complaint.notices[&last(&story)].means
    };
    assert_eq!(means(&|_| {}), Some(EMAIL));
    assert_eq!(means(&|filing| filing.customer.email = None), Some(LETTER));
    let wishes = |wish| move |filing: &mut Filing| filing.customer.preferred_means = Some(wish);
    assert_eq!(means(&wishes(LETTER)), Some(LETTER));
    // By these the brand does not write, or there is no address.
    assert_eq!(means(&wishes(ContactMeans::Phone)), Some(EMAIL));
    assert_eq!(means(&wishes(ContactMeans::Portal)), Some(EMAIL));
}

#[test]
fn a_failure_neither_stops_nor_reopens_a_clock() {
    let mut story = acknowledged();
    let notice = last(&story);
    story.at("2026-06-01 10:20").does(sent(notice));
    let kept = story.clock("acknowledgement").clone();
    story.at("2026-06-01 10:30");
    story.does(delivery(notice, NoticeState::Failed, EMAIL));
    assert_eq!(
        *story.clock("acknowledgement"),
        kept,
        "a finished cycle stands"
    );
    assert_eq!(story.cycles("acknowledgement").len(), 1);
    assert_eq!(undelivered(&story), [notice]);
    assert_eq!(
        story.clock("undelivered_notice").start,
        t("2026-06-01 10:30")
    );

    // Another address, and it is sent again.
    let decision = story.attempt(&resend(notice, None)).unwrap().unwrap();
    assert_eq!(decision.dispatched[0].state, NoticeState::Waiting);
    assert_eq!(undelivered(&story), Vec::<i64>::new());
    assert_eq!(story.clock("undelivered_notice").state, ClockState::Running);
    story.at("2026-06-01 10:40").does(sent(notice));
    assert_eq!(story.clock("undelivered_notice").state, ClockState::Met);
    // The promise to acknowledge was kept once, and so was begun what follows it.
    assert_eq!(story.cycles("customer_update").len(), 1);
}

#[test]
fn each_fate_follows_those_that_the_table_lets_it_follow() {
    use NoticeState as S;
    let table = [
        (
            S::Waiting,
            vec![S::Sent, S::Posted, S::Told, S::Delivered, S::Failed],
        ),
        (S::Sent, vec![S::Waiting, S::Told, S::Delivered, S::Failed]),
        (
            S::Posted,
            vec![S::Waiting, S::Told, S::Delivered, S::Failed],
        ),
        (S::Told, vec![]),
        (S::Delivered, vec![]),
        (S::Failed, vec![S::Waiting, S::Told, S::Delivered]),
    ];
    assert_eq!(table.len(), S::ALL.len());
    for (from, allowed) in table {
        let lets = S::ALL.into_iter().filter(|next| from.allows(*next));
        assert_eq!(lets.collect::<Vec<_>>(), allowed, "{from}");
    }
}

#[test]
fn what_comes_twice_changes_nothing_and_what_contradicts_is_told_what_stands() {
    let mut story = acknowledged();
    let notice = last(&story);
    story.at("2026-06-01 10:20").does(sent(notice));
    let before = story.events.len();
    story.at("2026-06-01 10:25").does(sent(notice));
    assert_eq!(story.events.len(), before, "answered as before");

    let refused = story.refuses(delivery(notice, NoticeState::Posted, LETTER));
    let Refusal::NoticeStands {
        state,
        means,
        since,
        ..
    } = refused
    else {
        panic!("{refused}");
    };
    assert_eq!(
        (state, means, since),
        (NoticeState::Sent, Some(EMAIL), Some(t("2026-06-01 10:20")))
    );
    // A bounce of the mail, once the letter waits.
    story.does(delivery(notice, NoticeState::Failed, EMAIL));
    story.at("2026-06-01 10:30");
    let mut customer = story.customer();
    customer.postal_address = Some("1 Main Street, Toronto".to_owned());
    story.refuses(resend(notice, Some(LETTER)));
    story.does(delivery(notice, NoticeState::Told, ContactMeans::Phone));
    story.refuses(delivery(notice, NoticeState::Failed, EMAIL));
    story.refuses(resend(notice, None));
    let refused = story.refuses(sent(notice + 100));
    assert!(matches!(refused, Refusal::NoticeNotFollowed { .. }));
}

#[test]
fn nothing_is_sent_before_it_was_issued_or_in_the_future() {
    let mut story = acknowledged();
    let notice = last(&story);
    story.at("2026-06-01 10:20");
    for wrong in ["2026-06-01 10:14", "2026-06-01 10:21"] {
        let report = reported(notice, |report| report.took_place_at = Some(t(wrong)));
        let refused = story.refuses(report);
        assert!(matches!(refused, Refusal::BadTime { .. }), "{refused}");
    }
    // The clock of whoever sends it may be a little behind.
    let issued = t("2026-06-01 10:15");
    let behind = issued - jiff::SignedDuration::from_secs(3);
    story.does(reported(notice, |report| {
        report.took_place_at = Some(behind);
    }));
    assert_eq!(story.clock("acknowledgement").stop, Some(issued));
}

#[test]
fn a_claim_speaks_for_a_notice_as_long_as_it_holds_it() {
    let mut story = acknowledged();
    let notice = last(&story);
    story.at("2026-06-01 10:20").attempt = Some(2);
    let first = reported(notice, |report| report.attempt = Some(1));
    let refused = story.refuses(first);
    assert!(
        matches!(
            refused,
            Refusal::ClaimLost {
                present: Some(2),
                ..
            }
        ),
        "{refused}"
    );
    let second = reported(notice, |report| report.attempt = Some(2));
    let decision = story.attempt(&second).unwrap().unwrap();
    assert_eq!(
        decision.dispatched[0].attempt,
        Some(2),
        "and is held against it when it is written"
    );
}

#[test]
fn what_came_back_of_an_earlier_attempt_does_not_fail_what_was_sent_again() {
    let mut story = acknowledged();
    let notice = last(&story);
    story.at("2026-06-01 10:20").does(sent(notice));
    let returned = |attempt| {
        reported(notice, |report| {
            report.state = NoticeState::Failed;
            report.failure = Some(NoticeFailure::Bounced);
            report.sent_attempt = attempt;
        })
    };
    story.last_attempt = Some(2);
    let before = story.events.len();
    let refused = story.refuses(returned(Some(1)));
    assert!(
        matches!(
            refused,
            Refusal::AttemptSuperseded {
                state: NoticeState::Sent,
                means: Some(EMAIL),
                ..
            }
        ),
        "{refused}"
    );
    assert_eq!(story.events.len(), before);
    // That an earlier one arrived is news all the same, and so is a bounce of which nobody knows the attempt.
    let arrived = reported(notice, |report| {
        report.state = NoticeState::Delivered;
        report.sent_attempt = Some(1);
    });
    let mut other = story.clone();
    other.does(arrived);
    let mut other = story.clone();
    other.does(returned(None));
    story.does(returned(Some(2)));
    assert_eq!(undelivered(&story), [notice]);
}

#[test]
fn an_erased_person_is_not_written_to() {
    let mut story = acknowledged();
    let notice = last(&story);
    story
        .at("2026-06-01 11:00")
        .does(propose())
        .does(withdraw());
    let waiting = story.case.complaint.notices.values();
    let waiting = waiting.filter(|fate| fate.state == NoticeState::Waiting);
    assert_eq!(waiting.count(), 2);
    let decision = story
        .attempt(&erase(ErasureReason::Order))
        .unwrap()
        .unwrap();
    let failed: Vec<_> = decision.dispatched.iter().map(|it| it.state).collect();
    assert_eq!(failed, [NoticeState::Failed; 2]);
    assert!(story.case.complaint.notices.is_empty());
    story.refuses(sent(notice));
    story.refuses(resend(notice, None));
    // Nobody is kept on record because no text ever reached them.
    assert!(story.case.clocks.is_empty(), "{:?}", story.case.clocks);
}

#[test]
fn only_so_many_notices_are_followed_and_the_oldest_is_given_up() {
    let mut story = acknowledged();
    for _ in 0..30 {
        story.does(update());
    }
    assert_eq!(story.case.complaint.notices.len(), 30);
    let given_up = story.events_of("notice_failed");
    assert_eq!(given_up.len(), 1);
    assert!(
        given_up[0].payload.contains("given_up"),
        "{}",
        given_up[0].payload
    );
}
