//! What each caller may have, by a clock that stands still until it is moved.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{collections::BTreeSet, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::{
    access::{Principal, Role, Scope},
    api::grpc::{over_quota::Limited, wire::limits::Allowance},
    telemetry::{Quota, test_writer::TestWriter},
    time_source::{ManualTime, TimeSource as _},
};

const PEOPLE: Allowance = Allowance {
    calls_per_second: 10,
    burst: 20,
    in_flight: 8,
    streams: 4,
};
const INTEGRATIONS: Allowance = Allowance {
    calls_per_second: 50,
    burst: 100,
    in_flight: 32,
    streams: 2,
};

struct Stage {
    time: Arc<ManualTime>,
    quotas: Quotas,
}

impl Stage {
    fn new() -> Self {
        Self::with(CallerLimits {
            people: PEOPLE,
            integrations: INTEGRATIONS,
            failed_tokens: 20,
            ..CallerLimits::default()
        })
    }

    fn with(limits: CallerLimits) -> Self {
        let time = Arc::new(ManualTime::at(Timestamp::from_second(1_000_000).unwrap()));
        let uptime: Arc<ManualTime> = Arc::clone(&time);
        Stage {
            time,
            quotas: Quotas::new(&limits, uptime, Metrics::off()),
        }
    }

    fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap();
        self.time.set(self.time.now() + by);
    }

    fn admit(&self, subject: &str, kind: Kind) -> Result<Taken, OverQuota> {
        self.admit_as(subject, &[Role::Adviser], kind)
    }

    fn admit_as(&self, subject: &str, roles: &[Role], kind: Kind) -> Result<Taken, OverQuota> {
        let caller = Caller::Known(Arc::new(Principal {
            subject: subject.to_owned(),
            roles: roles.iter().copied().collect::<BTreeSet<_>>(),
            scope: Scope::default(),
        }));
        let taken = self.quotas.admit(&caller, kind)?;
        Ok(taken.expect("whoever is known has limits"))
    }

    /// How many calls in a row are let in, each ending at once, and what the first that is not is told.
    fn burst(&self, subject: &str, roles: &[Role]) -> (u32, OverQuota) {
        let mut served = 0;
        loop {
            match self.admit_as(subject, roles, Kind::Unary) {
                Ok(_) => served += 1,
                Err(over) => return (served, over),
            }
            assert!(served < 1_000, "there is an end");
        }
    }
}

