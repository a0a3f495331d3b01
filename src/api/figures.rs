//! Figures, and the complaints behind them.

use std::{pin::Pin, sync::Arc};

use futures_util::Stream;
use prost::Message as _;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::{
    ComplaintApi,
    convert::{self, name_of, time},
    page, problems,
    unread::{PATIENCE, while_read},
    unreadable::Unreadable,
};
use crate::{
    access::Caller,
    figures::{CellFigures, Question, TooManyCells, definition, definitions_version},
    intake::{
        Choice as _, FigureList, FiguresRequest, Problem, only_message, page_token::token, position,
    },
    proto::v1::{self, get_figures_response::Message},
    store::{Position, StoreError},
    tallying::{CountedFact, FigureComplaint, Sheet, Step, Tallied, TallyError, Tallying, list},
};

/// What a call of `GetFigures` returns.
pub(super) type FiguresStream =
    Pin<Box<dyn Stream<Item = Result<v1::GetFiguresResponse, Problem>> + Send + 'static>>;

impl ComplaintApi {
    pub(super) async fn begin_figures(
        &self,
        caller: &Caller,
        request: v1::GetFiguresRequest,
    ) -> Result<FiguresStream, Problem> {
        let asked = request.position.clone();
        let FiguresRequest {
            question,
            time_zone,
            position,
        } = FiguresRequest::of(self.check_of(caller), request, &self.policies())?;
        let turn = Arc::clone(&self.figures).try_acquire_owned();
        let turn = turn.map_err(|_| problems::busy())?;
        let position = self.figure_position(position).await?;
        // As it was asked for, where it was: a position may have several names.
        let told = if asked.is_empty() {
            position::token(position)
        } else {
            asked
        };
        let course = Course {
            heading: Heading {
                position: told,
                time_zone,
                question: question.clone(),
            },
            tallying: Tallying::new(self.reader.clone(), self.sheet(caller, question, position)),
            unreadable: self.unreadable.clone(),
            shutdown: self.tail.shutdown().clone(),
            _turn: turn,
        };
        // Driven by whoever reads the stream: who leaves ends it, and so does who does not read.
        let unread = |_: &Course| problems::not_read_on();
        Ok(while_read(course, PATIENCE, unread, Course::next))
    }

    pub(super) async fn read_figure_complaints(
        &self,
        caller: &Caller,
        request: v1::ListFigureComplaintsRequest,
    ) -> Result<v1::ListFigureComplaintsResponse, Problem> {
        let asked = request.position.clone();
        let FigureList {
            question,
            position,
            size,
            after,
            digest,
        } = FigureList::of(self.check_of(caller), request, &self.policies())?;
        let turn = Arc::clone(&self.figures).try_acquire_owned();
        let _turn = turn.map_err(|_| problems::busy())?;
        let position = self.figure_position(position).await?;
        let (after, told) = match after {
            Some((after, told)) => (Some(after), told),
            None if asked.is_empty() => (None, position::token(position)),
            None => (None, asked),
        };
        let sheet = self.sheet(caller, question, position);
        let listing = list(&self.reader, sheet, after, size).await;
        let listing = listing.map_err(|error| problems::of_tally(&error))?;
        let rows = listing.complaints.into_iter().map(complaint);
        let mut next = listing.next.map(|next| token((next, &told), digest));
        let (mut complaints, mut bytes) = (Vec::new(), 0);
        for (id, row) in rows {
            bytes += page::weight(&row);
            complaints.push(row);
            // The last one may go beyond it, for which there is room.
            if bytes > page::LARGEST {
                next = Some(token((id, &told), digest));
                break;
            }
        }
        Ok(v1::ListFigureComplaintsResponse {
            complaints,
            next_page_token: next.unwrap_or_default(),
            position: told,
            unreachable: names(&self.unreadable, listing.unreadable),
        })
    }

    fn sheet(&self, caller: &Caller, question: Question, position: Position) -> Sheet {
        Sheet {
            question,
            position,
            scope: caller.scope().clone(),
            policies: self.policies(),
        }
    }

