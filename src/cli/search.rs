//! `redress search`.

mod shape;

use std::num::NonZeroUsize;

use clap::Args;
use serde_json::{Value, json};

use self::shape::{By, attempts};
use super::{
    Failure, PurposeArgs,
    connection::{Connection, complain_of_names},
    json::Json,
};
use crate::{
    client::{CallError, Client, resource_name, spoken, word, words},
    proto::v1,
    terminal::{Terminal, Tone, one_line},
};

/// What is searched for.
#[derive(Debug, Args)]
#[command(after_help = "\
What is given without an option is tried by its form, until something is found: an e-mail address, a tracking number, a telephone \
number, an account number, a postal code, a reference, a name. Of several options, all must match. Names are found by whole \
parts, in any order, with or without accents. Each search is recorded as a read of personal data.
With --json each complaint is an object on a line of its own, with the member `match`.

Examples:
  redress search 'lovelace ada'
  redress search 514 555 0142
  redress search rd dcnnm y6g1w
  redress search --name smith --postal-code 'K1A 0B1' --open
  redress search --reference T-4711
  redress search --customer-of RD-DCNNM-Y6G1W           what else this customer has complained of")]
pub struct SearchArgs {
    /// What the customer gives: a name, a number, an address, a reference.
    #[arg(
        value_name = "WORD",
        required_unless_present_any = [
            "name", "phone", "email", "account", "reference", "tracking", "postal_code", "customer_of"
        ]
    )]
    pub words: Vec<String>,
    /// Parts of the customer's or the representative's name.
    #[arg(long, conflicts_with = "words")]
    pub name: Option<String>,
    /// The telephone number, in any spelling.
    #[arg(long, value_name = "NUMBER")]
    pub phone: Option<String>,
    /// The e-mail address.
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// The account number.
    #[arg(long, value_name = "NUMBER")]
    pub account: Option<String>,
    /// The reference of a case in another system, or that of the independent body.
    #[arg(long, conflicts_with = "words")]
    pub reference: Option<String>,
    /// The tracking number, as it was copied or heard.
    #[arg(long, value_name = "NUMBER")]
    pub tracking: Option<String>,
    /// The postal code.
    #[arg(long, value_name = "CODE")]
    pub postal_code: Option<String>,
    /// All complaints of the customer of this one.
    #[arg(long, value_name = "TRACKING-NUMBER")]
    pub customer_of: Option<String>,
    /// Only of this brand.
    #[arg(long)]
    pub brand: Option<String>,
    /// Only what is neither closed nor withdrawn.
    #[arg(long)]
    pub open: bool,
    /// Only what was received at or after this time.
    #[arg(long, value_name = "TIME")]
    pub received_from: Option<String>,
    /// Only what was received before this time.
    #[arg(long, value_name = "TIME")]
    pub received_before: Option<String>,
    /// Show at most this many.
    #[arg(long, value_name = "N", default_value = "20")]
    pub limit: NonZeroUsize,
    #[command(flatten)]
    pub purpose: PurposeArgs,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

/// How many pages that hold too little are followed.
const PAGES: usize = 10;
/// The widest line.
const WIDTH: usize = 80;
/// The longest name that is shown whole.
const NAME: usize = 30;

/// What was found.
#[derive(Debug, Default)]
struct Found {
    rows: Vec<(v1::Complaint, v1::SearchMatch)>,
    unreachable: Vec<String>,
    /// Whether there may be more.
    more: bool,
}

