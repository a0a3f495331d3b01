//! `redress dispatch claim`.

use clap::Args;

use crate::{
    cli::{
        Connection, Failure, PurposeArgs, any_spelling::AnySpelling, connection::complain_of_names,
        json::Json,
    },
    client::{CallError, Worded as _, words},
    proto::v1,
    terminal::{Terminal, Tone, one_line},
};

/// Which notices to claim.
#[derive(Debug, Args)]
#[command(after_help = "\
Each notice is printed with the name, the address and the text, and with the command that records the result. Until the claim \
ends, nobody else is given the notice. A notice that is not recorded by then may be claimed again, and the first holder can no \
longer record it.
With --json each notice is an object on a line of its own.

Examples:
  redress dispatch claim --means letter --count 20 --minutes 60 --actor print-room
  redress dispatch claim --means letter --json > letters.jsonl")]
pub struct ClaimDispatchesArgs {
    /// The means by which they are delivered.
    #[arg(long, value_parser = AnySpelling::<v1::ContactMeans>::new())]
    pub means: v1::ContactMeans,
    /// Only those of this brand.
    #[arg(long)]
    pub brand: Option<String>,
    /// Claim at most this many: 1 to 100.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(i32).range(1..=100))]
    pub count: i32,
    /// How long the claim lasts: 1 to 60 minutes.
    #[arg(long, value_name = "MINUTES", default_value_t = 5, value_parser = clap::value_parser!(i32).range(1..=60))]
    pub minutes: i32,
    /// Who claims them; shown in the list [default: the subject of the token or certificate, else `cli`].
    #[arg(long, env = "REDRESS_ACTOR", value_name = "NAME")]
    pub actor: Option<String>,
    #[command(flatten)]
    pub purpose: PurposeArgs,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

pub(super) async fn run(args: ClaimDispatchesArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let connection = &args.connection;
    let mut client = connection.dispatches_for(&args.purpose).await?;
    let request = v1::ClaimDispatchesRequest {
        actor: connection.actor(args.actor.as_deref()),
        means: args.means.into(),
        brand: args.brand.clone().unwrap_or_default(),
        count: args.count,
        lease_seconds: args.minutes * 60,
    };
    let claimed = client.claim_dispatches(request).await;
    let claimed = claimed.map_err(CallError::from)?.into_inner();
    complain_of_names(&claimed.unreachable);
    if connection.json {
        let json = Json::new()?;
        for dispatch in &claimed.dispatches {
            terminal.line(json.value("ClaimedDispatch", dispatch)?)?;
        }
        return Ok(());
    }
    if claimed.dispatches.is_empty() {
        let means = words::<v1::ContactMeans>(args.means.into());
        terminal.toned(
            Tone::Quiet,
            format_args!(
                "No notice is ready to go by {means}; `redress dispatch list` shows what waits."
            ),
        )?;
    }
    for dispatch in &claimed.dispatches {
        print(dispatch, connection, terminal)?;
    }
    Ok(())
}

fn print(
    dispatch: &v1::ClaimedDispatch,
    connection: &Connection,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let (number, sequence, attempt) = (
        &dispatch.tracking_number,
        dispatch.sequence,
        dispatch.attempt,
    );
    let kind = words::<v1::NoticeKind>(dispatch.kind);
    let until = connection.time_zone.long_or_dash(dispatch.lease_end_time);
    terminal.toned(
        Tone::Strong,
        format_args!("{number}, notice {sequence}: {kind}, claimed until {until}"),
    )?;
    let means = dispatch.means();
    let word = means.word().unwrap_or_default();
    let (state, failure) = match (dispatch.address.as_str(), dispatch.text.as_str()) {
        (_, "") => {
            terminal.toned(
                Tone::Warning,
                "The personal data were erased: there is nothing to deliver.",
            )?;
            ("failed", " --failure given-up")
        }
        ("", _) => {
            terminal.toned(
                Tone::Warning,
                "The customer no longer has an address for it.",
            )?;
            ("failed", " --failure no-address")
        }
        (address, text) => {
            if !dispatch.addressee.is_empty() {
                terminal.line(one_line(&dispatch.addressee))?;
            }
            terminal.line(address)?;
            terminal.line("")?;
            terminal.line(text)?;
            let state = match means {
                v1::ContactMeans::Letter => "posted",
                v1::ContactMeans::Phone => "told",
                _ => "sent",
            };
            (state, "")
        }
    };
    terminal.toned(
        Tone::Quiet,
        format_args!(
            "then: redress dispatch record {number} {sequence} {state} --means {word} --attempt {attempt}{failure}"
        ),
    )?;
    terminal.line("")?;
    Ok(())
}
