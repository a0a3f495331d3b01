//! Carrying out an act: the complaint before it, the call, and what came of it.

use tonic::Status;
use uuid::Uuid;

use super::{
    act::{Act, ActArgs, CommonArgs, Head, Mutation as _, Said},
    next_step::next_step,
    report::{Before, report, unchanged},
};
use crate::{
    cli::{Connection, Failure},
    client::{CallError, Client, all_clocks, resource_name},
    proto::v1,
    terminal::Terminal,
};

/// Carries out an act, and says what came of it.
pub(super) async fn run<A: Act>(args: ActArgs<A>, terminal: &mut Terminal) -> Result<(), Failure> {
    let CommonArgs {
        actor,
        request_id,
        etag,
        connection,
    } = args.common;
    let mut client = connection.complaints().await?;
    let name = resource_name(&args.complaint);
    let before = before(&mut client, &name, &connection).await?;
    if args.act.is_done(&before.complaint) {
        return unchanged(&before.complaint, &connection, terminal);
    }
    let said = Said {
        zone: &connection.time_zone,
        before: &before.complaint,
    };
    let mut request = args.act.request(&said)?;
    let request_id = request_id.unwrap_or_else(Uuid::new_v4);
    request.set(Head {
        name,
        actor: connection.actor(actor.as_deref()),
        request_id: request_id.to_string(),
        etag: etag.unwrap_or_default(),
    });
    let after = request.call(&mut client).await;
    let after = after.map_err(|status| failed(status, request_id, &before, &connection))?;
    report(&mut client, &before, after.get_ref(), &connection, terminal).await
}

/// The complaint before an act, and its clocks. None of it is personal data.
async fn before(
    client: &mut Client,
    name: &str,
    connection: &Connection,
) -> Result<Before, Failure> {
    let paths = [
        "name",
        "tracking_number",
        "etag",
        "state",
        "level",
        "assignee",
        "labels",
    ];
    let request = v1::GetComplaintRequest {
        name: name.to_owned(),
        read_mask: Some(prost_types::FieldMask {
            paths: paths.map(str::to_owned).into(),
        }),
    };
    let refused = |source: CallError| refused(source, "COMPLAINT", connection);
    let complaint = client.get_complaint(request).await;
    let complaint = complaint
        .map_err(|status| refused(status.into()))?
        .into_inner();
    let clocks = all_clocks(client, &complaint.name).await.map_err(refused)?;
    Ok(Before {
        complaint,
        clocks: clocks.items,
    })
}

fn failed(status: Status, request_id: Uuid, before: &Before, connection: &Connection) -> Failure {
    match unclear(CallError::from(status), request_id) {
        Failure::Call(source) => refused(source, &before.complaint.tracking_number, connection),
        failure => failure,
    }
}

fn refused(source: CallError, number: &str, connection: &Connection) -> Failure {
    match next_step(&source, number, &connection.time_zone) {
        Some(next) => Failure::Refused { source, next },
        None => Failure::Call(source),
    }
}

/// The failure of a call that changes something, with the id under which it is safe to repeat if nobody knows what became of it.
pub(in crate::cli) fn unclear(source: CallError, request_id: Uuid) -> Failure {
    if source.is_unclear() {
        Failure::Unclear { source, request_id }
    } else {
        Failure::Call(source)
    }
}