impl SearchArgs {
    fn request(&self) -> Result<v1::SearchComplaintsRequest, Failure> {
        let zone = &self.connection.time_zone;
        let time = |text: &Option<String>| {
            let at = text.as_deref().map(|text| zone.read(text)).transpose()?;
            Ok::<_, Failure>(at.map(crate::client::api_time))
        };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let fields = [
            "name",
            "tracking_number",
            "brand",
            "state",
            "received_time",
            "assignee",
            "customer.full_name",
        ];
        let read_mask = prost_types::FieldMask {
            paths: fields.map(str::to_owned).into(),
        };
        let limit = i32::try_from(self.limit.get()).unwrap_or(i32::MAX);
        Ok(v1::SearchComplaintsRequest {
            page_size: limit.min(1_000),
            // All of it, for programs.
            read_mask: (!self.connection.json).then_some(read_mask),
            phone: text(&self.phone),
            email: text(&self.email),
            account_number: text(&self.account),
            tracking_number: text(&self.tracking),
            name: text(&self.name),
            postal_code: text(&self.postal_code),
            customer_of: self
                .customer_of
                .as_deref()
                .map(resource_name)
                .unwrap_or_default(),
            brand: text(&self.brand),
            open: self.open,
            received_from: time(&self.received_from)?,
            received_before: time(&self.received_before)?,
            ..v1::SearchComplaintsRequest::default()
        })
    }

    /// What is tried one after the other, until something is found.
    fn attempts(&self) -> Vec<(By, String)> {
        let typed = self.words.join(" ");
        let typed = if typed.trim().is_empty() {
            Vec::new()
        } else {
            attempts(&typed)
        };
        let reference = self.reference.iter().flat_map(|reference| {
            let ways = [By::CaseReference, By::BodyReference];
            ways.map(|by| (by, reference.clone()))
        });
        typed.into_iter().chain(reference).collect()
    }
}

pub(super) async fn run(args: SearchArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut client = args.connection.complaints_for(&args.purpose).await?;
    let request = args.request()?;
    let attempts = args.attempts();
    let mut found = Found::default();
    if attempts.is_empty() {
        found = search(&mut client, request.clone(), args.limit.get()).await?;
    }
    let only = attempts.len() == 1;
    for (by, typed) in &attempts {
        let mut request = request.clone();
        by.set(&mut request, typed.clone());
        match search(&mut client, request, args.limit.get()).await {
            Ok(answer) => found = answer,
            // It only looked like one.
            Err(CallError::Refused(status))
                if status.code() == tonic::Code::InvalidArgument && !only => {}
            Err(error) => return Err(error.into()),
        }
        if !found.rows.is_empty() || !found.unreachable.is_empty() || found.more {
            break;
        }
    }
    complain_of_names(&found.unreachable);
    if args.connection.json {
        let json = Json::new()?;
        for (complaint, found) in &found.rows {
            terminal.line(object(&json, complaint, found)?)?;
        }
        return Ok(());
    }
    if found.rows.is_empty() {
        return nothing(&found, &attempts, terminal);
    }
    for (complaint, by) in &found.rows {
        let [first, second] = lines(complaint, by, &args.connection);
        terminal.toned(Tone::Strong, first)?;
        terminal.line(second)?;
    }
    let count = found.rows.len();
    let more = if found.more {
        "; there may be more: give something else beside, or a larger --limit"
    } else {
        ""
    };
    terminal.toned(Tone::Quiet, format_args!("{count} found{more}"))?;
    Ok(())
}

/// Follows the pages until there are enough.
async fn search(
    client: &mut Client,
    mut request: v1::SearchComplaintsRequest,
    limit: usize,
) -> Result<Found, CallError> {
    let mut found = Found::default();
    for _ in 0..PAGES {
        let page = client
            .search_complaints(request.clone())
            .await?
            .into_inner();
        found
            .rows
            .extend(page.complaints.into_iter().zip(page.matches));
        found.unreachable.extend(page.unreachable);
        found.more = !page.next_page_token.is_empty() || found.rows.len() > limit;
        if page.next_page_token.is_empty() || found.rows.len() >= limit {
            break;
        }
        request.page_token = page.next_page_token;
    }
    found.rows.truncate(limit);
    Ok(found)
}

fn object(
    json: &Json,
    complaint: &v1::Complaint,
    found: &v1::SearchMatch,
) -> Result<Value, Failure> {
    let mut object = json.value("Complaint", complaint)?;
    object["match"] = json!(json.value("SearchMatch", found)?);
    Ok(object)
}

