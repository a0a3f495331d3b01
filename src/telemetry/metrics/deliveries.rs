//! What is measured of events on their way to subscriptions.

use opentelemetry::KeyValue;

use super::Metrics;

impl Metrics {
    /// One attempt to send an event, by what came of it.
    pub fn delivery_attempted(&self, outcome: &'static str) {
        if let Some(on) = &self.0 {
            let labels = [KeyValue::new("outcome", outcome)];
            on.deliveries_attempted.add(1, &labels);
        }
    }

    /// A subscription was disabled.
    pub fn subscription_disabled(&self) {
        if let Some(on) = &self.0 {
            on.subscriptions_disabled.add(1, &[]);
        }
    }

    /// Reports, at each export, for how long each subscription has waited for what is on its way, in seconds, and to how many only
    /// probes are sent. Give it once.
    pub fn observe_subscriptions(
        &self,
        ages: impl Fn() -> Vec<(String, f64)> + Send + Sync + 'static,
        open: impl Fn() -> u64 + Send + Sync + 'static,
    ) {
        if let Some(on) = &self.0 {
            on.meter
                .f64_observable_gauge("redress.deliveries.oldest")
                .with_unit("s")
                .with_description(
                    "For how long what is on its way to a subscription has not arrived",
                )
                .with_callback(move |gauge| {
                    for (subscription, age) in ages() {
                        gauge.observe(age, &[KeyValue::new("subscription", subscription)]);
                    }
                })
                .build();
            on.meter
                .u64_observable_gauge("redress.subscriptions.open")
                .with_unit("{subscription}")
                .with_description("Subscriptions to which only probes are sent")
                .with_callback(move |gauge| gauge.observe(open(), &[]))
                .build();
        }
    }
}
