//! The instruments: what is counted and measured, by what name, in what unit.

use std::{sync::Arc, time::Duration};

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Histogram, Meter},
};

mod bus;
mod calls;
mod deliveries;
mod labels;
mod mail;
mod staff;

use self::labels::{FILINGS_FAIL_BY, STAFF_UNREACHED, of_failure};
pub use self::{
    labels::{ConnectionEnd, Quota},
    mail::MailOutcome,
};

/// Bucket bounds for durations, in seconds: half a millisecond to a minute.
const DURATIONS: [f64; 16] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    60.0,
];

/// Bucket bounds for lag, in seconds: a hundredth of a second to a day. The alert is at 30 s, so there are bounds on both
/// sides of it.
const LAGS: [f64; 16] = [
    0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 21_600.0,
    86_400.0,
];

/// Bucket bounds for the number of commands in a batch.
const SIZES: [f64; 12] = [
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0, 2_048.0,
];

/// The instruments. Cheap to clone. Labels are names out of the code, the policies and the API, never what a caller or
/// a customer wrote, so that the number of series is bounded.
#[derive(Debug, Clone)]
pub struct Metrics(Option<Arc<Instruments>>);

#[derive(Debug)]
struct Instruments {
    meter: Meter,
    rpc_duration: Histogram<f64>,
    calls_failed: Counter<u64>,
    connections_ended: Counter<u64>,
    over_quota: Counter<u64>,
    batch_size: Histogram<u64>,
    batch_duration: Histogram<f64>,
    sql_duration: Histogram<f64>,
    sweep_duration: Histogram<f64>,
    sweep_failures: Counter<u64>,
    sweep_fired: Counter<u64>,
    firing_lag: Histogram<f64>,
    breached: Counter<u64>,
    filed: Counter<u64>,
    verify_differences: Counter<u64>,
    verify_moved: Counter<u64>,
    verify_completed: Counter<u64>,
    unreadable: Counter<u64>,
    reads_recorded: Counter<u64>,
    reads_lost: Counter<u64>,
    deliveries_attempted: Counter<u64>,
    subscriptions_disabled: Counter<u64>,
    bus_failures: Counter<u64>,
    mail_attempts: Counter<u64>,
    dispatch_oldest: Gauge<f64>,
    snapshot_age: Gauge<i64>,
    staff_told: Counter<u64>,
    staff_failed: Counter<u64>,
    staff_unreached: Counter<u64>,
}

impl Metrics {
    /// Instruments that record nothing, at no cost.
    #[must_use]
    pub fn off() -> Self {
        Metrics(None)
    }

