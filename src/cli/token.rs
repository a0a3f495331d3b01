//! `redress token`.

use std::path::PathBuf;

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser as _},
};
use jiff::SignedDuration;

use super::Failure;
use crate::{
    access::Role,
    api::auth::{DevKey, Grant},
    terminal::{Terminal, complain},
    time_source::{SystemTime, TimeSource as _},
};

/// The contents of the token.
#[derive(Debug, Args)]
#[command(after_help = "\
For a first try and for development: a service takes such tokens that is started with --dev-keys and the same file, on a \
loopback address alone. In production, tokens come from an OpenID Connect issuer, which `serve` is given by --oidc-issuer.

Whoever has the file of the key can make any token. It is made if it is not there, for its owner alone to read.

Examples:
  redress token --key dev-key.json --subject ada --role adviser --brand jive > ada.token
  redress serve --dev-keys dev-key.json
  redress list --token-file ada.token")]
pub struct TokenArgs {
    /// The file of the key to sign with.
    #[arg(long = "key", value_name = "FILE")]
    pub key_file: PathBuf,
    /// The subject: the caller's name in the audit trail.
    #[arg(long, value_name = "NAME")]
    pub subject: String,
    /// A role of the caller; may be repeated.
    #[arg(long = "role", value_name = "ROLE", required = true, value_parser = role())]
    pub roles: Vec<Role>,
    /// A brand whose complaints the caller sees, or * for all; may be repeated. Without it the caller sees none.
    #[arg(long = "brand", value_name = "NAME")]
    pub brands: Vec<String>,
    /// A person or team whose complaints the caller sees, or - for unassigned ones; may stand several
    /// times. Without it the caller sees all complaints of the brands.
    #[arg(long = "queue", value_name = "NAME")]
    pub queues: Vec<String>,
    /// For how many hours it is valid.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=8760))]
    pub hours: u32,
}

fn role() -> impl clap::builder::TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::as_str)).try_map(|word| word.parse())
}

pub(super) fn run(args: TokenArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let (key, made) = DevKey::read_or_make(&args.key_file)?;
    if made {
        complain(&format!(
            "made a new key in {}; keep it to yourself",
            args.key_file.display()
        ));
    }
    let grant = Grant {
        subject: args.subject,
        roles: args.roles,
        brands: args.brands,
        queues: args.queues,
        period: SignedDuration::from_hours(args.hours.into()),
    };
    terminal.line(key.sign(&grant, SystemTime.now()))?;
    Ok(())
}
