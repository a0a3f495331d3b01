//! Calls the service and measures how long it takes to answer.

mod closed;
mod open;
mod stock;
mod tally;
mod until;
mod work;

pub(crate) use self::{
    closed::{closed, file_all},
    open::{Arrivals, Flow, flow, open},
    stock::Stock,
    tally::Tally,
    until::Until,
    work::{ACTOR, Work, file_within, filing},
};

use redress::client::{CallError, Client, Target, Token};

/// How many callers share a connection: those of one process of a calling system, which keeps one, as gRPC means it.
const CALLERS_PER_CONNECTION: usize = 32;

/// Connections enough for so many callers.
///
/// # Errors
/// When nobody answers there.
pub(crate) async fn connect(address: &str, callers: usize) -> Result<Vec<Client>, CallError> {
    connect_to(&Target::at(address, Token::none()), callers).await
}

/// Likewise, for somebody who is known there.
///
/// # Errors
/// When nobody answers there, or not for them.
pub(crate) async fn connect_to(target: &Target, callers: usize) -> Result<Vec<Client>, CallError> {
    let mut clients = Vec::new();
    for _ in 0..callers.div_ceil(CALLERS_PER_CONNECTION) {
        clients.push(redress::client::connect(target).await?);
    }
    Ok(clients)
}
