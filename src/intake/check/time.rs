//! Times, to and from the API's form.

use jiff::{SignedDuration, Timestamp};

use super::Check;

/// How far from the present a time in a request may lie: ten years, leap days included.
const FARTHEST: SignedDuration = SignedDuration::from_hours(24 * 3_653);

impl Check {
    /// A time that something took place or is promised, where one was given.
    pub(crate) fn time(
        &mut self,
        field: &str,
        given: Option<prost_types::Timestamp>,
    ) -> Option<Timestamp> {
        let at = self.any_time(field, given)?;
        if self.now.duration_since(at).abs() > FARTHEST {
            self.violation(field, "must lie within ten years of the present");
            return None;
        }
        Some(at)
    }

    /// A time however far away, where one was given: for filters.
    pub(crate) fn any_time(
        &mut self,
        field: &str,
        given: Option<prost_types::Timestamp>,
    ) -> Option<Timestamp> {
        let prost_types::Timestamp { seconds, nanos } = given?;
        // Cut towards the past, as the nanoseconds always count forwards.
        let valid =
            (YEAR_ONE..YEAR_TEN_THOUSAND).contains(&seconds) && (0..1_000_000_000).contains(&nanos);
        let cut = || Timestamp::new(seconds, nanos - nanos % 1_000);
        let at = valid.then(|| cut().unwrap_or(FAR_FUTURE));
        if at.is_none() {
            self.violation(
                field,
                "must have seconds from year 1 to 9999 and nanos from 0 to 999999999",
            );
        }
        at
    }
}

/// The first second that a protobuf timestamp can name: 0001-01-01T00:00:00Z.
const YEAR_ONE: i64 = -62_135_596_800;
/// The first second after the last that it can name: 9999-12-31T23:59:59Z.
const YEAR_TEN_THOUSAND: i64 = 253_402_300_800;
/// Stands for the last day of the year 9999, which a `Timestamp` does not reach, as local times are never beyond that year.
const FAR_FUTURE: Timestamp = Timestamp::constant(253_402_207_200, 0);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{super::tests::check, *};

    fn wire(seconds: i64, nanos: i32) -> Option<prost_types::Timestamp> {
        Some(prost_types::Timestamp { seconds, nanos })
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for (seconds, nanos) in [
            (0, -1),
            (0, 1_000_000_000),
            (i64::MAX, 0),
            (i64::MIN, 0),
            (YEAR_ONE - 1, 0),
            (253_402_300_800, 0),
        ] {
            let mut check = check();
            assert_eq!(check.any_time("at", wire(seconds, nanos)), None);
            assert_eq!(check.fields(), ["at"], "{seconds}.{nanos}");
        }
    }

    #[test]
    fn a_time_is_cut_to_microseconds_towards_the_past() {
        let mut check = check();
        assert_eq!(
            check.any_time("at", wire(0, 1_999)),
            Some(Timestamp::from_microsecond(1).unwrap())
        );
        assert_eq!(
            check.any_time("at", wire(-1, 999_999_999)),
            Some(Timestamp::from_microsecond(-1).unwrap())
        );
        assert_eq!(
            check.any_time("at", wire(YEAR_ONE, 0)),
            Some("0001-01-01T00:00:00Z".parse().unwrap())
        );
        assert_eq!(check.any_time("at", None), None);
        assert!(check.fields().is_empty());
    }

    #[test]
    fn the_last_day_of_the_year_9999_is_as_late_as_any_time_can_be() {
        let last = YEAR_TEN_THOUSAND - 1;
        for (seconds, nanos) in [(last, 999_999_999), (last, 0), (253_402_214_400, 0)] {
            let mut check = check();
            let at = check.any_time("due_before", wire(seconds, nanos)).unwrap();
            assert!(at >= FAR_FUTURE, "{seconds}.{nanos}");
            assert!(check.fields().is_empty());
        }
        let mut check = check();
        assert_eq!(check.time("promised_time", wire(last, 0)), None);
        assert!(check.only().contains("ten years"));
    }

    #[test]
    fn a_time_more_than_ten_years_away_is_refused_on_either_side() {
        let now = check().now;
        for (away, fits) in [
            (FARTHEST, true),
            (-FARTHEST, true),
            (FARTHEST + SignedDuration::from_secs(1), false),
            (-FARTHEST - SignedDuration::from_secs(1), false),
        ] {
            let at = now + away;
            let mut check = check();
            assert_eq!(
                check.time("at", wire(at.as_second(), 0)),
                fits.then_some(at)
            );
            assert_eq!(check.fields().is_empty(), fits, "{away}");
        }
    }
}
