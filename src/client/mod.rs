//! A small client of the service, for people at a terminal: files, shows and lists complaints, and changes policies.

mod describe;
mod error;
mod explain;
#[cfg(test)]
mod fake;
mod file;
mod json;
mod list;
mod policy;
mod render;
mod show;
mod time;
mod words;

use clap::Args;
use tonic::transport::{Channel, Endpoint};

pub use self::{
    describe::{Told, describe},
    error::CallError,
    explain::ExplainArgs,
    file::FileArgs,
    list::ListArgs,
    policy::{ActivateArgs, ListPoliciesArgs, MigrateComplaintsArgs, SimulateArgs},
    render::table,
    show::ShowArgs,
    time::{Zone, api_time, instant, span},
    words::{word, words},
};
pub(crate) use self::{
    explain::explain,
    file::file,
    list::list,
    policy::{activate, list_policies, migrate_complaints, show_report, simulate},
    show::{all_events, show},
};
use crate::proto::v1::{
    complaint_service_client::ComplaintServiceClient, policy_service_client::PolicyServiceClient,
};

/// The generated client on one connection.
pub type Client = ComplaintServiceClient<Channel>;

/// What every client command takes.
#[derive(Debug, Clone, Args)]
pub struct Connection {
    /// The service's address.
    #[arg(
        long,
        env = "REDRESS_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:50051"
    )]
    pub server: String,

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

/// Says what an answer left out because it cannot be read.
fn complain_of(unreachable: &[String]) {
    for name in unreachable {
        crate::terminal::complain(&format!(
            "{name} cannot be read; an operator finds out why with `redress verify`"
        ));
    }
}

/// Connects to a service.
///
/// # Errors
/// When the address is none, or nobody answers there.
pub async fn connect(server: &str) -> Result<Client, CallError> {
    Ok(Client::new(channel(server).await?))
}

/// As [`connect`], for what changes policies.
async fn connect_policies(server: &str) -> Result<PolicyServiceClient<Channel>, CallError> {
    Ok(PolicyServiceClient::new(channel(server).await?))
}

async fn channel(server: &str) -> Result<Channel, CallError> {
    // The errors below show the address.
    if server.contains('@') {
        return Err(CallError::Credentials);
    }
    let unreachable = |error: tonic::transport::Error| CallError::unreachable(server, &error);
    let endpoint = Endpoint::from_shared(server.to_owned()).map_err(unreachable)?;
    endpoint.connect().await.map_err(unreachable)
}

/// The resource name of what a person typed: a tracking number, an id, or the name itself.
fn resource_name(typed: &str) -> String {
    let typed = typed.trim();
    if typed.starts_with("complaints/") {
        typed.to_owned()
    } else {
        format!("complaints/{typed}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_with_a_password_is_refused_without_it() {
        for server in ["http://ada:s3cret@127.0.0.1:1", "ada:s3cret@::"] {
            let refused = connect(server).await.err().map(|error| error.to_string());
            assert!(
                refused
                    .is_some_and(|said| said.contains("no password") && !said.contains("s3cret"))
            );
        }
    }

    #[test]
    fn a_tracking_number_and_a_full_name_name_the_same_complaint() {
        assert_eq!(
            resource_name(" RD-DCNNM-Y6G1W"),
            "complaints/RD-DCNNM-Y6G1W"
        );
        assert_eq!(
            resource_name("complaints/RD-DCNNM-Y6G1W"),
            "complaints/RD-DCNNM-Y6G1W"
        );
    }
}
