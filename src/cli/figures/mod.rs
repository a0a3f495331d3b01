//! `redress figures`.

mod args;
mod csv;
mod page;

pub use self::args::FiguresArgs;
use super::{Failure, connection::complain_of_names, json::Json};
use crate::{
    client::{CallError, FigureClient},
    proto::v1::{self, get_figures_response::Message},
    terminal::{Terminal, Tone, bar, complain, table},
};

/// How many complaints are asked for at once.
const PAGE: i32 = 1_000;

pub(super) async fn run(args: FiguresArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut client = args.connection.figures().await?;
    match args.complaints {
        Some(measure) => list(&mut client, measure, &args, terminal).await,
        None => show(&mut client, &args, terminal).await,
    }
}

async fn show(
    client: &mut FigureClient,
    args: &FiguresArgs,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let figures = figures(client, args.request()?, terminal).await?;
    complain_of_names(&figures.unreachable);
    if args.connection.json {
        terminal.line(Json::new()?.value("Figures", &figures)?)?;
    } else if args.csv {
        terminal.verbatim(&csv::of(&figures))?;
        complain(&format!("position {}", figures.position));
    } else {
        page::show(&figures, args, terminal)?;
    }
    Ok(())
}

/// Reads the stream to its end.
async fn figures(
    client: &mut FigureClient,
    request: v1::GetFiguresRequest,
    terminal: &Terminal,
) -> Result<v1::Figures, Failure> {
    let begun = client.get_figures(request).await;
    let mut stream = begun.map_err(CallError::from)?.into_inner();
    let bar = bar(terminal, 0);
    while let Some(response) = stream.message().await.map_err(CallError::from)? {
        match response.message {
            Some(Message::Progress(progress)) => {
                bar.set_message(format!("{} complaints", progress.complaints));
                bar.tick();
            }
            Some(Message::Figures(figures)) => {
                bar.finish_and_clear();
                return Ok(figures);
            }
            None => {}
        }
    }
    Err(Failure::Answer(
        "the service ended before it had the figures".to_owned(),
    ))
}

async fn list(
    client: &mut FigureClient,
    measure: v1::FigureMeasure,
    args: &FiguresArgs,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let asked = args.request()?;
    let mut request = v1::ListFigureComplaintsRequest {
        month: asked.month,
        from_time: asked.from_time,
        to_time: asked.to_time,
        time_zone: asked.time_zone,
        measure: measure.into(),
        only: asked.only,
        position: asked.position,
        page_size: PAGE,
        page_token: String::new(),
    };
    let json = Json::new()?;
    let mut listed = 0;
    loop {
        let page = client.list_figure_complaints(request.clone()).await;
        let page = page.map_err(CallError::from)?.into_inner();
        complain_of_names(&page.unreachable);
        listed += page.complaints.len();
        if args.connection.json {
            for complaint in &page.complaints {
                terminal.line(json.value("FigureComplaint", complaint)?)?;
            }
        } else if !page.complaints.is_empty() {
            let rows = page
                .complaints
                .iter()
                .flat_map(|it| page::rows_of(it, args));
            terminal.line(table(["complaint", "counts on", "promise", "days"], rows))?;
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    if listed == 0 && !args.connection.json {
        terminal.toned(Tone::Quiet, "No complaints count for it.")?;
    }
    Ok(())
}
