//! The connection to a service, and the names by which it knows complaints.

use tonic::transport::{Channel, Endpoint};

use super::error::CallError;
use crate::proto::v1::{
    brand_service_client::BrandServiceClient, complaint_service_client::ComplaintServiceClient,
    policy_service_client::PolicyServiceClient,
};

/// The generated client on one connection.
pub type Client = ComplaintServiceClient<Channel>;

/// Connects to a service.
///
/// # Errors
/// When the address is none, or nobody answers there.
pub async fn connect(server: &str) -> Result<Client, CallError> {
    Ok(Client::new(channel(server).await?))
}

/// As [`connect`], for what changes policies.
///
/// # Errors
/// As [`connect`].
pub async fn connect_policies(server: &str) -> Result<PolicyServiceClient<Channel>, CallError> {
    Ok(PolicyServiceClient::new(channel(server).await?))
}

/// As [`connect`], for brands.
///
/// # Errors
/// As [`connect`].
pub async fn connect_brands(server: &str) -> Result<BrandServiceClient<Channel>, CallError> {
    Ok(BrandServiceClient::new(channel(server).await?))
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
#[must_use]
pub fn resource_name(typed: &str) -> String {
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
