//! What all acts have in common: a complaint, options of its own, and options that every act has.

use clap::Args;
use tonic::{Response, Status};
use uuid::Uuid;

use crate::{
    cli::{Connection, Failure},
    client::{Client, Zone, api_time},
    proto::v1,
};

/// An act by its own options. They are the same for the act itself and for a preview of its notices.
pub(in crate::cli) trait Act: Args {
    /// The request that carries it out.
    type Request: Mutation;

    /// The request, apart from what all requests have in common ([`Head`]).
    ///
    /// # Errors
    /// When an option cannot be read, such as a time.
    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure>;

    /// Whether the complaint is as it is to be already, so that nothing needs to be sent.
    fn is_done(&self, _before: &v1::Complaint) -> bool {
        false
    }
}

/// A request that changes a complaint.
pub(in crate::cli) trait Mutation: Sized {
    /// Adds what all requests have in common.
    fn set(&mut self, head: Head);

    /// Makes the call.
    async fn call(self, client: &mut Client) -> Result<Response<v1::Complaint>, Status>;
}

/// What all requests that change a complaint have in common.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Head {
    pub(in crate::cli) name: String,
    pub(in crate::cli) actor: String,
    pub(in crate::cli) request_id: String,
    /// Empty: whatever the complaint's version.
    pub(in crate::cli) etag: String,
}

/// What options are read with.
#[derive(Debug)]
pub(in crate::cli) struct Said<'a> {
    /// The zone of times without one.
    pub(in crate::cli) zone: &'a Zone,
    /// The complaint before the act: its names, its etag and its labels. Empty for a preview.
    pub(in crate::cli) before: &'a v1::Complaint,
}

impl Said<'_> {
    pub(super) fn time(
        &self,
        given: Option<&String>,
    ) -> Result<Option<prost_types::Timestamp>, Failure> {
        let at = given.map(|text| self.zone.read(text)).transpose()?;
        Ok(at.map(api_time))
    }
}

/// The options of an act on the command line.
#[derive(Debug, Args)]
pub struct ActArgs<A: Args> {
    /// The complaint's tracking number or id.
    #[arg(value_name = "COMPLAINT")]
    pub(super) complaint: String,
    #[command(flatten)]
    pub(super) act: A,
    #[command(flatten, next_help_heading = "Options of every act")]
    pub(super) common: CommonArgs,
}

/// The options of every act.
#[derive(Debug, Args)]
pub struct CommonArgs {
    /// Who acts; recorded in the audit trail [default: the subject of the token or certificate, else `cli`].
    #[arg(long, alias = "as", env = "REDRESS_ACTOR", value_name = "NAME")]
    pub(super) actor: Option<String>,
    /// Makes the call safe to repeat [default: a new one, which is printed if it is not known whether the act was done].
    #[arg(long, value_name = "UUID")]
    pub(super) request_id: Option<Uuid>,
    /// Act only if the complaint has not changed since it had this etag, as --json prints it.
    #[arg(long, value_name = "ETAG", value_parser = etag)]
    pub(super) etag: Option<String>,
    /// The service to call.
    #[command(flatten)]
    pub(super) connection: Connection,
}

/// An etag stands in quotes, which a shell takes away.
fn etag(text: &str) -> Result<String, String> {
    let bare = text.trim().trim_matches('"');
    if bare.is_empty() {
        return Err("an etag as --json prints it is wanted".to_owned());
    }
    Ok(format!("\"{bare}\""))
}

#[cfg(test)]
mod tests {
    use super::etag;

    #[test]
    fn an_etag_is_read_with_and_without_the_quotes_that_a_shell_takes_away() {
        for text in ["7", "\"7\"", " 7 "] {
            assert_eq!(etag(text), Ok("\"7\"".to_owned()));
        }
        assert!(etag("\"\"").is_err());
    }
}
