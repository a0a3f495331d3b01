//! What is published to the bus.

use super::Metrics;

impl Metrics {
    /// One attempt to publish events to the bus that failed.
    pub fn bus_failed(&self) {
        if let Some(on) = &self.0 {
            on.bus_failures.add(1, &[]);
        }
    }

    /// Reports, at each export, how many events wait to be published to the bus, and for how many seconds the first of them
    /// has; nothing before that is known. Give it once.
    pub fn observe_bus(
        &self,
        events: impl Fn() -> Option<i64> + Send + Sync + 'static,
        seconds: impl Fn() -> Option<f64> + Send + Sync + 'static,
    ) {
        if let Some(on) = &self.0 {
            on.meter
                .i64_observable_gauge("redress.bus.waiting")
                .with_unit("{event}")
                .with_description("Events that wait to be published to the bus, up to ten thousand")
                .with_callback(move |gauge| {
                    if let Some(events) = events() {
                        gauge.observe(events, &[]);
                    }
                })
                .build();
            on.meter
                .f64_observable_gauge("redress.bus.lag")
                .with_unit("s")
                .with_description(
                    "For how long the first event that is not published to the bus has waited",
                )
                .with_callback(move |gauge| {
                    if let Some(seconds) = seconds() {
                        gauge.observe(seconds, &[]);
                    }
                })
                .build();
        }
    }
}
