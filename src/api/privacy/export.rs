//! Streams everything about a person as a JSON document in parts. Only the data for the next part is held in memory.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
    pin::Pin,
    sync::Arc,
};

use futures_util::Stream;
use prost::Message;
use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use crate::{
    access::{Caller, PersonalKind, Scope},
    api::{
        ComplaintApi, convert, event,
        json::{JsonError, MessageJson},
        page,
        personal::{Hand, Of, Personal, Shown},
        problems,
        unread::{PATIENCE, while_read},
    },
    domain::{Complaint, ComplaintRef},
    intake::{Problem, exported},
    proto::v1,
    store::{Extent, Listed, StoreError},
};

/// The response stream of `ExportPerson`.
pub(in crate::api) type ExportStream =
    Pin<Box<dyn Stream<Item = Result<ExportPart, Problem>> + Send + 'static>>;

/// A part of the document.
#[derive(Debug)]
pub(in crate::api) struct ExportPart {
    complaint: Uuid,
    /// The kinds of personal data in it.
    shows: BTreeSet<PersonalKind>,
    message: v1::ExportPersonResponse,
}

impl Personal for ExportPart {
    fn each(&mut self, hand: &mut dyn Hand) {
        for kind in &self.shows {
            hand.place(self.complaint, *kind, &mut self.message.part);
        }
    }
}

impl From<ExportPart> for v1::ExportPersonResponse {
    fn from(part: ExportPart) -> Self {
        part.message
    }
}

/// How much is read at once. As JSON, it takes several times as much at worst.
const EXTENT: Extent = Extent {
    rows: 500,
    bytes: 512 << 10,
};

impl ComplaintApi {
    pub(in crate::api) async fn begin_export(
        &self,
        caller: &Caller,
        request: v1::ExportPersonRequest,
    ) -> Result<ExportStream, Problem> {
        let named = exported(self.check_of(caller), &request)?;
        let turn = Arc::clone(&self.exports).try_acquire_owned();
        let turn = turn.map_err(|_| problems::busy())?;
        let mut complaints = VecDeque::new();
        for (place, which) in named.into_iter().enumerate() {
            let field = format!("complaints[{place}]");
            let complaint = self.reader.complaint(which, caller.scope()).await;
            let complaint = complaint.map_err(|error| problems::of_store(&error))?;
            let complaint = complaint.ok_or_else(|| problems::not_found_in(&field))?;
            if !complaint.may_be_handed_out() {
                return Err(problems::identity_not_verified(&field));
            }
            if !complaints.contains(&complaint.id) {
                complaints.push_back(complaint.id);
            }
        }
        let export = Export {
            api: self.clone(),
            scope: caller.scope().clone(),
            json: MessageJson::new().map_err(|error| Problem::internal(&error))?,
            complaints,
            open: None,
            begun: false,
            complete: false,
            pending: Vec::new(),
            shows: BTreeSet::new(),
            of: Uuid::nil(),
            _turn: turn,
        };
        let unread = |_: &Export| problems::not_read_on();
        Ok(while_read(export, PATIENCE, unread, Export::next))
    }
}

/// The lists in the document, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Events,
    Customers,
    Notices,
}

impl Section {
    const fn next(self) -> Option<Section> {
        match self {
            Section::Events => Some(Section::Customers),
            Section::Customers => Some(Section::Notices),
            Section::Notices => None,
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Section::Events => "events",
            Section::Customers => "customers",
            Section::Notices => "notices",
        })
    }
}

struct Export {
    api: ComplaintApi,
    scope: Scope,
    json: MessageJson,
    /// Remaining complaints.
    complaints: VecDeque<Uuid>,
    /// The complaint being written.
    open: Option<OpenComplaint>,
    /// Whether anything has been written.
    begun: bool,
    /// Whether the end has been written.
    complete: bool,
    /// Written but not sent yet; all of one complaint.
    pending: Vec<u8>,
    /// The kinds of personal data in it.
    shows: BTreeSet<PersonalKind>,
    /// The complaint that it belongs to.
    of: Uuid,
    _turn: OwnedSemaphorePermit,
}

/// A complaint whose object has been opened.
struct OpenComplaint {
    complaint: Complaint,
    section: Section,
    /// The last event written in the current section.
    after: i64,
    /// Whether the section has an item yet.
    begun: bool,
    /// The names of what cannot be read.
    unreachable: Vec<String>,
}

/// Why a part could not be made.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The complaint has left the caller's scope.
    #[error("the complaint is outside the caller's scope")]
    OutOfSight,
}

impl From<Broken> for Problem {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Store(error) => problems::of_store(&error),
            Broken::Json(error) => Problem::internal(&error),
            Broken::OutOfSight => problems::not_found(),
        }
    }
}

impl Export {
    /// The next part, and the remaining work.
    async fn next(mut self) -> (Result<ExportPart, Problem>, Option<Self>) {
        let shutdown = self.api.tail.shutdown().clone();
        if self.pending.is_empty() {
            match shutdown.run_until_cancelled(self.write()).await {
                None => return (Err(problems::shutting_down()), None),
                Some(Err(broken)) => return (Err(broken.into()), None),
                Some(Ok(())) => {}
            }
        }
        let rest = self
            .pending
            .split_off(self.pending.len().min(page::LARGEST));
        let part = std::mem::replace(&mut self.pending, rest);
        let goes_on = !self.complete || !self.pending.is_empty();
        let shows = self.shows.clone();
        if self.pending.is_empty() {
            self.shows.clear();
        }
        let part = ExportPart {
            complaint: self.of,
            shows,
            message: v1::ExportPersonResponse { part },
        };
        (Ok(part), goes_on.then_some(self))
    }

