//! Whole lists, read page by page.

use super::{
    error::CallError,
    service::{BrandClient, Client, PolicyClient},
};
use crate::proto::v1;

/// A whole list.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole<T> {
    /// What can be read of it.
    pub items: Vec<T>,
    /// The names of what belongs to it and cannot be read.
    pub unreachable: Vec<String>,
}

/// The whole timeline with what was said and written, page by page.
///
/// # Errors
/// When a call fails.
pub async fn all_events(client: &mut Client, name: &str) -> Result<Whole<v1::Event>, CallError> {
    timeline(client, name, true).await
}

/// The whole timeline without its texts, which are personal data, page by page.
///
/// # Errors
/// When a call fails.
pub async fn all_facts(client: &mut Client, name: &str) -> Result<Whole<v1::Event>, CallError> {
    timeline(client, name, false).await
}

async fn timeline(
    client: &mut Client,
    name: &str,
    include_text: bool,
) -> Result<Whole<v1::Event>, CallError> {
    let (mut events, mut unreachable) = (Vec::new(), Vec::new());
    let mut request = v1::ListEventsRequest {
        parent: name.to_owned(),
        page_size: 1_000,
        page_token: String::new(),
        include_text,
    };
    loop {
        let page = client.list_events(request.clone()).await?.into_inner();
        events.extend(page.events);
        unreachable.extend(page.unreachable);
        if page.next_page_token.is_empty() {
            return Ok(Whole {
                items: events,
                unreachable,
            });
        }
        request.page_token = page.next_page_token;
    }
}

/// Every cycle of every clock, page by page.
///
/// # Errors
/// When a call fails.
pub async fn all_clocks(client: &mut Client, name: &str) -> Result<Whole<v1::Clock>, CallError> {
    let (mut clocks, mut unreachable) = (Vec::new(), Vec::new());
    let mut request = v1::ListClocksRequest {
        parent: name.to_owned(),
        page_size: 1_000,
        page_token: String::new(),
    };
    loop {
        let page = client.list_clocks(request.clone()).await?.into_inner();
        clocks.extend(page.clocks);
        unreachable.extend(page.unreachable);
        if page.next_page_token.is_empty() {
            return Ok(Whole {
                items: clocks,
                unreachable,
            });
        }
        request.page_token = page.next_page_token;
    }
}

/// Every version that the service knows, page by page.
///
/// # Errors
/// When a call fails.
pub async fn all_policies(client: &mut PolicyClient) -> Result<Vec<v1::Policy>, CallError> {
    let mut policies = Vec::new();
    let mut request = v1::ListPoliciesRequest::default();
    loop {
        let page = client.list_policies(request.clone()).await?.into_inner();
        policies.extend(page.policies);
        if page.next_page_token.is_empty() {
            return Ok(policies);
        }
        request.page_token = page.next_page_token;
    }
}

/// Every version of every brand that the service knows, page by page.
///
/// # Errors
/// When a call fails.
pub async fn all_brands(client: &mut BrandClient) -> Result<Vec<v1::Brand>, CallError> {
    let mut brands = Vec::new();
    let mut request = v1::ListBrandsRequest::default();
    loop {
        let page = client.list_brands(request.clone()).await?.into_inner();
        brands.extend(page.brands);
        if page.next_page_token.is_empty() {
            return Ok(brands);
        }
        request.page_token = page.next_page_token;
    }
}
