//! The operator of the service, who asks it for undelivered events, like `redress deliveries`.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    client::{CallError, SubscriptionClient, Zone, instant, words},
    demo::error::DemoError,
    proto::v1,
    terminal::one_line,
};

/// The interval between checks whether an attempt is recorded, and their number.
const BETWEEN: Duration = Duration::from_millis(20);
const MOST: usize = 500;

/// Queries about one subscription.
#[derive(Debug, Clone)]
pub(super) struct Operator {
    pub(super) client: SubscriptionClient,
    /// `subscriptions/{id}`.
    pub(super) subscription: String,
    pub(super) zone: Zone,
}

impl Operator {
    async fn unfinished(&self) -> Result<Vec<v1::Delivery>, CallError> {
        let request = v1::ListDeliveriesRequest {
            parent: self.subscription.clone(),
            page_size: 100,
            filter: v1::DeliveryFilter::Unfinished.into(),
            ..v1::ListDeliveriesRequest::default()
        };
        let listed = self.client.clone().list_deliveries(request).await?;
        Ok(listed.into_inner().deliveries)
    }

    pub(super) async fn nothing_waits(&self) -> Result<bool, DemoError> {
        // The last arrival is recorded within a moment.
        for _ in 0..5 {
            if self.unfinished().await?.is_empty() {
                return Ok(true);
            }
            tokio::time::sleep(BETWEEN).await;
        }
        Ok(false)
    }

    /// The sequence number of the event to be retried next, and when, once so many failed attempts are recorded.
    pub(super) async fn next_attempt(&self, failed: usize) -> Result<(i64, Timestamp), DemoError> {
        for _ in 0..MOST {
            for delivery in self.unfinished().await? {
                let next = instant(delivery.next_attempt_time);
                if delivery.attempts.len() >= failed
                    && let (Some(next), Some(number)) = (next, number(&delivery.event))
                {
                    return Ok((number, next));
                }
            }
            tokio::time::sleep(BETWEEN).await;
        }
        let words = "an attempt that failed is not on record";
        Err(DemoError::Delivery(words.to_owned()))
    }

    /// The state of the subscription, in lines.
    pub(super) async fn look(&self) -> Result<Vec<String>, DemoError> {
        let id = self.subscription.trim_start_matches("subscriptions/");
        let mut lines = vec![
            format!("$ redress deliveries list {id} --unfinished"),
            line(["event", "state", "attempts", "next", "last attempt"]),
        ];
        for delivery in self.unfinished().await? {
            let number = number(&delivery.event).unwrap_or_default();
            let last = delivery.attempts.last().map(|last| one_line(&last.error));
            lines.push(line([
                &format!("…/{number}"),
                &words::<v1::DeliveryState>(delivery.state),
                &delivery.attempts.len().to_string(),
                &self.zone.short_or_dash(delivery.next_attempt_time),
                &last.unwrap_or_else(|| "-".to_owned()),
            ]));
        }
        Ok(lines)
    }
}

fn line([event, state, attempts, next, last]: [&str; 5]) -> String {
    let line = format!("{event:<6} {state:<8} {attempts:<9} {next:<17} {last}");
    line.trim_end().to_owned()
}

fn number(event: &str) -> Option<i64> {
    event.rsplit('/').next()?.parse().ok()
}
