//! Events as they are read: the row, what it says, and what never changes of the complaint that it belongs to.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use diesel::{
    ExpressionMethods as _, PgConnection, QueryDsl as _, Queryable, RunQueryDsl as _, Selectable,
    data_types::PgTimestamp,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    StoreError,
    any_array::among,
    placement::Placement,
    position::LogPlace,
    rows::{count, incomplete, instant, of_row, read_json},
    schema,
};
use crate::{
    access::Scope,
    domain::{Event, EventKind, Fact, Firing, Personal, Standing, entered_by},
};

/// An event as it stands in the log.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// The complaint.
    pub complaint: Uuid,
    /// Where it stands in the log. Of no meaning in the events of one complaint.
    pub place: LogPlace,
    /// From 1 within the complaint.
    pub sequence: i64,
    /// What kind it is. `None`: one that a newer release recorded.
    pub kind: Option<EventKind>,
    /// What it says; an error where what is stored cannot be read, which holds up no other event.
    pub content: Result<EventContent, StoreError>,
    /// What decided after it who may see the complaint. `None`: it says nothing of that, or that cannot be read either.
    pub placement: Option<Placement>,
}

/// What an event says.
#[derive(Debug, Clone)]
pub struct EventContent {
    /// When it was recorded.
    pub at: Timestamp,
    /// Who did it.
    pub actor: String,
    /// Who entered it, where that is somebody else.
    pub entered_by: Option<String>,
    /// What happened. `None`: what a newer release recorded.
    pub fact: Option<Fact>,
    /// The fact as it was hashed: JSON.
    pub payload: String,
    /// The step that caused it.
    pub firing: Option<Firing>,
    /// The chained hash.
    pub hash: Vec<u8>,
    /// Where the complaint stands after it, and which complaint that is.
    pub after: Option<(Standing, Arc<About>)>,
    /// What was said or written: where it was, was asked for, and is not erased.
    pub text: Option<String>,
}

/// What an event takes beside its texts, in bytes.
const EVENT: usize = 512;

impl StoredEvent {
    /// About how many bytes it takes up in an answer.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let content = |content: &EventContent| {
            let references = content.after.iter();
            let references = references.flat_map(|(_, about)| &about.case_references);
            // What happened is told twice: as it was hashed, and in the words of the API.
            2 * content.payload.len()
                + content.text.as_ref().map_or(0, String::len)
                + references.map(String::len).sum::<usize>()
        };
        EVENT + self.content.as_ref().map_or(0, content)
    }

    /// Whether a caller of this scope may see it: by the brand, and by whom the complaint was assigned to after it. One that
    /// does not say is for those alone who see everything.
    #[must_use]
    pub fn is_within(&self, scope: &Scope) -> bool {
        let placement = self.placement.as_ref();
        scope.is_everything() || placement.is_some_and(|placement| placement.is_within(scope))
    }
}

/// What events tell of their complaint that never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// What the customer quotes.
    pub tracking_number: String,
    /// The brand that the customer deals with.
    pub brand: String,
    /// The name of the provider's own code of practice.
    pub policy: String,
    /// Its references to cases elsewhere, as far as they were looked at. They are only ever added: an event knows how many
    /// there were.
    pub case_references: Vec<String>,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = schema::event)]
pub(super) struct EventRow {
    pub(super) complaint_id: Uuid,
    sequence: i64,
    pub(super) kind: String,
    at: PgTimestamp,
    actor: String,
    payload: String,
    hash: Vec<u8>,
    clock: Option<String>,
    cycle: Option<i32>,
    step: Option<i32>,
    repetition: Option<i32>,
    step_due_at: Option<PgTimestamp>,
    standing: Option<String>,
}

impl EventRow {
    fn firing(&mut self) -> Result<Option<Firing>, StoreError> {
        match (
            self.clock.take(),
            self.cycle,
            self.step,
            self.repetition,
            self.step_due_at,
        ) {
            (Some(clock), Some(cycle), Some(step), Some(repetition), Some(due)) => {
                Ok(Some(Firing {
                    clock,
                    cycle,
                    step: count(step)?,
                    repetition: count(repetition)?,
                    due: instant("step_due_at", due)?,
                }))
            }
            (None, None, None, None, None) => Ok(None),
            _ => Err(incomplete("the step that caused it")),
        }
    }

    fn standing(&self) -> Result<Option<Standing>, StoreError> {
        let standing = self.standing.as_ref();
        let standing = standing.map(|standing| read_json("standing", standing));
        standing.transpose()
    }

    fn fact(&self) -> Result<Fact, StoreError> {
        read_json("fact", &self.payload)
    }

    fn content(
        mut self,
        kind: Option<EventKind>,
        standing: Result<Option<Standing>, StoreError>,
        personal: Option<String>,
        abouts: &Abouts,
    ) -> Result<EventContent, StoreError> {
        let about = |standing: Standing| {
            let about = abouts.of(self.complaint_id, standing.case_references)?;
            Ok::<_, StoreError>((standing, about))
        };
        Ok(EventContent {
            at: instant("at", self.at)?,
            after: standing?.map(about).transpose()?,
            fact: kind.map(|_| self.fact()).transpose()?,
            firing: self.firing()?,
            actor: self.actor,
            entered_by: entered_by(&self.payload),
            payload: self.payload,
            hash: self.hash,
            text: text(kind, personal)?,
        })
    }
}

impl TryFrom<EventRow> for Event {
    type Error = StoreError;

