//! The connection to a service, and the names by which it knows complaints.

use tonic::{
    Request, Status,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};
use tonic_health::pb::health_client;

use super::{error::CallError, purpose::Purpose, tls::TlsFiles, token::Token};
use crate::proto::v1::{
    brand_service_client::BrandServiceClient, complaint_service_client::ComplaintServiceClient,
    dispatch_service_client::DispatchServiceClient, figure_service_client::FigureServiceClient,
    policy_service_client::PolicyServiceClient, privacy_service_client::PrivacyServiceClient,
    subscription_service_client::SubscriptionServiceClient,
};

/// One connection, with what goes along with each call.
pub type Connected = InterceptedService<Channel, CallMetadata>;
/// The generated client on one connection.
pub type Client = ComplaintServiceClient<Connected>;
/// As [`Client`], for what changes policies.
pub type PolicyClient = PolicyServiceClient<Connected>;
/// As [`Client`], for brands.
pub type BrandClient = BrandServiceClient<Connected>;

/// As [`Client`], for where events go.
pub type SubscriptionClient = SubscriptionServiceClient<Connected>;
/// As [`Client`], for what persons may ask for.
pub type PrivacyClient = PrivacyServiceClient<Connected>;

/// As [`Client`], for what becomes of notices.
pub type DispatchClient = DispatchServiceClient<Connected>;

/// As [`Client`], for how the service is.
pub type HealthClient = health_client::HealthClient<Connected>;

/// As [`Client`], for figures.
pub type FigureClient = FigureServiceClient<Connected>;

/// Which service is meant, and who calls it.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its address: `http://HOST:PORT`, or `https://HOST:PORT` for TLS.
    pub address: String,
    /// With what TLS is spoken, if it is.
    pub tls: TlsFiles,
    /// What proves the caller, if the service is to know it.
    pub token: Token,
    /// For what purpose, if that is said.
    pub purpose: Purpose,
}

impl Target {
    /// The service at this address, known by the authorities that the machine trusts, for whoever the token proves.
    #[must_use]
    pub fn at(address: &str, token: Token) -> Self {
        Target {
            address: address.to_owned(),
            tls: TlsFiles::default(),
            token,
            purpose: Purpose::default(),
        }
    }
}

/// Connects to a service.
///
/// # Errors
/// When the address is none, or one to which a token must not be sent, nobody answers there, or it is not the service that it
/// should be.
pub async fn connect(target: &Target) -> Result<Client, CallError> {
    Ok(Client::new(connected(target).await?))
}

/// As [`connect`], for what changes policies.
///
/// # Errors
/// As [`connect`].
pub async fn connect_policies(target: &Target) -> Result<PolicyClient, CallError> {
    Ok(PolicyClient::new(connected(target).await?))
}

/// As [`connect`], for brands.
///
/// # Errors
/// As [`connect`].
pub async fn connect_brands(target: &Target) -> Result<BrandClient, CallError> {
    Ok(BrandClient::new(connected(target).await?))
}

/// As [`connect`], for what persons may ask for.
///
/// # Errors
/// As [`connect`].
pub async fn connect_privacy(target: &Target) -> Result<PrivacyClient, CallError> {
    Ok(PrivacyClient::new(connected(target).await?))
}

/// As [`connect`], for where events go.
///
/// # Errors
/// As [`connect`].
pub async fn connect_subscriptions(target: &Target) -> Result<SubscriptionClient, CallError> {
    Ok(SubscriptionClient::new(connected(target).await?))
}

/// As [`connect`], for what becomes of notices.
///
/// # Errors
/// As [`connect`].
pub async fn connect_dispatches(target: &Target) -> Result<DispatchClient, CallError> {
    Ok(DispatchClient::new(connected(target).await?))
}

/// As [`connect`], for how the service is.
///
/// # Errors
/// As [`connect`].
pub async fn connect_health(target: &Target) -> Result<HealthClient, CallError> {
    Ok(HealthClient::new(connected(target).await?))
}

/// As [`connect`], for figures.
///
/// # Errors
/// As [`connect`].
pub async fn connect_figures(target: &Target) -> Result<FigureClient, CallError> {
    Ok(FigureClient::new(connected(target).await?))
}

async fn connected(target: &Target) -> Result<Connected, CallError> {
    let channel = channel(target).await?;
    let metadata = CallMetadata {
        token: target.token.clone(),
        purpose: target.purpose.clone(),
    };
    Ok(InterceptedService::new(channel, metadata))
}

/// What goes along with each call: what proves the caller, and the purpose.
#[derive(Debug, Clone)]
pub struct CallMetadata {
    token: Token,
    purpose: Purpose,
}

impl From<Token> for CallMetadata {
    fn from(token: Token) -> Self {
        CallMetadata {
            token,
            purpose: Purpose::default(),
        }
    }
}

impl Interceptor for CallMetadata {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        self.token.add_to(request.metadata_mut());
        self.purpose.add_to(request.metadata_mut());
        Ok(request)
    }
}

async fn channel(target: &Target) -> Result<Channel, CallError> {
    let server = target.address.as_str();
    // The errors below show the address.
    if server.contains('@') {
        return Err(CallError::Credentials);
    }
    let unreachable = |error: tonic::transport::Error| CallError::unreachable(server, &error);
    let mut endpoint = Endpoint::from_shared(server.to_owned()).map_err(unreachable)?;
    if !target.token.may_go_to(endpoint.uri()) {
        return Err(CallError::TokenInTheOpen);
    }
    if endpoint.uri().scheme_str() == Some("https") {
        endpoint = endpoint
            .tls_config(target.tls.read()?)
            .map_err(unreachable)?;
    }
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
            let refused = connect(&Target::at(server, Token::none()))
                .await
                .err()
                .map(|error| error.to_string());
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
