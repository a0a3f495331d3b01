//! How mail leaves, as options.

use std::{num::NonZeroU32, path::PathBuf};

use clap::Args;

use super::Failure;
use crate::dispatch::mail::{MailSettings, Means, Patience, RelaySettings, RelayUrl};

/// How mail is sent. Without a relay or a folder, notices wait until another system claims them.
#[derive(Debug, Args)]
pub struct MailArgs {
    /// The mail relay: smtps://user@host:465, smtp+starttls://user@host:587, or, only on this machine, smtp://127.0.0.1:25. The
    /// user and the port may be omitted. Without a relay, notices by mail wait until another system claims them.
    #[arg(long, env = "REDRESS_MAIL_RELAY", value_name = "URL")]
    pub mail_relay: Option<RelayUrl>,

    /// A file that contains only the password of the relay's user. It is read again for each connection.
    #[arg(
        long,
        env = "REDRESS_MAIL_RELAY_PASSWORD_FILE",
        value_name = "FILE",
        requires = "mail_relay"
    )]
    pub mail_relay_password_file: Option<PathBuf>,

    /// The certificate authorities, in PEM, to trust for the relay, in addition to the machine's.
    #[arg(
        long,
        env = "REDRESS_MAIL_RELAY_CA_FILE",
        value_name = "FILE",
        requires = "mail_relay"
    )]
    pub mail_relay_ca_file: Option<PathBuf>,

    /// A folder to write mail to, one file each, instead of sending it: for development.
    #[arg(
        long,
        env = "REDRESS_MAIL_DIR",
        value_name = "DIR",
        conflicts_with_all = ["mail_relay", "mail_relay_password_file", "mail_relay_ca_file"]
    )]
    pub mail_dir: Option<PathBuf>,

    /// The maximum number of mails that each replica sends per second.
    #[arg(
        long,
        env = "REDRESS_MAX_MAILS_PER_SECOND",
        value_name = "N",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=1_000)
    )]
    pub max_mails_per_second: u32,
}

impl MailArgs {
    /// How mail leaves, if it does.
    ///
    /// # Errors
    /// When a user has no password, or a password no user.
    pub fn settings(self) -> Result<Option<MailSettings>, Failure> {
        let means = match (self.mail_relay, self.mail_dir) {
            (Some(url), _) => {
                if url.has_user() != self.mail_relay_password_file.is_some() {
                    return Err(Failure::RelayUser);
                }
                Means::Relay(RelaySettings {
                    url,
                    password_file: self.mail_relay_password_file,
                    ca_file: self.mail_relay_ca_file,
                    patience: Patience::default(),
                })
            }
            (None, Some(folder)) => Means::Folder(folder),
            (None, None) => return Ok(None),
        };
        Ok(Some(MailSettings {
            means,
            per_second: NonZeroU32::new(self.max_mails_per_second).unwrap_or(NonZeroU32::MIN),
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        mail: MailArgs,
    }

    fn read(words: &str) -> Result<MailArgs, clap::Error> {
        let line = Line::try_parse_from(format!("serve {words}").split_whitespace());
        line.map(|line| line.mail)
    }

    #[test]
    fn mail_leaves_by_one_way_or_not_at_all() {
        assert!(read("").unwrap().settings().unwrap().is_none());
        let folder = read("--mail-dir m").unwrap().settings().unwrap().unwrap();
        assert!(matches!(folder.means, Means::Folder(_)));
        assert_eq!(folder.per_second.get(), 10);
        for wrong in [
            "--mail-dir m --mail-relay smtps://relay.example",
            "--mail-relay smtp://relay.example",
            "--mail-relay smtps://redress:s3cret@relay.example",
            "--mail-relay-password-file p",
            "--mail-dir m --mail-relay-ca-file a",
            "--max-mails-per-second 0",
            "--max-mails-per-second 1001",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn whoever_signs_in_has_a_password_and_nobody_else() {
        for (words, good) in [
            ("--mail-relay smtps://relay.example", true),
            ("--mail-relay smtps://redress@relay.example", false),
            (
                "--mail-relay smtps://relay.example --mail-relay-password-file p",
                false,
            ),
            (
                "--mail-relay smtps://redress@relay.example --mail-relay-password-file p",
                true,
            ),
        ] {
            assert_eq!(read(words).unwrap().settings().is_ok(), good, "{words}");
        }
    }
}
