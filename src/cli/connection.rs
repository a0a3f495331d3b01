//! Which service a command speaks to, and how it shows the answers.

use std::{fs, path::PathBuf};

use clap::Args;

use super::{Failure, PurposeArgs};
use crate::{
    client::{
        self, BrandClient, Client, DispatchClient, FigureClient, HealthClient, NoToken,
        PolicyClient, PrivacyClient, Purpose, SubscriptionClient, Target, TlsFiles, Token, Whole,
        Zone,
    },
    terminal::complain,
};

/// The options of every command that calls a service.
#[derive(Debug, Clone, Args)]
pub struct Connection {
    /// The service's address; https://… if it uses TLS.
    #[arg(
        long,
        env = "REDRESS_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:50051"
    )]
    pub server: String,

    /// The certificate authorities, in PEM, that the service's certificate is verified against [default: the machine's].
    #[arg(long, env = "REDRESS_CA_FILE", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,

    /// The client certificate to present to the service, in PEM.
    #[arg(
        long,
        env = "REDRESS_CLIENT_CERT_FILE",
        value_name = "FILE",
        requires = "client_key_file"
    )]
    pub client_cert_file: Option<PathBuf>,

    /// The private key of that certificate in PEM, not encrypted.
    #[arg(
        long,
        env = "REDRESS_CLIENT_KEY_FILE",
        value_name = "FILE",
        requires = "client_cert_file"
    )]
    pub client_key_file: Option<PathBuf>,
    /// A file that contains the caller's token and nothing else; `redress token` makes one for a first try. Not needed if the
    /// service does not authenticate its callers.
    #[arg(long, env = "REDRESS_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// Print JSON with the field names of the API, for other programs.
    #[arg(long)]
    pub json: bool,

    /// The time zone in which dates are shown and read, as an IANA name.
    #[arg(
        long,
        env = "REDRESS_TIME_ZONE",
        value_name = "ZONE",
        default_value = "America/Toronto"
    )]
    pub time_zone: Zone,
}

impl Connection {
    /// Connects to the service.
    pub(super) async fn complaints(&self) -> Result<Client, Failure> {
        Ok(client::connect(&self.target()?).await?)
    }

    /// Connects to the service, for what shows personal data.
    pub(super) async fn complaints_for(&self, purpose: &PurposeArgs) -> Result<Client, Failure> {
        Ok(client::connect(&self.target_for(purpose)?).await?)
    }

    /// Connects to the service, for what changes policies.
    pub(super) async fn policies(&self) -> Result<PolicyClient, Failure> {
        Ok(client::connect_policies(&self.target()?).await?)
    }

    /// Connects to the service, for brands.
    pub(super) async fn brands(&self) -> Result<BrandClient, Failure> {
        Ok(client::connect_brands(&self.target()?).await?)
    }

    /// Connects to the service, for where events go.
    pub(super) async fn subscriptions(&self) -> Result<SubscriptionClient, Failure> {
        Ok(client::connect_subscriptions(&self.target()?).await?)
    }

    /// Connects to the service, for figures.
    pub(super) async fn figures(&self) -> Result<FigureClient, Failure> {
        Ok(client::connect_figures(&self.target()?).await?)
    }

    /// Connects to the service, for what persons may ask for.
    pub(super) async fn privacy(&self) -> Result<PrivacyClient, Failure> {
        Ok(client::connect_privacy(&self.target()?).await?)
    }

    /// Connects to the service, for what becomes of notices.
    pub(super) async fn dispatches(&self) -> Result<DispatchClient, Failure> {
        Ok(client::connect_dispatches(&self.target()?).await?)
    }

    /// As [`Connection::dispatches`], for what shows personal data.
    pub(super) async fn dispatches_for(
        &self,
        purpose: &PurposeArgs,
    ) -> Result<DispatchClient, Failure> {
        Ok(client::connect_dispatches(&self.target_for(purpose)?).await?)
    }

    /// As [`Connection::privacy`], for what shows personal data.
    pub(super) async fn privacy_for(
        &self,
        purpose: &PurposeArgs,
    ) -> Result<PrivacyClient, Failure> {
        Ok(client::connect_privacy(&self.target_for(purpose)?).await?)
    }

    /// Connects to the service, for how it is.
    pub(super) async fn health(&self) -> Result<HealthClient, Failure> {
        Ok(client::connect_health(&self.target()?).await?)
    }

    fn target_for(&self, purpose: &PurposeArgs) -> Result<Target, Failure> {
        let purpose = purpose.purpose.as_deref().unwrap_or_default();
        Ok(Target {
            purpose: Purpose::of(purpose),
            ..self.target()?
        })
    }

    /// The service that is meant, and who calls it.
    fn target(&self) -> Result<Target, Failure> {
        let files = (self.client_cert_file.clone(), self.client_key_file.clone());
        Ok(Target {
            address: self.server.clone(),
            tls: TlsFiles {
                authorities: self.ca_file.clone(),
                identity: match files {
                    (Some(certificate), Some(key)) => Some((certificate, key)),
                    _ => None,
                },
            },
            token: self.token()?,
            purpose: Purpose::default(),
        })
    }

    /// Who acts: as was said, or whoever the service knows by the token or the certificate, for which nothing need be said.
    pub(super) fn actor(&self, said: Option<&str>) -> String {
        let unsaid = if self.token_file().is_some() || self.client_cert_file.is_some() {
            ""
        } else {
            "cli"
        };
        said.unwrap_or(unsaid).to_owned()
    }

    fn token_file(&self) -> Option<&PathBuf> {
        // An empty variable counts as unset.
        let file = self.token_file.as_ref();
        file.filter(|file| !file.as_os_str().is_empty())
    }

    fn token(&self) -> Result<Token, Failure> {
        let Some(file) = self.token_file() else {
            return Ok(Token::none());
        };
        let text = fs::read_to_string(file).map_err(|source| Failure::Unreadable {
            file: file.clone(),
            source,
        })?;
        Token::of(&text).map_err(|NoToken| Failure::NoToken { file: file.clone() })
    }
}

/// The items of a list; says what it left out because it cannot be read.
pub(super) fn complain_of<T>(list: Whole<T>) -> Vec<T> {
    complain_of_names(&list.unreachable);
    list.items
}

/// Says what cannot be read.
pub(super) fn complain_of_names(unreachable: &[String]) {
    for name in unreachable {
        complain(&format!(
            "{name} cannot be read; an operator finds out why with `redress verify`"
        ));
    }
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _};

    use crate::cli::Cli;

    /// Whom the token proves could not act by a command that names somebody unasked.
    #[test]
    fn no_command_names_who_acts_unless_it_is_told() {
        fn check(command: &Command, seen: &mut usize) {
            for argument in command.get_arguments().filter(|it| it.get_id() == "actor") {
                let unasked = argument.get_default_values();
                assert!(unasked.is_empty(), "{}: {unasked:?}", command.get_name());
                *seen += 1;
            }
            for command in command.get_subcommands() {
                check(command, seen);
            }
        }
        let mut seen = 0;
        check(&Cli::command(), &mut seen);
        assert!(seen >= 5, "{seen}");
    }
}