    /// A position on the branch that is being written; by default the last one.
    async fn figure_position(&self, position: Option<Position>) -> Result<Position, Problem> {
        match position {
            Some(position) => {
                let found = self.reader.log_position(position).await;
                found.map_err(|error| problems::of_position(&error))
            }
            None => {
                let end = self.reader.log_end().await;
                end.map_err(|error| problems::of_store(&error))
            }
        }
    }
}

/// Figures on their way.
struct Course {
    heading: Heading,
    tallying: Tallying,
    unreadable: Unreadable,
    shutdown: CancellationToken,
    _turn: OwnedSemaphorePermit,
}

/// What stands above the figures.
struct Heading {
    position: String,
    time_zone: String,
    question: Question,
}

impl Course {
    /// The next message, and what is left to be done.
    async fn next(self) -> (Result<v1::GetFiguresResponse, Problem>, Option<Self>) {
        let Course {
            heading,
            tallying,
            unreadable,
            shutdown,
            _turn,
        } = self;
        let step = shutdown.run_until_cancelled(tallying.go_on()).await;
        match step {
            None => (Err(problems::shutting_down()), None),
            Some(Err(error)) => (Err(problems::of_tally(&error)), None),
            Some(Ok(Step::More(tallying))) => {
                let progress = v1::FigureProgress {
                    complaints: i64::try_from(tallying.looked_at()).unwrap_or(i64::MAX),
                };
                let course = Course {
                    heading,
                    tallying: *tallying,
                    unreadable,
                    shutdown,
                    _turn,
                };
                (Ok(response(Message::Progress(progress))), Some(course))
            }
            Some(Ok(Step::Done(tallied))) => {
                let figures = heading.above(tallied, &unreadable);
                let fits = figures.encoded_len() <= page::LARGEST;
                let too_large = || problems::of_tally(&TallyError::TooManyCells(TooManyCells));
                let told = fits.then(|| response(Message::Figures(figures)));
                (told.ok_or_else(too_large), None)
            }
        }
    }
}

impl Heading {
    fn above(self, tallied: Tallied, unreadable: &Unreadable) -> v1::Figures {
        let Question {
            period,
            by,
            measures,
            only,
        } = self.question;
        v1::Figures {
            position: self.position,
            definitions_version: definitions_version(),
            from_time: time(period.from),
            to_time: time(period.to),
            time_zone: self.time_zone,
            by: by.iter().map(|dimension| dimension.number()).collect(),
            only: only_message(&only),
            definitions: measures
                .iter()
                .map(|measure| {
                    let meaning = definition(*measure);
                    v1::MeasureDefinition {
                        measure: measure.number(),
                        title: meaning.title.to_owned(),
                        unit: meaning.unit.to_owned(),
                        definition: meaning.definition.to_owned(),
                        source: meaning.source.to_owned(),
                    }
                })
                .collect(),
            cells: tallied.cells.into_iter().map(cell).collect(),
            total: Some(cell(tallied.total)),
            unreachable: names(unreadable, tallied.unreadable),
        }
    }
}

fn response(message: Message) -> v1::GetFiguresResponse {
    v1::GetFiguresResponse {
        message: Some(message),
    }
}

fn cell(figures: CellFigures) -> v1::FigureCell {
    v1::FigureCell {
        key: figures.cell,
        figures: figures
            .figures
            .into_iter()
            .map(|(measure, value)| v1::Figure {
                measure: measure.number(),
                value,
            })
            .collect(),
    }
}

fn complaint(found: FigureComplaint) -> (uuid::Uuid, v1::FigureComplaint) {
    let id = found.id;
    let fact = |fact: CountedFact| v1::CountedFact {
        time: time(fact.at),
        clock: fact
            .clock
            .map(|(clock, cycle)| convert::clock_name(id, &clock, cycle))
            .unwrap_or_default(),
        days: fact.days,
    };
    let message = v1::FigureComplaint {
        complaint: name_of(id),
        tracking_number: found.tracking_number,
        facts: found.facts.into_iter().map(fact).collect(),
    };
    (id, message)
}

/// The names of what cannot be read. Why is in the log.
fn names(unreadable: &Unreadable, found: Vec<(uuid::Uuid, StoreError)>) -> Vec<String> {
    let told = found
        .into_iter()
        .map(|(id, error)| unreadable.told(Err::<(), _>(error), || name_of(id)));
    told.filter_map(Result::err).collect()
}
