//! Why a command was not done, in words for the person who gave it, and the code that the program ends with.

use std::{io, net::SocketAddr, path::PathBuf};

use jiff::civil::Date;
use uuid::Uuid;

use crate::{
    api::auth::DevKeyError,
    app::{AppError, SecretKeyError, ZonesError},
    brand::BrandError,
    calendar::{CalendarError, OutOfRange},
    client::{CallError, NoToken, UnreadableTime},
    demo::DemoError,
    dispatch::{mail::bounce::NoBounce, staff::WebhookSecretError},
    embedded::EmbeddedError,
    policy::PolicyError,
    signals::Ending,
    store::{StoreError, UrlError},
    telemetry::TelemetryError,
};

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The program could not begin.
    #[error("the program cannot start its threads: {0}")]
    Runtime(#[source] io::Error),
    /// Standard output took nothing more.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
    /// The signals of the system cannot be listened to.
    #[error("the program cannot listen for Ctrl-C and SIGTERM: {0}")]
    Signals(#[source] io::Error),
    /// Logs, traces and metrics could not be set up.
    #[error("the telemetry did not start: {0}")]
    Telemetry(#[from] TelemetryError),
    /// The private Postgres did not do what was asked.
    #[error("{0}")]
    Postgres(#[from] EmbeddedError),
    /// The database did not do what was asked.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// No database is named.
    #[error(
        "no database is given: set REDRESS_DATABASE_URL, or name a file that contains its URL with --database-url-file"
    )]
    NoDatabase,
    /// A user of the mail relay without a password, or a password without a user.
    #[error(
        "whoever signs in at the mail relay needs a name and a password: name the user in --mail-relay, and the file of the \
         password with --mail-relay-password-file"
    )]
    RelayUser,
    /// The database's URL cannot be read.
    #[error("{0}")]
    Url(#[from] UrlError),
    /// The service did not start.
    #[error("the service cannot run: {0}")]
    App(#[from] AppError),
    /// A calendar that comes with the program is wrong.
    #[error("a built-in calendar is wrong: {0}")]
    Calendar(#[from] CalendarError),
    /// A policy that comes with the program is wrong.
    #[error("a built-in policy is wrong: {0}")]
    Policy(#[from] PolicyError),
    /// A calendar file, or one to be read into it, is wrong.
    #[error("{0}")]
    CalendarFile(CalendarError),
    /// Calendar files are wrong; each was reported where it was found.
    #[error("{wrong} of {checked} calendar files cannot be used")]
    WrongCalendars {
        /// How many are wrong.
        wrong: usize,
        /// How many were looked at.
        checked: usize,
    },
    /// No built-in calendar has this name.
    #[error("no built-in calendar is named {name:?}: give a file's path, or one of {known}")]
    UnknownCalendar {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A built-in calendar cannot be written to.
    #[error("{name} is built in: use --out to say where to write the copy with the added days")]
    BuiltIn {
        /// Which.
        name: String,
    },
    /// A strict reading found something doubtful; each was listed.
    #[error("{}: {count} of its lines {} doubtful, so nothing was written", file.display(), if *count == 1 { "is" } else { "are" })]
    Doubtful {
        /// Which file.
        file: PathBuf,
        /// How many notes there are on it.
        count: usize,
    },
    /// A calendar does not reach so far.
    #[error("{0}")]
    OutOfRange(#[from] OutOfRange),
    /// A file cannot be read.
    #[error("{}: {source}", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds no token.
    #[error("{}: {}", file.display(), NoToken)]
    NoToken {
        /// Which.
        file: PathBuf,
    },
    /// No token can be signed.
    #[error("{0}")]
    DevKey(#[from] DevKeyError),
    /// Tokens of a key of one's own are for this machine alone.
    #[error(
        "--dev-keys is only for trying Redress on this machine: it requires a loopback address, which {0} is not"
    )]
    DevKeysElsewhere(SocketAddr),
    /// A file cannot be written. It is as it was.
    #[error("{} cannot be written: {source}", file.display())]
    Unwritable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder is not a tz database.
    #[error("{0}")]
    Zones(#[from] ZonesError),
    /// A migration ended before every complaint was looked at.
    #[error("interrupted: {reason}; the same command continues where it stopped")]
    Interrupted {
        /// Why.
        reason: String,
    },
    /// Some complaints could not be moved; each was told of.
    #[error("{failed} complaints could not be moved and keep their version; the log says why")]
    NotMoved {
        /// How many.
        failed: i64,
    },
    /// There is no place for the private Postgres.
    #[error(
        "there is no directory for the private Postgres: set --data-dir or HOME, or name a database with --database-url-file"
    )]
    NoDataDirectory,
    /// Policy files are wrong; each was reported where it was found.
    #[error("{wrong} of {checked} policy files cannot be used")]
    WrongPolicies {
        /// How many are wrong.
        wrong: usize,
        /// How many were looked at.
        checked: usize,
    },
    /// The secret of webhooks to staff.
    #[error("{file} cannot be used as the secret of webhooks to staff: {source}", file = file.display())]
    StaffWebhookSecret {
        /// Where it was to be.
        file: PathBuf,
        /// Why.
        source: WebhookSecretError,
    },
    /// The staff directory is wrong, as was reported.
    #[error("the staff directory cannot be used")]
    WrongStaff,
    /// Brand files are wrong; each was reported where it was found.
    #[error("{wrong} of {checked} brand files cannot be used")]
    WrongBrands {
        /// How many are wrong.
        wrong: usize,
        /// How many were looked at.
        checked: usize,
    },
    /// A brand file is wrong.
    #[error(transparent)]
    Brand(#[from] BrandError),
    /// A notice cannot be shown.
    #[error("{0}")]
    Preview(String),
    /// A database cannot be read.
    #[error("the database cannot be verified: {0}")]
    DatabaseUnread(#[source] AppError),
    /// No complaint has the name.
    #[error("there is no complaint {0:?}")]
    NoSuchComplaint(String),
    /// Something about the database puts promises at risk; each was reported.
    #[error("{wrong} of these put promises at risk; mend them from the top")]
    Unwell {
        /// How many.
        wrong: usize,
    },
    /// What is stored differs from the log; each difference was reported.
    #[error("the stored state differs from the logs in {differences} places")]
    Contradicted {
        /// In how many.
        differences: usize,
    },
    /// Complaints are under versions that are not known here; each was reported.
    #[error(
        "no differences were found, but {unknown} complaints cannot be verified by this release"
    )]
    NotVerified {
        /// How many.
        unknown: usize,
    },
    /// A time on the command line cannot be read.
    #[error(transparent)]
    Time(#[from] UnreadableTime),
    /// A period on the command line ends before it begins.
    #[error("--to {to} is before --from {from}")]
    Period {
        /// Its first day.
        from: Date,
        /// Its last day.
        to: Date,
    },
    /// An answer cannot be shown.
    #[error("the service's answer cannot be shown: {0}")]
    Answer(String),
    /// A call to the service failed.
    #[error("{0}")]
    Call(#[from] CallError),
    /// The service refused an act.
    #[error("{source}\n  next: {next}")]
    Refused {
        /// Why.
        source: CallError,
        /// What can be done about it.
        next: String,
    },
    /// Nobody knows whether an act was done.
    #[error(
        "{source}\n  it is not known whether it was done: to make sure, repeat the command with --request-id {request_id}"
    )]
    Unclear {
        /// Why.
        source: CallError,
        /// Under which it is done once, however often it is repeated.
        request_id: Uuid,
    },
    /// The service does not want calls, as was reported.
    #[error("the service does not take calls at the moment")]
    NotServing,
    /// The service does not answer.
    #[error("nobody answered within {0} seconds")]
    NoAnswer(u64),
    /// A message says nothing of a notice.
    #[error("nothing to report: {0}")]
    NoBounce(#[from] NoBounce),
    /// The service does not take what a mail system says of a notice.
    #[error("the service did not accept the report: {0}")]
    BounceRefused(#[source] CallError),
    /// What a mail system says of a notice cannot be reported at present.
    #[error("it cannot be reported at the moment: {0}")]
    NotNow(#[source] Box<Failure>),
    /// The key under which secrets are kept cannot be had.
    #[error("the secret key in {}: {source}", file.display())]
    SecretKey {
        /// In which file.
        file: PathBuf,
        /// Why.
        source: SecretKeyError,
    },
    /// The demonstration did not go as it should.
    #[error("the demo failed: {0}")]
    Demo(DemoError),
    /// A part of the program ended unexpectedly.
    // Its own words would repeat those of a panic, which may be a customer's.
    #[error("a part of the program ended unexpectedly: {}", if .0.is_panic() { "it panicked" } else { "it was cancelled" })]
    BrokeOff(#[from] tokio::task::JoinError),
    /// A signal ended it before it was done.
    #[error("ended by {0}")]
    Ended(Ending),
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        match error {
            // Told as such, so that a closed pipe is no failure of the demo.
            DemoError::Output(error) => Failure::Output(error),
            DemoError::Ended(ending) => Failure::Ended(ending),
            error => Failure::Demo(error),
        }
    }
}

impl Failure {
    /// Why a database could not be opened for reading.
    pub(super) fn of_reading(error: AppError) -> Self {
        match error {
            AppError::Store(error) => Failure::Store(error),
            error => Failure::DatabaseUnread(error),
        }
    }

    /// What the program ends with; the list stands in the help.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            // Whoever closed the pipe has read all that was wanted.
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Failure::NoDatabase | Failure::RelayUser => 2,
            Failure::Call(source)
            | Failure::Refused { source, .. }
            | Failure::Unclear { source, .. }
                if source.is_unreachable() =>
            {
                3
            }
            Failure::NoAnswer(_) => 3,
            Failure::Store(StoreError::Unavailable(_))
            | Failure::App(AppError::Store(StoreError::Unavailable(_))) => 3,
            // As mail systems read them (sysexits.h).
            Failure::NoBounce(_) | Failure::BounceRefused(_) => 65,
            Failure::NotNow(_) => 75,
            Failure::Ended(ending) => ending.exit_code(),
            _ => 1,
        }
    }

    /// Whether there is nothing to say about it.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.exit_code() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_a_quiet_success() {
        let failure = Failure::Output(io::ErrorKind::BrokenPipe.into());
        assert!(failure.is_quiet());
        assert!(!Failure::Output(io::ErrorKind::StorageFull.into()).is_quiet());
    }

    #[test]
    fn a_signal_ends_with_the_code_that_shells_expect() {
        assert_eq!(Failure::Ended(Ending::HangUp).exit_code(), 129);
        assert_eq!(Failure::Ended(Ending::Interrupt).exit_code(), 130);
        assert_eq!(Failure::Ended(Ending::Terminate).exit_code(), 143);
    }

    #[test]
    fn a_database_that_is_away_has_a_code_of_its_own() {
        let away = Failure::Store(StoreError::Unavailable("refused".to_owned()));
        assert_eq!(away.exit_code(), 3);
        let away = AppError::Store(StoreError::Unavailable("refused".to_owned()));
        assert_eq!(Failure::App(away).exit_code(), 3);
    }
}