    /// Writes the next piece: the start of a complaint, a page of one of its lists, or the end.
    async fn write(&mut self) -> Result<(), Broken> {
        match self.open.take() {
            Some(mut open) => {
                if open.write_list(self).await? {
                    self.open = Some(open);
                }
            }
            None => match self.complaints.pop_front() {
                Some(complaint) => self.open = Some(self.begin(complaint).await?),
                None => {
                    self.put("]}");
                    self.complete = true;
                }
            },
        }
        Ok(())
    }

    /// Opens the object of a complaint.
    async fn begin(&mut self, complaint: Uuid) -> Result<OpenComplaint, Broken> {
        let reader = &self.api.reader;
        let stored = reader.complaint_with_personal(ComplaintRef::Id(complaint), &self.scope);
        let stored = stored.await?.ok_or(Broken::OutOfSight)?;
        let mut shown = Of {
            complaint,
            message: convert::stored(&stored, &self.api.policies()),
        };
        let value = self.json.value("Complaint", &shown.message)?;
        self.shows.extend(Shown::by(&mut shown).kinds());
        self.of = complaint;
        let before = if self.begun { "," } else { "{\"complaints\":[" };
        self.put(&format!(
            "{before}{{\"complaint\":{value},\"{}\":[",
            Section::Events
        ));
        self.begun = true;
        Ok(OpenComplaint {
            complaint: stored.complaint,
            section: Section::Events,
            after: 0,
            begun: false,
            unreachable: Vec::new(),
        })
    }

    fn put(&mut self, text: &str) {
        self.pending.extend_from_slice(text.as_bytes());
    }
}

impl OpenComplaint {
    /// Writes a page of a list, or the end of the object. Returns false after the end.
    async fn write_list(&mut self, export: &mut Export) -> Result<bool, Broken> {
        let more = match self.section {
            Section::Events => self.events(export).await?,
            Section::Customers => self.customers(export).await?,
            Section::Notices => self.notices(export).await?,
        };
        if more {
            return Ok(true);
        }
        let next = self.section.next();
        match next {
            Some(next) => {
                (self.section, self.after, self.begun) = (next, 0, false);
                export.put(&format!("],\"{next}\":["));
            }
            None => {
                let unreachable = json!(self.unreachable);
                export.put(&format!("],\"unreachable\":{unreachable}}}"));
            }
        }
        Ok(next.is_some())
    }

    async fn events(&mut self, export: &mut Export) -> Result<bool, Broken> {
        let reader = &export.api.reader;
        let page = reader.events(self.complaint.id, self.after, EXTENT, true);
        let Listed { items, more } = page.await?;
        for stored in items {
            let (complaint, sequence) = (self.complaint.id, stored.sequence);
            let name = || convert::event_name(complaint, sequence);
            match export.api.unreadable.told(stored.content, name) {
                Ok(content) => {
                    let event = event::event(complaint, sequence, content);
                    self.item("Event", event, export)?;
                }
                Err(name) => self.unreachable.push(name),
            }
            self.after = sequence;
        }
        Ok(more)
    }

    async fn customers(&mut self, export: &mut Export) -> Result<bool, Broken> {
        let reader = &export.api.reader;
        let page = reader.customers(self.complaint.id, self.after, EXTENT);
        let Listed { items, more } = page.await?;
        for (sequence, customer) in items {
            let name = convert::event_name(self.complaint.id, sequence);
            match export.api.unreadable.told(customer, || name.clone()) {
                Ok(customer) => {
                    let account = self.complaint.disclosed_account(&customer);
                    let message = convert::customer(&customer, account);
                    let invoices = customer.invoices;
                    let value = json!({
                        "event": name,
                        "customer": export.json.value("Customer", &message)?,
                        "monthly_invoice_cents": invoices.prior_month_cents,
                        "average_invoice_cents": invoices.average_cents,
                    });
                    export.shows.insert(PersonalKind::Customer);
                    self.put_item(&value, export);
                }
                Err(name) => self.unreachable.push(name),
            }
            self.after = sequence;
        }
        Ok(more)
    }

    async fn notices(&mut self, export: &mut Export) -> Result<bool, Broken> {
        let reader = &export.api.reader;
        let page = reader.notices(self.complaint.id, self.after, EXTENT);
        let Listed { items, more } = page.await?;
        for (sequence, notice) in items {
            let complaint = self.complaint.id;
            let name = || convert::notice_name(complaint, sequence);
            match export.api.unreadable.told(notice, name) {
                Ok(notice) => {
                    self.item("Notice", convert::notice(complaint, notice), export)?;
                }
                Err(name) => self.unreachable.push(name),
            }
            self.after = sequence;
        }
        Ok(more)
    }

    fn item(
        &mut self,
        name: &str,
        mut item: impl Message + Personal,
        export: &mut Export,
    ) -> Result<(), Broken> {
        let value = export.json.value(name, &item)?;
        export.shows.extend(Shown::by(&mut item).kinds());
        self.put_item(&value, export);
        Ok(())
    }

    fn put_item(&mut self, value: &Value, export: &mut Export) {
        if self.begun {
            export.put(",");
        }
        self.begun = true;
        export.put(&value.to_string());
    }
}
