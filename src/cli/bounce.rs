//! `redress bounce`.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use clap::Args;
use tonic::Code;

use super::{Failure, connection::Connection};
use crate::{
    app::SecretKey,
    client::{BounceReport, CallError, DispatchClient},
    dispatch::mail::{
        ReturnPaths,
        bounce::{LARGEST, NoBounce},
    },
    intake::reason::ATTEMPT_SUPERSEDED,
    terminal::{Terminal, complain},
};

/// What `bounce` needs.
#[derive(Debug, Args)]
#[command(after_help = "\
Every notice that is sent by mail has a return address of its own: bounce+...@ the domain of the brand's sender. Have the mail \
system pipe everything that arrives for bounce@ there, with any extension, to this command. It reads the delivery status (RFC 3464), \
verifies the address with the key, and reports the result. Delayed and relayed messages change nothing, \
and neither does what was sent again since.

Exit codes are those that mail systems expect: 75 if the message should be tried again later, 65 if there is nothing to report. With \
--maildir, all new messages of a folder are processed; reported ones are marked as seen, and those with nothing to report flagged for \
people.

Examples:
  redress bounce --secret-key-file /run/secrets/redress-key       one message, on standard input
  redress bounce --secret-key-file /run/secrets/redress-key --recipient bounce+rd-dcnnm-y6g1w-7.0123456789abcdef@jive.example
  redress bounce --secret-key-file /run/secrets/redress-key --maildir /var/mail/bounce")]
pub struct BounceArgs {
    /// The service's secret key, with which it made the return addresses.
    #[arg(long, env = "REDRESS_SECRET_KEY_FILE", value_name = "FILE")]
    pub secret_key_file: PathBuf,
    /// The address to which the message was delivered, if the mail system provides it; by default it is taken from the message.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "maildir")]
    pub recipient: Option<String>,
    /// A Maildir to process, instead of one message on standard input.
    #[arg(long, value_name = "DIR")]
    pub maildir: Option<PathBuf>,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

/// Why a message was not reported.
#[derive(Debug)]
enum NotReported {
    /// There is nothing in it.
    Nothing(NoBounce),
    /// The service has other words about the notice, or none.
    Refused(CallError),
    /// It may be another time.
    NotNow(Failure),
}

impl From<NotReported> for Failure {
    fn from(why: NotReported) -> Self {
        match why {
            NotReported::Nothing(why) => Failure::NoBounce(why),
            NotReported::Refused(error) => Failure::BounceRefused(error),
            NotReported::NotNow(failure) => Failure::NotNow(Box::new(failure)),
        }
    }
}

pub(super) async fn run(args: BounceArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    // Nothing is lost for want of a key: the mail system tries again.
    let paths = return_paths(&args.secret_key_file).map_err(NotReported::NotNow)?;
    let mut reporter = Reporter {
        connection: args.connection,
        client: None,
        paths,
    };
    match args.maildir {
        Some(folder) => reporter.folder(&folder, terminal).await,
        None => {
            let unreadable = |source| Failure::Unreadable {
                file: PathBuf::from("standard input"),
                source,
            };
            let message = read(io::stdin());
            let message = message.map_err(|error| NotReported::NotNow(unreadable(error)))?;
            let line = reporter.report(&message, args.recipient.as_deref()).await?;
            terminal.line(line)?;
            Ok(())
        }
    }
}

fn return_paths(file: &Path) -> Result<ReturnPaths, Failure> {
    let key = SecretKey::from_file(file).map_err(|source| Failure::SecretKey {
        file: file.to_path_buf(),
        source,
    })?;
    Ok(ReturnPaths::new(key.derive(ReturnPaths::PURPOSE)))
}

/// A message, or as much of it as shows that it is too large.
fn read(from: impl io::Read) -> io::Result<Vec<u8>> {
    let most = u64::try_from(LARGEST).unwrap_or(u64::MAX);
    let mut message = Vec::new();
    from.take(most.saturating_add(1))
        .read_to_end(&mut message)?;
    Ok(message)
}

/// What became of a report.
enum Told {
    /// It is on record.
    Reported,
    /// The notice was sent again since, so it is no news of where that stands.
    Superseded,
}

struct Reporter {
    connection: Connection,
    client: Option<DispatchClient>,
    paths: ReturnPaths,
}

impl Reporter {
    /// Reports what a message says; what was done, in words.
    async fn report(
        &mut self,
        message: &[u8],
        recipient: Option<&str>,
    ) -> Result<String, NotReported> {
        let report = BounceReport::read(message, recipient, &self.paths);
        let report = report.map_err(NotReported::Nothing)?;
        if !report.is_final() {
            return Ok(report.described());
        }
        let (described, superseded) = (report.described(), report.superseded());
        Ok(match self.send(report).await? {
            Told::Reported => described,
            Told::Superseded => superseded,
        })
    }

    async fn send(&mut self, report: BounceReport) -> Result<Told, NotReported> {
        let mut client = match &self.client {
            Some(client) => client.clone(),
            None => {
                let client = self.connection.dispatches().await;
                let client = client.map_err(NotReported::NotNow)?;
                self.client.insert(client).clone()
            }
        };
        let actor = self.connection.actor(None);
        let Err(status) = report.send(&mut client, actor).await else {
            return Ok(Told::Reported);
        };
        let error = CallError::from(status.clone());
        if error.reason().as_deref() == Some(ATTEMPT_SUPERSEDED) {
            return Ok(Told::Superseded);
        }
        // Whatever the service does not say of the report itself may be otherwise another time.
        let of_the_report = [
            Code::InvalidArgument,
            Code::NotFound,
            Code::FailedPrecondition,
        ];
        let refused = of_the_report.contains(&status.code());
        Err(if refused {
            NotReported::Refused(error)
        } else {
            NotReported::NotNow(error.into())
        })
    }

    /// Goes through the new messages of a Maildir. A message that could not be reported stays new.
    async fn folder(&mut self, folder: &Path, terminal: &mut Terminal) -> Result<(), Failure> {
        let unreadable = |file: &Path| {
            let file = file.to_path_buf();
            move |source| Failure::Unreadable { file, source }
        };
        let new = folder.join("new");
        let entries = fs::read_dir(&new).map_err(unreadable(&new))?;
        let mut files = Vec::new();
        for entry in entries {
            files.push(entry.map_err(unreadable(&new))?.path());
        }
        files.sort();
        let mut not_now = None;
        for file in files {
            let message = File::open(&file).and_then(read);
            let message = message.map_err(unreadable(&file))?;
            let mark = match self.report(&message, None).await {
                Ok(line) => {
                    terminal.line(line)?;
                    "S"
                }
                Err(NotReported::NotNow(failure)) => {
                    not_now = Some(failure);
                    continue;
                }
                Err(why) => {
                    complain(&format!(
                        "redress: {}: {}",
                        file.display(),
                        Failure::from(why)
                    ));
                    "F"
                }
            };
            if let Some(name) = file.file_name() {
                let mut seen = name.to_os_string();
                seen.push(format!(":2,{mark}"));
                let seen = folder.join("cur").join(seen);
                fs::rename(&file, &seen).map_err(|source| Failure::Unwritable {
                    file: seen.clone(),
                    source,
                })?;
            }
        }
        match not_now {
            Some(failure) => Err(NotReported::NotNow(failure).into()),
            None => Ok(()),
        }
    }
}
