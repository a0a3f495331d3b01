//! Problems of calls that take too much, or too long.

use tokio::task::JoinError;

use super::waits::LATER;
use crate::intake::{Code, Problem, reason};

/// As many watch as may.
pub(in crate::api) fn too_many_watchers() -> Problem {
    let message =
        "as many streams of events are watched here as may be; end one, or go to another replica";
    Problem::new(Code::ResourceExhausted, reason::TOO_MANY_WATCHERS, message).retry(LATER)
}

/// A stream of events was given up.
pub(in crate::api) fn not_read(position: &str) -> Problem {
    let message = "the stream was not read for half a minute and has ended; watch again from the position in the metadata";
    Problem::new(Code::ResourceExhausted, reason::NOT_READ, message).with("position", position)
}

/// A stream that cannot be taken up again was given up.
pub(in crate::api) fn not_read_on() -> Problem {
    let message = "the stream was not read for half a minute and has ended; call again";
    Problem::new(Code::ResourceExhausted, reason::NOT_READ, message)
}

/// Something that takes much of this process is being done as often as it may be.
pub(in crate::api) fn busy() -> Problem {
    let message = "as many of these calls run here as may at once; try again in a moment";
    Problem::new(Code::ResourceExhausted, reason::OVERLOADED, message).retry(LATER)
}

/// A change took longer than any call may.
pub(in crate::api) fn change_timed_out() -> Problem {
    let message = "the call took too long; whether the change was carried out is not known: \
                   repeat it with the same request_id";
    Problem::new(Code::DeadlineExceeded, reason::TIMED_OUT, message)
}

/// A read took longer than any call may.
pub(in crate::api) fn read_timed_out() -> Problem {
    let message = "the call took too long; try again";
    Problem::new(Code::DeadlineExceeded, reason::TIMED_OUT, message)
}

/// Work that ended without an answer. Its own words stay out of the log: those of a panic may be a customer's.
pub(in crate::api) fn broken_off(error: &JoinError) -> Problem {
    Problem::internal(if error.is_panic() {
        &"the work for a call panicked"
    } else {
        &"the work for a call was cancelled"
    })
}
