//! `redress person reads`.

use clap::Args;

use crate::{
    cli::{Connection, Failure, json::Json},
    client::{CallError, api_time, resource_name, words},
    proto::v1,
    terminal::{Terminal, Tone, one_line, table},
};

/// Which reads to list.
#[derive(Debug, Args)]
#[command(after_help = "\
The last reads come first. Of a person, name the complaints that `redress person find` prints. Needs one of the roles compliance \
and auditor. With --json each read is an object on a line of its own.

Examples:
  redress person reads --complaint RD-DCNNM-Y6G1W
  redress person reads --complaint RD-DCNNM-Y6G1W --complaint RD-7TQ2F-KX93M --json
  redress person reads --reader ada --since 2026-05-01T00:00 --until 2026-06-01T00:00")]
pub struct PersonReadsArgs {
    /// Of this complaint, by tracking number or name; if repeated, of any of them.
    #[arg(long = "complaint", value_name = "COMPLAINT")]
    pub complaints: Vec<String>,
    /// By this caller.
    #[arg(long, value_name = "NAME")]
    pub reader: Option<String>,
    /// At this time or later.
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Before this time.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

const PAGE: i32 = 1_000;
const HEADER: [&str; 6] = ["read", "by", "complaint", "method", "what", "purpose"];

impl PersonReadsArgs {
    fn request(&self) -> Result<v1::ListPersonalDataReadsRequest, Failure> {
        let time = |text: &Option<String>| {
            let zone = &self.connection.time_zone;
            let time = text.as_deref().map(|text| zone.read(text)).transpose();
            Ok::<_, Failure>(time?.map(api_time))
        };
        Ok(v1::ListPersonalDataReadsRequest {
            page_size: PAGE,
            complaints: self.complaints.iter().map(|it| resource_name(it)).collect(),
            reader: self.reader.clone().unwrap_or_default(),
            start_time: time(&self.since)?,
            end_time: time(&self.until)?,
            ..v1::ListPersonalDataReadsRequest::default()
        })
    }
}

pub(super) async fn run(args: PersonReadsArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut request = args.request()?;
    let mut client = args.connection.privacy().await?;
    let json = Json::new()?;
    let mut rows = Vec::new();
    loop {
        let page = client.list_personal_data_reads(request.clone()).await;
        let page = page.map_err(CallError::from)?.into_inner();
        for read in &page.reads {
            if args.connection.json {
                terminal.line(json.value("PersonalDataRead", read)?)?;
            } else {
                rows.push(row(read, &args.connection));
            }
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    if args.connection.json {
        return Ok(());
    }
    if rows.is_empty() {
        terminal.toned(Tone::Quiet, "No reads match.")?;
        return Ok(());
    }
    let count = rows.len();
    terminal.line(table(HEADER, rows))?;
    let zone = args.connection.time_zone.name();
    terminal.toned(
        Tone::Quiet,
        format_args!("{count} listed; times are in {zone}"),
    )?;
    Ok(())
}

fn row(read: &v1::PersonalDataRead, connection: &Connection) -> [String; 6] {
    let kinds = read.kinds.iter();
    let kinds: Vec<String> = kinds
        .map(|kind| words::<v1::PersonalDataKind>(*kind))
        .collect();
    let complaint = read.complaint.trim_start_matches("complaints/");
    [
        connection.time_zone.long_or_dash(read.read_time),
        one_line(&read.reader),
        complaint.to_owned(),
        read.method.clone(),
        kinds.join(", "),
        one_line(&read.purpose),
    ]
}
