//! What staff are told.

use opentelemetry::KeyValue;

use super::Metrics;

impl Metrics {
    /// A message to staff was sent.
    pub fn staff_told(&self, kind: &str, means: &'static str) {
        if let Some(on) = &self.0 {
            let labels = [
                KeyValue::new("kind", kind.to_owned()),
                KeyValue::new("means", means),
            ];
            on.staff_told.add(1, &labels);
        }
    }

    /// An attempt to send a message to staff failed.
    pub fn staff_failed(&self, means: &'static str) {
        if let Some(on) = &self.0 {
            on.staff_failed.add(1, &[KeyValue::new("means", means)]);
        }
    }

    /// Messages to staff reached nobody whom they are for: nobody is known (`unknown`) or any longer there (`gone`), or they
    /// could not be told (`failed`), so that the fallback is; or the fallback could not be told either (`lost`).
    pub fn staff_unreached(&self, reason: &'static str, messages: u64) {
        if let Some(on) = &self.0 {
            on.staff_unreached
                .add(messages, &[KeyValue::new("reason", reason)]);
        }
    }
}
