//! Which service a command speaks to, and how it shows the answers.

use clap::Args;

use crate::{
    client::{Whole, Zone},
    terminal::complain,
};

/// What every command takes that calls a service.
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