    fn try_from(mut row: EventRow) -> Result<Self, Self::Error> {
        let sequence = row.sequence;
        let mut read = || -> Result<Event, StoreError> {
            Ok(Event {
                sequence,
                at: instant("at", row.at)?,
                fact: row.fact()?,
                firing: row.firing()?,
                standing: row.standing()?,
                actor: std::mem::take(&mut row.actor),
                payload: std::mem::take(&mut row.payload),
                hash: std::mem::take(&mut row.hash),
            })
        };
        read().map_err(|error| of_row(format_args!("event {sequence}"), error))
    }
}

/// The text of an event, from the personal data beside it: what was said or written, or the customer's words of an issue.
/// Taken here and not by the database, which gives up a whole page for one text with a character that it cannot hold.
fn text(kind: Option<EventKind>, personal: Option<String>) -> Result<Option<String>, StoreError> {
    let Some(personal) = personal else {
        return Ok(None);
    };
    let personal: Personal = read_json("personal data", &personal)?;
    let words = || {
        let mut issues = personal.issues.into_iter();
        issues.next().map(|issue| issue.description)
    };
    Ok(match (personal.text, personal.remedy) {
        (None, _) if kind == Some(EventKind::IssueAdded) => words(),
        (Some(text), Some(remedy)) => Some(format!("{text}\n\n{remedy}")),
        (text, _) => text,
    })
}

/// Reads a page of events, each with the personal data beside it as JSON. What is looked up of their complaints never changes,
/// so the page is of one moment nevertheless.
pub(super) fn read(
    page: Vec<(EventRow, Option<String>)>,
    connection: &mut PgConnection,
) -> Result<Vec<StoredEvent>, StoreError> {
    let abouts = Abouts::of_page(page.iter().map(|(row, _)| row), connection)?;
    let read = |(row, personal): (EventRow, Option<String>)| {
        let (complaint, sequence) = (row.complaint_id, row.sequence);
        let kind = row.kind.parse().ok();
        let standing = row.standing();
        let placement = standing.as_ref().ok().and_then(Option::as_ref);
        let placement = placement.and_then(|standing| abouts.placement(complaint, standing));
        let content = row.content(kind, standing, personal, &abouts);
        StoredEvent {
            complaint,
            place: LogPlace::default(),
            sequence,
            kind,
            content: content.map_err(|error| of_row(format_args!("event {sequence}"), error)),
            placement,
        }
    };
    Ok(page.into_iter().map(read).collect())
}

/// What the events of a page tell of their complaints.
struct Abouts(BTreeMap<Uuid, Result<Arc<About>, StoreError>>);

/// That member of a complaint's JSON which events tell of.
#[derive(Deserialize)]
struct References {
    #[serde(default)]
    case_references: Vec<String>,
}

impl Abouts {
    fn of_page<'r>(
        rows: impl Iterator<Item = &'r EventRow>,
        connection: &mut PgConnection,
    ) -> Result<Abouts, StoreError> {
        let (mut ids, mut with_references) = (BTreeSet::new(), BTreeSet::new());
        for row in rows {
            // What cannot be read is told of the event itself.
            if let Ok(Some(standing)) = row.standing() {
                ids.insert(row.complaint_id);
                if standing.case_references > 0 {
                    with_references.insert(row.complaint_id);
                }
            }
        }
        let mut references = references_of(with_references, connection)?;
        let abouts = heads_of(ids, connection)?.into_iter();
        let abouts = abouts.map(|(id, tracking_number, brand, policy)| {
            let references = references.remove(&id).unwrap_or(Ok(Vec::new()));
            let about = references.map(|case_references| About {
                tracking_number,
                brand,
                policy,
                case_references,
            });
            (id, about.map(Arc::new))
        });
        Ok(Abouts(abouts.collect()))
    }

    /// What decides who may see an event of a complaint that stood so after it.
    fn placement(&self, complaint: Uuid, standing: &Standing) -> Option<Placement> {
        let about = self.0.get(&complaint)?.as_ref().ok()?;
        Some(Placement {
            brand: about.brand.clone(),
            assignee: standing.assignee.clone(),
        })
    }

    /// Of the complaint of an event, when it had this many case references.
    fn of(&self, complaint: Uuid, case_references: usize) -> Result<Arc<About>, StoreError> {
        let gone = || StoreError::Corrupt("its complaint is gone".to_owned());
        let about = self.0.get(&complaint).ok_or_else(gone)?;
        let about = about.as_ref().map_err(StoreError::clone)?;
        if about.case_references.len() < case_references {
            let why = "there are fewer than the event says";
            return Err(StoreError::corrupt("case references", why));
        }
        Ok(Arc::clone(about))
    }
}

fn heads_of(
    ids: BTreeSet<Uuid>,
    connection: &mut PgConnection,
) -> Result<Vec<(Uuid, String, String, String)>, StoreError> {
    use schema::complaint::dsl;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = dsl::complaint.select((dsl::id, dsl::tracking_number, dsl::brand, dsl::policy));
    Ok(query.filter(dsl::id.eq(among(ids))).load(connection)?)
}

/// The case references of these complaints. Taken from their JSON here, for the same reason as texts are.
fn references_of(
    ids: BTreeSet<Uuid>,
    connection: &mut PgConnection,
) -> Result<BTreeMap<Uuid, Result<Vec<String>, StoreError>>, StoreError> {
    use schema::complaint::dsl;
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = dsl::complaint.select((dsl::id, dsl::body));
    let found: Vec<(Uuid, String)> = query.filter(dsl::id.eq(among(ids))).load(connection)?;
    let read = found.into_iter().map(|(id, body)| {
        let read: Result<References, _> = read_json("complaint", &body);
        (id, read.map(|read| read.case_references))
    });
    Ok(read.collect())
}
