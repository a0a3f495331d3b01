//! The complaint of a planned act, and what the act would tell its customer.

use clap::Args;

use crate::{
    cli::{
        Connection, Failure, PurposeArgs,
        acts::{self, Head, Mutation as _, Said},
        json::Json,
    },
    client::{CallError, resource_name, words},
    proto::v1::{self, preview_notices_request::Act},
    terminal::{Terminal, Tone, one_line},
};

/// A complaint, an act with its options, and who would act.
#[derive(Debug, Args)]
pub struct PlannedArgs<A: Args> {
    /// The complaint's tracking number or id.
    #[arg(value_name = "COMPLAINT")]
    complaint: String,
    #[command(flatten)]
    act: A,
    #[command(flatten, next_help_heading = "Options of every planned act")]
    on: PlannedOn,
}

/// What all previews have in common.
#[derive(Debug, Args)]
struct PlannedOn {
    /// Who would act [default: the subject of the token or certificate, else `cli`].
    #[arg(long, alias = "as", env = "REDRESS_ACTOR", value_name = "NAME")]
    actor: Option<String>,
    #[command(flatten)]
    purpose: PurposeArgs,
    /// The service to call.
    #[command(flatten)]
    connection: Connection,
}

/// Shows the notices of an act; `planned` makes it one of those that can be previewed.
pub(super) async fn show<A: acts::Act>(
    args: PlannedArgs<A>,
    planned: fn(A::Request) -> Act,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let said = Said {
        zone: &args.on.connection.time_zone,
        before: &v1::Complaint::default(),
    };
    let mut request = args.act.request(&said)?;
    request.set(Head {
        name: String::new(),
        actor: args.on.connection.actor(args.on.actor.as_deref()),
        request_id: String::new(),
        etag: String::new(),
    });
    let name = resource_name(&args.complaint);
    args.on.show(name, planned(request), terminal).await
}

impl PlannedOn {
    async fn show(&self, name: String, act: Act, terminal: &mut Terminal) -> Result<(), Failure> {
        let mut client = self.connection.complaints_for(&self.purpose).await?;
        let request = v1::PreviewNoticesRequest {
            name,
            act: Some(act),
        };
        let preview = client.preview_notices(request).await;
        let preview = preview.map_err(CallError::from)?.into_inner();
        if self.connection.json {
            let value = Json::new()?.value("PreviewNoticesResponse", &preview)?;
            terminal.line(format_args!("{value:#}"))?;
            return Ok(());
        }
        if preview.notices.is_empty() {
            terminal.toned(Tone::Quiet, "No notice would be sent.")?;
        }
        for notice in &preview.notices {
            head(notice, terminal)?;
            terminal.line("")?;
            terminal.line(&notice.text)?;
        }
        Ok(())
    }
}

/// What it is, how it would go, and what is in the way.
fn head(notice: &v1::PreviewedNotice, terminal: &mut Terminal) -> Result<(), Failure> {
    let kind = words::<v1::NoticeKind>(notice.kind);
    let language = words::<v1::Language>(notice.language);
    let means = words::<v1::ContactMeans>(notice.means);
    let goes = match notice.state() {
        v1::NoticeState::Waiting if notice.address.is_empty() => format!("to be sent by {means}"),
        v1::NoticeState::Waiting => {
            format!("to be sent by {means} to {}", one_line(&notice.address))
        }
        v1::NoticeState::Told => format!("told by {means}"),
        v1::NoticeState::Failed => {
            let failure = words::<v1::NoticeFailure>(notice.failure);
            let why = format!("{kind} ({language}): could not be sent: {failure}");
            terminal.toned(Tone::Bad, why)?;
            return Ok(());
        }
        _ => "to be delivered by another system".to_owned(),
    };
    terminal.toned(Tone::Strong, format_args!("{kind} ({language}): {goes}"))?;
    Ok(())
}