    /// Instruments of this meter. Counters without labels start to be reported at once, at zero, so that an alert tells
    /// "never happened" from "not measured".
    #[must_use]
    pub fn new(meter: &Meter) -> Self {
        let seconds = |name, description, bounds: &[f64]| {
            meter
                .f64_histogram(name)
                .with_unit("s")
                .with_description(description)
                .with_boundaries(bounds.to_vec())
                .build()
        };
        let counter = |name, unit, description| {
            meter
                .u64_counter(name)
                .with_unit(unit)
                .with_description(description)
                .build()
        };
        let instruments = Instruments {
            meter: meter.clone(),
            rpc_duration: seconds(
                "redress.rpc.server.duration",
                "From a call's arrival to its status",
                &DURATIONS,
            ),
            calls_failed: counter(
                "redress.calls.failed",
                "{call}",
                "Calls that ended in an error, by method, status code and reason",
            ),
            connections_ended: counter(
                "redress.connections.ended",
                "{connection}",
                "Connections that were refused or that the service ended, by reason",
            ),
            over_quota: counter(
                "redress.calls.over_quota",
                "{call}",
                "Calls that were refused because their caller has reached a limit, by limit",
            ),
            batch_size: meter
                .u64_histogram("redress.engine.batch.size")
                .with_unit("{command}")
                .with_description("Commands decided together")
                .with_boundaries(SIZES.to_vec())
                .build(),
            batch_duration: seconds(
                "redress.engine.batch.duration",
                "From taking a batch to its commit",
                &DURATIONS,
            ),
            sql_duration: seconds(
                "redress.sql.duration",
                "One SQL statement, as its sender waits for it",
                &DURATIONS,
            ),
            sweep_duration: seconds(
                "redress.sweep.duration",
                "One search for due clocks",
                &DURATIONS,
            ),
            sweep_failures: counter("redress.sweep.failures", "{sweep}", "Sweeps that failed"),
            sweep_fired: counter(
                "redress.sweep.fired",
                "{step}",
                "Steps of clocks that were fired",
            ),
            firing_lag: seconds(
                "redress.clock.firing.lag",
                "From the time a step was due to its firing",
                &LAGS,
            ),
            breached: counter(
                "redress.clocks.breached",
                "{clock}",
                "Clocks that passed their due time unmet",
            ),
            filed: counter(
                "redress.complaints.filed",
                "{complaint}",
                "Complaints taken in",
            ),
            verify_differences: counter(
                "redress.verify.differences",
                "{difference}",
                "What is stored otherwise than the log says",
            ),
            verify_moved: counter(
                "redress.verify.moved",
                "{difference}",
                "What another release of the tz database would time otherwise",
            ),
            verify_completed: counter(
                "redress.verify.completed",
                "{verification}",
                "Verifications that looked at every open complaint",
            ),
            unreadable: counter(
                "redress.store.unreadable",
                "{row}",
                "What answers left out because what is stored cannot be read",
            ),
            reads_recorded: counter(
                "redress.reads.recorded",
                "{read}",
                "Reads of personal data that were put on record",
            ),
            reads_lost: counter(
                "redress.reads.lost",
                "{read}",
                "Reads of personal data that are on no record",
            ),
            deliveries_attempted: counter(
                "redress.deliveries.attempted",
                "{attempt}",
                "Attempts to send an event to a subscription, by outcome",
            ),
            subscriptions_disabled: counter(
                "redress.subscriptions.disabled",
                "{subscription}",
                "Subscriptions that were disabled because nothing arrived",
            ),
            bus_failures: counter(
                "redress.bus.failures",
                "{attempt}",
                "Attempts to publish events to the bus that failed",
            ),
            mail_attempts: counter(
                "redress.mail.attempts",
                "{attempt}",
                "Attempts to send a notice by mail, by what came of them",
            ),
            dispatch_oldest: meter
                .f64_gauge("redress.dispatch.oldest")
                .with_unit("s")
                .with_description("For how long the oldest notice waits to be sent, by means")
                .build(),
            snapshot_age: meter
                .i64_gauge("redress.database.snapshot.age")
                .with_unit("{transaction}")
                .with_description("Transactions since the oldest snapshot that a session holds")
                .build(),
            staff_told: counter(
                "redress.staff.told",
                "{message}",
                "Messages to staff that were sent, by kind and means",
            ),
            staff_failed: counter(
                "redress.staff.failed",
                "{attempt}",
                "Attempts to send a message to staff that failed, by means",
            ),
            staff_unreached: counter(
                "redress.staff.unreached",
                "{message}",
                "Messages to staff that reached nobody whom they are for, by reason",
            ),
        };
        instruments.sweep_failures.add(0, &[]);
        instruments.sweep_fired.add(0, &[]);
        instruments.verify_differences.add(0, &[]);
        instruments.verify_moved.add(0, &[]);
        instruments.verify_completed.add(0, &[]);
        instruments.unreadable.add(0, &[]);
        instruments.reads_recorded.add(0, &[]);
        instruments.reads_lost.add(0, &[]);
        instruments.subscriptions_disabled.add(0, &[]);
        instruments.bus_failures.add(0, &[]);
        for reason in STAFF_UNREACHED {
            instruments
                .staff_unreached
                .add(0, &[KeyValue::new("reason", reason)]);
        }
        for (reason, code) in FILINGS_FAIL_BY {
            let labels = of_failure("FileComplaint", code, reason);
            instruments.calls_failed.add(0, &labels);
        }
        Metrics(Some(Arc::new(instruments)))
    }

