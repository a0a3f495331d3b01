//! A CRM that is down for a while: deliveries to it are retried, and arrive in order once it is back.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use tokio::task::JoinSet;

use super::{
    operator::Operator,
    receiver::{Arrived, Receiver, Switch, Told},
    tally::Tally,
};
use crate::{
    demo::{aside::Asides, error::DemoError, script::may, time::StoryTime},
    terminal::Tone,
    time_source::TimeSource as _,
};

pub(super) const TITLE: &str = "CRM";
const WHO: &str = "CRM";
/// The outage, which covers a decision that the CRM must receive.
pub(super) const DOWN: (DateTime, DateTime) = (may(19, 10, 45), may(19, 11, 20));
/// The operator looks after this many attempts.
const LOOKS_AFTER: usize = 2;

/// The CRM and its operator.
pub(super) struct Crm {
    pub(super) receiver: Receiver,
    pub(super) operator: Operator,
    pub(super) time: Arc<StoryTime>,
    pub(super) zone: TimeZone,
    pub(super) asides: Asides,
    pub(super) tally: Tally,
}

impl Crm {
    /// Plays its part. Returns only on failure.
    pub(super) async fn play(mut self) -> DemoError {
        let outage = match self.outage() {
            Ok(outage) => outage,
            Err(error) => return error,
        };
        tokio::select! {
            () = outage => DemoError::Delivery("an outage never ends".to_owned()),
            error = self.listen() => error,
        }
    }

    fn outage(&self) -> Result<impl Future<Output = ()> + use<>, DemoError> {
        let instant = |wall: DateTime| self.zone.to_timestamp(wall);
        let (from, until) = (instant(DOWN.0)?, instant(DOWN.1)?);
        let (time, asides) = (Arc::clone(&self.time), self.asides.clone());
        let switch: Switch = self.receiver.switch();
        Ok(async move {
            time.reach(from).await;
            switch.set_down(true);
            let words = "goes down for maintenance: it answers 503 to everything";
            asides.tell(time.now(), Tone::Warning, WHO, words);
            time.reach(until).await;
            switch.set_down(false);
            asides.tell(time.now(), Tone::Good, WHO, "is back");
            std::future::pending::<()>().await;
        })
    }

    async fn listen(&mut self) -> DemoError {
        let (mut seen, mut late) = (BTreeMap::new(), Vec::new());
        let mut turned_away = 0;
        // Each ends by the end of the story.
        let mut retries = JoinSet::new();
        loop {
            let came = match self.receiver.next().await {
                Arrived::Event(told) => self.arrived(told, &mut seen, &mut late, turned_away).await,
                Arrived::TurnedAway => {
                    turned_away += 1;
                    self.tally.count(|counts| counts.turned_away += 1);
                    self.turned_away(turned_away, &mut retries).await
                }
                Arrived::Unproved(why) => Err(DemoError::Delivery(format!(
                    "a webhook is not believed: {why}"
                ))),
                Arrived::Unreadable => {
                    Err(DemoError::Delivery("a webhook holds no event".to_owned()))
                }
            };
            if let Err(error) = came {
                return error;
            }
        }
    }

    async fn turned_away(&self, times: usize, retries: &mut JoinSet<()>) -> Result<(), DemoError> {
        let (first, next) = self.operator.next_attempt(times).await?;
        let words = format!(
            "answers 503 to event {first}, attempt {times}; the next one is due {}",
            self.zone.to_datetime(next).strftime("%H:%M:%S")
        );
        self.asides.tell(self.time.now(), Tone::Bad, WHO, words);
        if times == LOOKS_AFTER {
            let now = self.time.now();
            let words = "what waits for the CRM, and why";
            let quoted = self.operator.look().await?;
            let operator = "operator";
            self.asides
                .quote(now, Tone::Strong, operator, words, quoted);
        }
        // Slows down the story at the retry, so that it can be watched.
        let time = Arc::clone(&self.time);
        retries.spawn(async move { time.reach(next).await });
        Ok(())
    }

    async fn arrived(
        &self,
        told: Told,
        seen: &mut BTreeMap<String, i64>,
        late: &mut Vec<i64>,
        turned_away: usize,
    ) -> Result<(), DemoError> {
        let last = seen.entry(told.complaint).or_insert(0);
        if told.sequence <= *last {
            // It may arrive twice, under the same id.
            return Ok(());
        }
        if told.sequence != *last + 1 {
            let (number, last) = (told.sequence, *last);
            let words = format!("event {number} came after event {last}");
            return Err(DemoError::Delivery(words));
        }
        *last = told.sequence;
        self.tally.count(|counts| counts.events += 1);
        let happened: Option<Timestamp> = told.at.parse().ok();
        let back = self.zone.to_timestamp(DOWN.1)?;
        if turned_away > 0 && happened.is_some_and(|at| at < back) {
            late.push(told.sequence);
            // Events that arrived meanwhile are part of catching up.
            if self.operator.nothing_waits().await? && self.receiver.is_idle() {
                self.tell_caught_up(&told.tracking_number, late);
            }
        }
        Ok(())
    }

    fn tell_caught_up(&self, number: &str, late: &mut Vec<i64>) {
        let numbers: Vec<String> = late.iter().map(ToString::to_string).collect();
        let words = format!(
            "has everything of {number} that it missed, in order: {}",
            numbers.join(", ")
        );
        self.asides.tell(self.time.now(), Tone::Good, WHO, words);
        self.tally.count(|counts| counts.caught_up += late.len());
        late.clear();
    }
}
