//! What a caller is told when there are too many.

use std::{collections::BTreeMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::load::Tally;

/// The answers to many calls, by what a caller can do with them.
#[derive(Debug, Clone)]
pub(crate) struct Answers {
    pub(crate) served: Tally,
    /// RESOURCE_EXHAUSTED and UNAVAILABLE: the caller comes again.
    pub(crate) refused: Tally,
    /// Refused without a word of when to come again.
    pub(crate) without_retry_info: u64,
    /// The caller's time was over before the service answered.
    pub(crate) late: u64,
    /// By the number of a gRPC code that has no place under load.
    other: BTreeMap<i32, u64>,
}

impl Answers {
    pub(crate) fn new() -> Self {
        Answers {
            served: Tally::new(),
            refused: Tally::new(),
            without_retry_info: 0,
            late: 0,
            other: BTreeMap::new(),
        }
    }

    /// Those to callers who wait, of which the tally says what failed.
    pub(super) fn to_callers(served: Tally) -> Self {
        Answers {
            served,
            ..Answers::new()
        }
    }

    pub(crate) fn record(&mut self, latency: Duration, answer: &Result<(), Status>) {
        let Err(status) = answer else {
            return self.served.record(latency, answer);
        };
        match status.code() {
            Code::ResourceExhausted | Code::Unavailable => {
                self.refused.record(latency, answer);
                let info = status.get_details_retry_info();
                if info.and_then(|info| info.retry_delay).is_none() {
                    self.without_retry_info += 1;
                }
            }
            // Both ends keep the deadline, and tonic says CANCELLED where it has passed.
            Code::DeadlineExceeded | Code::Cancelled => self.late += 1,
            code => *self.other.entry(code.into()).or_default() += 1,
        }
    }

    /// Adds those of another round.
    pub(crate) fn append(&mut self, round: &Answers) {
        self.served.append(&round.served);
        self.refused.append(&round.refused);
        self.without_retry_info += round.without_retry_info;
        self.late += round.late;
        for (code, count) in &round.other {
            *self.other.entry(*code).or_default() += count;
        }
    }

    /// How many answers there were, the late ones included.
    pub(crate) fn count(&self) -> u64 {
        self.served.calls() + self.refused.calls() + self.late + self.other.values().sum::<u64>()
    }

    /// Answers that have no place under load, with how often.
    pub(crate) fn other(&self) -> Vec<(Code, u64)> {
        let other = self.other.iter();
        other
            .map(|(code, count)| (Code::from(*code), *count))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn a_refusal_is_complete_only_where_it_says_when_to_come_again() {
        let soon = ErrorDetails::with_retry_info(Some(Duration::from_millis(200)));
        let mut answers = Answers::new();
        for answer in [
            Ok(()),
            Err(Status::with_error_details(
                Code::ResourceExhausted,
                "full",
                soon,
            )),
            Err(Status::resource_exhausted("full")),
            Err(Status::with_error_details(
                Code::Unavailable,
                "away",
                ErrorDetails::with_retry_info(None),
            )),
            Err(Status::cancelled("too late")),
            Err(Status::internal("a fault")),
        ] {
            answers.record(Duration::from_millis(1), &answer);
        }
        assert_eq!((answers.served.calls(), answers.refused.calls()), (1, 3));
        assert_eq!((answers.without_retry_info, answers.late), (2, 1));
        assert_eq!(answers.other(), [(Code::Internal, 1)]);
        assert_eq!(answers.count(), 6);
    }
}