    /// Whether anything is recorded: for measurements that cost something to take.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// One call, served: its method without the service, its gRPC status code as a number.
    pub fn rpc_served(&self, method: &str, code: tonic::Code, took: Duration) {
        if let Some(on) = &self.0 {
            let labels = [
                KeyValue::new("rpc.method", method.to_owned()),
                KeyValue::new("rpc.grpc.status_code", i64::from(i32::from(code))),
            ];
            on.rpc_duration.record(took.as_secs_f64(), &labels);
        }
    }

    /// Reports, at each export, how many connections of callers are open. Give it once.
    pub fn observe_connections(&self, open: impl Fn() -> i64 + Send + Sync + 'static) {
        if let Some(on) = &self.0 {
            on.meter
                .i64_observable_gauge("redress.connections.open")
                .with_unit("{connection}")
                .with_description("Connections of callers that are open")
                .with_callback(move |gauge| gauge.observe(open(), &[]))
                .build();
        }
    }

    /// Reports, at each export, in how many seconds the certificate expires that callers are shown; negative once it has. Give
    /// it once.
    pub fn observe_certificate(&self, expires_in: impl Fn() -> f64 + Send + Sync + 'static) {
        if let Some(on) = &self.0 {
            on.meter
                .f64_observable_gauge("redress.tls.certificate.expires_in")
                .with_unit("s")
                .with_description("Until the certificate expires that callers are shown")
                .with_callback(move |gauge| gauge.observe(expires_in(), &[]))
                .build();
        }
    }

    /// One connection that was refused, or that was ended by us.
    pub fn connection_ended(&self, why: ConnectionEnd) {
        if let Some(on) = &self.0 {
            let labels = [KeyValue::new("reason", why.as_str())];
            on.connections_ended.add(1, &labels);
        }
    }

    /// One call that was refused because its caller has reached this limit.
    pub fn over_quota(&self, quota: Quota) {
        if let Some(on) = &self.0 {
            on.over_quota
                .add(1, &[KeyValue::new("quota", quota.as_str())]);
        }
    }

    /// One batch of the engine: how many commands, and how long from taking them to the commit.
    pub fn batch(&self, commands: usize, took: Duration) {
        if let Some(on) = &self.0 {
            on.batch_size
                .record(u64::try_from(commands).unwrap_or(u64::MAX), &[]);
            on.batch_duration.record(took.as_secs_f64(), &[]);
        }
    }

    /// Reports, at each export, how many commands wait for the engine; at zero too. Give it once.
    pub fn observe_queue_depth(&self, depth: impl Fn() -> i64 + Send + Sync + 'static) {
        if let Some(on) = &self.0 {
            on.meter
                .i64_observable_gauge("redress.engine.queue.depth")
                .with_unit("{command}")
                .with_description("Commands that wait for the engine")
                .with_callback(move |gauge| gauge.observe(depth(), &[]))
                .build();
        }
    }

    /// Reports, at each export, by how many seconds the machine's time is ahead of the database's. Give it once.
    pub fn observe_time_offset(&self, offset: impl Fn() -> f64 + Send + Sync + 'static) {
        if let Some(on) = &self.0 {
            on.meter
                .f64_observable_gauge("redress.time.offset")
                .with_unit("s")
                .with_description(
                    "By how much the machine's clock is ahead of the database's; negative: behind",
                )
                .with_callback(move |gauge| gauge.observe(offset(), &[]))
                .build();
        }
    }

    /// Reports, at each export, what share of the database's disk is free (nothing where that is not known) and whether
    /// complaints are refused for want of room. Give it once.
    pub fn observe_disk(
        &self,
        free: impl Fn() -> Option<f64> + Send + Sync + 'static,
        low: impl Fn() -> bool + Send + Sync + 'static,
    ) {
        if let Some(on) = &self.0 {
            on.meter
                .f64_observable_gauge("redress.database.disk.free")
                .with_unit("1")
                .with_description("What is free of the disk that the database lies on")
                .with_callback(move |gauge| {
                    if let Some(free) = free() {
                        gauge.observe(free, &[]);
                    }
                })
                .build();
            on.meter
                .u64_observable_gauge("redress.database.disk.low")
                .with_description("1 while no complaints are filed for want of room on the disk")
                .with_callback(move |gauge| gauge.observe(low().into(), &[]))
                .build();
        }
    }

