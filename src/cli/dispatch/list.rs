//! `redress dispatch list`.

use std::num::NonZeroUsize;

use clap::Args;

use crate::{
    cli::{Connection, Failure, any_spelling::AnySpelling, json::Json, undelivered::number_of},
    client::{CallError, words},
    proto::v1,
    terminal::{Terminal, Tone, shortened, table},
};

/// Which notices to list.
#[derive(Debug, Args)]
#[command(after_help = "\
The list is in the order in which the notices are handed out, and contains no personal data. A notice that is claimed is shown with \
its holder and the time at which the claim ends.
With --json each notice is an object on a line of its own.

Examples:
  redress dispatch list
  redress dispatch list --means letter --brand jive
  redress dispatch list --means letter --json | jq -r .tracking_number")]
pub struct ListDispatchesArgs {
    /// By this means.
    #[arg(long, value_parser = AnySpelling::<v1::ContactMeans>::new())]
    pub means: Option<v1::ContactMeans>,
    /// Of this brand.
    #[arg(long)]
    pub brand: Option<String>,
    /// List at most this many [default: all].
    #[arg(long, value_name = "N")]
    pub limit: Option<NonZeroUsize>,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

const PAGE: usize = 500;
const HEADER: [&str; 5] = ["complaint", "notice", "kind", "means", "next attempt"];

pub(super) async fn run(args: ListDispatchesArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut client = args.connection.dispatches().await?;
    let mut left = args.limit.map_or(usize::MAX, NonZeroUsize::get);
    let mut request = v1::ListDispatchesRequest {
        means: args.means.unwrap_or_default().into(),
        brand: args.brand.clone().unwrap_or_default(),
        page_size: i32::try_from(left.min(PAGE)).unwrap_or(i32::MAX),
        page_token: String::new(),
    };
    let mut found = Vec::new();
    loop {
        let page = client.list_dispatches(request.clone()).await;
        let page = page.map_err(CallError::from)?.into_inner();
        let taken = page.dispatches.into_iter().take(left);
        found.extend(taken);
        left = args.limit.map_or(left, |limit| limit.get() - found.len());
        if left == 0 || page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    if args.connection.json {
        let json = Json::new()?;
        for dispatch in &found {
            terminal.line(json.value("Dispatch", dispatch)?)?;
        }
    } else if found.is_empty() {
        terminal.toned(Tone::Quiet, "No notices are waiting.")?;
    } else {
        let rows = found.iter().map(|dispatch| row(dispatch, &args.connection));
        terminal.line(table(HEADER, rows))?;
        let zone = args.connection.time_zone.name();
        let count = found.len();
        terminal.toned(
            Tone::Quiet,
            format_args!("{count} listed; times are in {zone}"),
        )?;
    }
    Ok(())
}

fn row(dispatch: &v1::Dispatch, connection: &Connection) -> [String; 5] {
    let at = connection
        .time_zone
        .short_or_dash(dispatch.next_attempt_time);
    let next = match dispatch.claimed_by.as_str() {
        "" => at,
        // On a line of its own, so that the table fits into 80 columns.
        holder => format!("{at}\nheld by {}", shortened(holder, 12)),
    };
    [
        dispatch.tracking_number.clone(),
        number_of(&dispatch.notice).to_owned(),
        words::<v1::NoticeKind>(dispatch.kind),
        words::<v1::ContactMeans>(dispatch.means),
        next,
    ]
}