/// A complaint in two lines of at most eighty characters.
fn lines(complaint: &v1::Complaint, by: &v1::SearchMatch, connection: &Connection) -> [String; 2] {
    let received = connection.time_zone.long_or_dash(complaint.received_time);
    let first = format!(
        "{:<14}  {:<11}  received {received}  {}",
        complaint.tracking_number,
        words::<v1::State>(complaint.state),
        one_line(&complaint.brand),
    );
    let customer = complaint.customer.as_ref();
    let customer = customer.map_or("", |customer| customer.full_name.as_str());
    let fields = by.fields.iter();
    let fields: Vec<String> = fields
        .map(|field| spoken(&word::<v1::SearchField>(*field)))
        .collect();
    let handler = match complaint.assignee.as_str() {
        "" => "nobody has it".to_owned(),
        assignee => format!("with {}", one_line(assignee)),
    };
    let parts = [
        cut(one_line(customer), NAME),
        format!("found by {}", fields.join(", ")),
        handler,
    ];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    let second = format!("    {}", parts.collect::<Vec<_>>().join(" · "));
    [cut(first, WIDTH), cut(second, WIDTH)]
}

/// A text that is too long, without its end.
fn cut(text: String, width: usize) -> String {
    if text.chars().count() <= width {
        return text;
    }
    let kept: String = text.chars().take(width - 1).collect();
    format!("{kept}…")
}

fn nothing(
    found: &Found,
    attempts: &[(By, String)],
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    if found.more {
        terminal.toned(
            Tone::Warning,
            "Nothing among the newest complaints that may match; give something else beside.",
        )?;
        return Ok(());
    }
    let tried: Vec<&str> = attempts.iter().map(|(by, _)| by.as_str()).collect();
    let tried = match tried.as_slice() {
        [] => String::new(),
        tried => format!(" by {}", tried.join(", ")),
    };
    terminal.line(cut(format!("No complaint was found{tried}."), WIDTH))?;
    for hint in [
        "Names are found by whole parts: try the family name alone.",
        "What was corrected is found by the correction, and what was erased is not.",
    ] {
        terminal.toned(Tone::Quiet, hint)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use clap::Parser as _;

    use super::*;
    use crate::{
        cli::{Cli, Command},
        client::api_time,
    };

    fn args(words: &[&str]) -> SearchArgs {
        let words = ["redress", "search"].iter().chain(words);
        match Cli::try_parse_from(words).unwrap().command {
            Command::Search(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_found_fits_eighty_columns_and_no_number_is_broken() {
        let complaint = v1::Complaint {
            tracking_number: "WXYZ-DCNNM-Y6G1W".to_owned(),
            state: v1::State::Implemented.into(),
            brand: "a-brand-with-a-long-name-that-goes-on".to_owned(),
            received_time: Some(api_time("2026-06-03T21:00:00Z".parse().unwrap())),
            assignee: "Équipe Facturation".to_owned(),
            customer: Some(v1::Customer {
                full_name: "ü".repeat(200),
                ..v1::Customer::default()
            }),
            ..v1::Complaint::default()
        };
        let by = v1::SearchMatch {
            fields: vec![v1::SearchField::AccountNumber.into()],
            ..v1::SearchMatch::default()
        };
        let [first, second] = lines(&complaint, &by, &args(&["ada"]).connection);
        assert!(
            first.starts_with("WXYZ-DCNNM-Y6G1W  implemented  received Wed  3 Jun 2026 17:00 EDT")
        );
        assert_eq!([first, second].map(|line| line.chars().count()), [80, 80]);
    }

    #[test]
    fn a_reference_is_tried_as_either_and_options_go_into_one_request() {
        let attempts = args(&["--reference", "T-1", "--name", "ada"]).attempts();
        let by: Vec<By> = attempts.iter().map(|(by, _)| *by).collect();
        assert_eq!(by, [By::CaseReference, By::BodyReference]);
        let request = args(&["--name", "ada", "--open"]).request().unwrap();
        assert_eq!((request.name.as_str(), request.open), ("ada", true));
        let nothing = Cli::try_parse_from(["redress", "search", "--open"]);
        assert!(nothing.is_err());
    }
}