    /// How many transactions old the oldest snapshot is that a session of the database holds.
    pub fn oldest_snapshot(&self, age: i64) {
        if let Some(on) = &self.0 {
            on.snapshot_age.record(age, &[]);
        }
    }

    /// One SQL statement, by its short stable name.
    pub fn sql(&self, statement: &str, took: Duration) {
        if let Some(on) = &self.0 {
            on.sql_duration.record(
                took.as_secs_f64(),
                &[KeyValue::new("statement", statement.to_owned())],
            );
        }
    }

    /// One sweep that went through, and how many steps it fired.
    pub fn swept(&self, fired: u64, took: Duration) {
        if let Some(on) = &self.0 {
            on.sweep_duration.record(took.as_secs_f64(), &[]);
            on.sweep_fired.add(fired, &[]);
        }
    }

    /// One sweep that failed.
    pub fn sweep_failed(&self, took: Duration) {
        if let Some(on) = &self.0 {
            on.sweep_duration.record(took.as_secs_f64(), &[]);
            on.sweep_failures.add(1, &[]);
        }
    }

    /// How late a step of this clock was fired.
    pub fn fired(&self, clock: &str, lag: Duration) {
        if let Some(on) = &self.0 {
            on.firing_lag.record(
                lag.as_secs_f64(),
                &[KeyValue::new("clock", clock.to_owned())],
            );
        }
    }

    /// One clock that passed its due time unmet.
    pub fn breached(&self, policy: &str, clock: &str) {
        if let Some(on) = &self.0 {
            let labels = [
                KeyValue::new("policy", policy.to_owned()),
                KeyValue::new("clock", clock.to_owned()),
            ];
            on.breached.add(1, &labels);
        }
    }

    /// What a comparison of a complaint with its log has found: contradictions, and what the tz database has moved.
    pub fn verified(&self, differences: u64, moved: u64) {
        if let Some(on) = &self.0 {
            on.verify_differences.add(differences, &[]);
            on.verify_moved.add(moved, &[]);
        }
    }

    /// One verification of the open complaints that came to its end, whatever it found.
    pub fn verification_completed(&self) {
        if let Some(on) = &self.0 {
            on.verify_completed.add(1, &[]);
        }
    }

    /// One thing that an answer left out, because what is stored of it cannot be read. Counted each time.
    pub fn unreadable(&self) {
        if let Some(on) = &self.0 {
            on.unreadable.add(1, &[]);
        }
    }

    /// Reads of personal data that were put on record.
    pub fn reads_recorded(&self, reads: u64) {
        if let Some(on) = &self.0 {
            on.reads_recorded.add(reads, &[]);
        }
    }

    /// Reads of personal data that are on no record, and will not be.
    pub fn reads_lost(&self, reads: u64) {
        if let Some(on) = &self.0 {
            on.reads_lost.add(reads, &[]);
        }
    }

    /// Reports, at each export, for how many seconds reads of personal data have been waiting to be put on record, and whether
    /// they cannot be. Give it once.
    pub fn observe_reads(
        &self,
        behind: impl Fn() -> f64 + Send + Sync + 'static,
        failing: impl Fn() -> bool + Send + Sync + 'static,
    ) {
        if let Some(on) = &self.0 {
            on.meter
                .f64_observable_gauge("redress.reads.behind")
                .with_unit("s")
                .with_description("For how long reads of personal data wait to be put on record")
                .with_callback(move |gauge| gauge.observe(behind(), &[]))
                .build();
            on.meter
                .u64_observable_gauge("redress.reads.failing")
                .with_description("1 while reads of personal data cannot be put on record")
                .with_callback(move |gauge| gauge.observe(failing().into(), &[]))
                .build();
        }
    }

    /// One complaint, taken in.
    pub fn filed(&self, channel: &str, policy: &str) {
        if let Some(on) = &self.0 {
            let labels = [
                KeyValue::new("channel", channel.to_owned()),
                KeyValue::new("policy", policy.to_owned()),
            ];
            on.filed.add(1, &labels);
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics::off()
    }
}