fn from(address: &str) -> Option<IpAddr> {
    Some(address.parse().unwrap())
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_caller_has_its_burst_and_then_its_rate_and_is_told_exactly_when() {
    let stage = Stage::new();
    let (served, over) = stage.burst("ada", &[Role::Adviser]);
    assert_eq!(served, PEOPLE.burst);
    assert_eq!(
        over,
        OverQuota {
            quota: Quota::CallsPerSecond,
            of: Limited::Caller("ada".to_owned()),
            value: 10,
            burst: Some(20),
            retry: Some(Duration::from_millis(100)),
        }
    );
    // A moment before the time it was told there is none, and then there is one.
    stage.advance(Duration::from_micros(99_999));
    let over = stage.admit("ada", Kind::Unary).unwrap_err();
    assert_eq!(over.retry, Some(Duration::from_micros(1)));
    stage.advance(over.retry.unwrap());
    assert_eq!(stage.burst("ada", &[Role::Adviser]).0, 1);
    // Refusals use up nothing.
    stage.advance(SECOND);
    assert_eq!(stage.burst("ada", &[Role::Adviser]).0, 10);
    // It never saves up more than a burst.
    stage.advance(100 * SECOND);
    assert_eq!(stage.burst("ada", &[Role::Adviser]).0, PEOPLE.burst);
}

#[test]
fn every_caller_has_limits_of_its_own() {
    let stage = Stage::new();
    let _ = stage.burst("ada", &[Role::Adviser]);
    assert_eq!(stage.burst("bea", &[Role::Adviser]).0, PEOPLE.burst);
}

#[test]
fn every_role_has_the_limits_of_people_or_of_integrations_and_whoever_has_both_the_more() {
    for role in Role::ALL {
        let stage = Stage::new();
        let allowance = match role {
            Role::Integration => INTEGRATIONS,
            _ => PEOPLE,
        };
        let (served, over) = stage.burst("somebody", &[role]);
        assert_eq!(
            (served, over.value),
            (allowance.burst, allowance.calls_per_second),
            "{role}"
        );
    }
    let stage = Stage::new();
    assert_eq!(stage.burst("nobody", &[]).0, PEOPLE.burst);
    // Here people may have more streams, and integrations more calls.
    let both = [Role::Adviser, Role::Integration];
    let streams: Vec<_> = (0..PEOPLE.streams)
        .map(|_| stage.admit_as("both", &both, Kind::Stream).unwrap())
        .collect();
    let over = stage.admit_as("both", &both, Kind::Stream).unwrap_err();
    assert_eq!(
        (over.quota, over.value),
        (Quota::OpenStreams, PEOPLE.streams)
    );
    stage.advance(10 * SECOND);
    assert_eq!(stage.burst("both", &both).0, INTEGRATIONS.burst);
    drop(streams);
}

#[test]
fn no_more_calls_are_in_flight_than_may_be_and_one_that_ends_makes_room() {
    let stage = Stage::new();
    let mut calls: Vec<_> = (0..PEOPLE.in_flight)
        .map(|_| stage.admit("ada", Kind::Unary).unwrap())
        .collect();
    let over = stage.admit("ada", Kind::Unary).unwrap_err();
    assert_eq!(
        (over.quota, over.value, over.retry),
        (Quota::CallsInFlight, 8, None)
    );
    // A stream is no call in flight, and others have theirs.
    let stream = stage.admit("ada", Kind::Stream).unwrap();
    let other = stage.admit("bea", Kind::Unary).unwrap();
    for _ in 0..5 {
        calls.pop();
        calls.push(stage.admit("ada", Kind::Unary).unwrap());
        stage.admit("ada", Kind::Unary).unwrap_err();
    }
    drop((calls, stream, other));
}

#[test]
fn what_is_refused_for_want_of_a_place_does_not_count_as_a_call() {
    let stage = Stage::new();
    let calls: Vec<_> = (0..PEOPLE.in_flight)
        .map(|_| stage.admit("ada", Kind::Unary).unwrap())
        .collect();
    for _ in 0..1_000 {
        stage.admit("ada", Kind::Unary).unwrap_err();
    }
    drop(calls);
    let left = PEOPLE.burst - PEOPLE.in_flight;
    assert_eq!(stage.burst("ada", &[Role::Adviser]).0, left);
}

#[test]
fn a_caller_that_is_away_is_forgotten_with_nothing_lost_and_one_with_a_call_is_not() {
    let stage = Stage::new();
    let streams: Vec<_> = (0..PEOPLE.streams)
        .map(|_| stage.admit("ada", Kind::Stream).unwrap())
        .collect();
    let _ = stage.burst("bea", &[Role::Adviser]);
    for number in 0..500 {
        stage.advance(SECOND);
        stage
            .admit(&format!("caller {number}"), Kind::Unary)
            .unwrap();
    }
    assert_eq!(stage.burst("bea", &[Role::Adviser]).0, PEOPLE.burst);
    let over = stage.admit("ada", Kind::Stream).unwrap_err();
    assert_eq!(over.quota, Quota::OpenStreams);
    drop(streams);
    stage.admit("ada", Kind::Stream).unwrap();
}

#[test]
fn where_there_is_no_limit_nobody_is_refused() {
    let stage = Stage::with(CallerLimits {
        people: Allowance::UNLIMITED,
        integrations: INTEGRATIONS,
        failed_tokens: 0,
        ..CallerLimits::default()
    });
    let both = [Role::Adviser, Role::Integration];
    let mut held = Vec::new();
    for _ in 0..1_000 {
        for kind in [Kind::Unary, Kind::Stream] {
            held.push(stage.admit("ada", kind).unwrap());
            held.push(stage.admit_as("both", &both, kind).unwrap());
        }
        stage.quotas.failed(from("192.0.2.1"));
        stage.quotas.may_try(from("192.0.2.1")).unwrap();
    }
    let anyone = stage.quotas.admit(&Caller::Anyone, Kind::Unary).unwrap();
    assert!(anyone.is_none());
}

#[test]
fn an_address_whose_tokens_fail_too_often_may_try_again_after_the_time_it_is_told() {
    let stage = Stage::new();
    let (one, other) = (from("192.0.2.1"), from("192.0.2.2"));
    for _ in 0..20 {
        stage.quotas.may_try(one).unwrap();
        stage.quotas.failed(one);
    }
    let over = stage.quotas.may_try(one).unwrap_err();
    assert_eq!(
        over,
        OverQuota {
            quota: Quota::FailedTokens,
            of: Limited::Address(one.unwrap()),
            value: 20,
            burst: None,
            retry: Some(Duration::from_secs(3)),
        }
    );
    stage.quotas.may_try(other).unwrap();
    stage.advance(Duration::from_micros(2_999_999));
    let over = stage.quotas.may_try(one).unwrap_err();
    stage.advance(over.retry.unwrap());
    // Whoever has a good token by then gets in, however many, and the next bad one is the last for a while.
    for _ in 0..100 {
        stage.quotas.may_try(one).unwrap();
    }
    stage.quotas.failed(one);
    stage.quotas.may_try(one).unwrap_err();
    stage.advance(60 * SECOND);
    for _ in 0..20 {
        stage.quotas.may_try(one).unwrap();
        stage.quotas.failed(one);
    }
    stage.quotas.may_try(one).unwrap_err();
}

#[test]
fn tokens_that_fail_at_the_same_time_count_all_the_same() {
    let stage = Stage::new();
    let address = from("192.0.2.1");
    // All of them were let in before the first had failed.
    for _ in 0..1_000 {
        stage.quotas.failed(address);
    }
    let over = stage.quotas.may_try(address).unwrap_err();
    assert_eq!(over.retry, Some(Duration::from_secs(3)));
}

#[test]
fn addresses_that_are_not_counted_are_never_refused() {
    let stage = Stage::new();
    for _ in 0..1_000 {
        stage.quotas.failed(None);
    }
    stage.quotas.may_try(None).unwrap();
}

#[test]
fn refusals_are_logged_once_a_minute_for_each_caller() {
    let log = TestWriter::default();
    let stage = Stage::new();
    tracing::subscriber::with_default(log.subscriber(), || {
        for _ in 0..3 {
            for subject in ["ada", "bea"] {
                for _ in 0..100 {
                    let _ = stage.burst(subject, &[Role::Adviser]);
                }
            }
            for _ in 0..100 {
                stage.quotas.failed(from("192.0.2.1"));
                let _ = stage.quotas.may_try(from("192.0.2.1"));
            }
            stage.advance(Duration::from_secs(30));
        }
    });
    // At once, and after a minute.
    let text = log.text();
    for of in ["caller:ada", "caller:bea", "clientip:192.0.2.1"] {
        assert_eq!(text.matches(of).count(), 2, "{text}");
    }
}
