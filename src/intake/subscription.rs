//! Requests about subscriptions.

use std::collections::BTreeSet;

use jiff::Timestamp;
use prost::Message as _;
use uuid::Uuid;

use super::{
    check::{Check, EVENTS, SHORT, TextRule},
    page_token::FilterDigest,
    problem::Problem,
};
use crate::{
    domain::EventKind,
    policy::PolicyBook,
    proto::v1,
    store::{AfterGivingUp, DeliveriesOnly, EventFilter},
};

/// What the name of every subscription begins with.
pub(crate) const SUBSCRIPTIONS: &str = "subscriptions/";
/// The address of an endpoint.
const ENDPOINT: TextRule = TextRule::one_line(2_000);
/// How many items each list of a filter has at the most.
const MOST_ITEMS: usize = 100;
/// The fields that may be changed.
const FIELDS: [&str; 6] = [
    "title",
    "endpoint",
    "filter",
    "include_text",
    "dead_letters",
    "contact_email",
];

/// What a request has a subscription be; `None` in what it leaves as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct SubscriptionFields {
    pub(crate) title: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) filter: Option<EventFilter>,
    pub(crate) texts: Option<bool>,
    pub(crate) after_giving_up: Option<AfterGivingUp>,
    /// The inner one is none where there is to be no contact.
    pub(crate) contact_email: Option<Option<String>>,
}

/// A checked request to change a subscription.
#[derive(Debug)]
pub(crate) struct SubscriptionUpdate {
    pub(crate) id: Uuid,
    pub(crate) version: Option<i64>,
    pub(crate) actor: String,
    pub(crate) fields: SubscriptionFields,
}

/// A checked request to have deliveries sent again.
#[derive(Debug)]
pub(crate) struct Replay {
    pub(crate) id: Uuid,
    pub(crate) actor: String,
    pub(crate) which: ReplayWhich,
}

/// Which deliveries are sent again.
#[derive(Debug)]
pub(crate) enum ReplayWhich {
    /// These events.
    Events(Vec<(Uuid, i64)>),
    /// Those that pass a filter.
    Filter {
        include_delivered: bool,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        kinds: Vec<EventKind>,
        after: Option<(Uuid, i64)>,
        digest: FilterDigest,
    },
}

/// A checked request for deliveries.
#[derive(Debug)]
pub(crate) struct DeliveriesList {
    pub(crate) id: Uuid,
    pub(crate) only: Option<DeliveriesOnly>,
    pub(crate) size: usize,
    pub(crate) after: Option<(Uuid, i64)>,
    pub(crate) digest: FilterDigest,
}

impl Check {
    /// `subscriptions/{id}`.
    pub(crate) fn subscription(&mut self, field: &str, name: &str) -> Option<Uuid> {
        let id = name.strip_prefix(SUBSCRIPTIONS).and_then(|id| {
            let read: Uuid = id.parse().ok()?;
            // One form alone.
            (read.to_string() == id).then_some(read)
        });
        if id.is_none() {
            self.violation(field, "must be subscriptions/{id}");
        }
        id
    }

    fn event_filter(
        &mut self,
        given: Option<v1::EventFilter>,
        policies: &PolicyBook,
    ) -> EventFilter {
        let given = given.unwrap_or_default();
        let at = |field: &str| format!("subscription.filter.{field}");
        let brand = self.known_brand(&at("brand"), &given.brand);
        for (field, items) in [
            ("kinds", given.kinds.len()),
            ("policies", given.policies.len()),
            ("levels", given.levels.len()),
            ("clocks", given.clocks.len()),
        ] {
            if items > MOST_ITEMS {
                let wanted = format!("must have at most {MOST_ITEMS} items");
                self.violation(at(field), wanted);
                return EventFilter::default();
            }
        }
        let kinds = self.distinct(&at("kinds"), &given.kinds);
        let named = |check: &mut Self, field: &str, given: &[String], known: Vec<String>| {
            let mut names = BTreeSet::new();
            for (place, name) in given.iter().enumerate() {
                let field = format!("{}[{place}]", at(field));
                let known = known.iter().map(String::as_str);
                match name.trim().is_empty() {
                    true => check.violation(field, "is required"),
                    false => names.extend(check.known(&field, name, known)),
                }
            }
            names.into_iter().collect::<Vec<_>>()
        };
        let known = policies.names().iter().map(|it| (*it).to_owned()).collect();
        let of_policies = named(self, "policies", &given.policies, known);
        let known = policies.clock_names(None);
        let known = known.into_iter().map(str::to_owned).collect();
        let clocks = named(self, "clocks", &given.clocks, known);
        let highest = policies.highest_level(None);
        let highest = u32::try_from(highest).unwrap_or(u32::MAX);
        let mut levels = BTreeSet::new();
        for (place, level) in given.levels.iter().enumerate() {
            match u32::try_from(*level).ok().filter(|level| *level <= highest) {
                Some(level) => {
                    levels.insert(level);
                }
                None => {
                    let wanted = format!("must be 0 to {highest}, the highest level of any policy");
                    self.violation(format!("{}[{place}]", at("levels")), wanted);
                }
            }
        }
        EventFilter {
            brand,
            kinds,
            policies: of_policies,
            levels: levels.into_iter().collect(),
            clocks,
        }
    }

    /// What a request has the fields of a subscription be that it names.
    fn subscription_fields(
        &mut self,
        given: v1::Subscription,
        policies: &PolicyBook,
        named: impl Fn(&str) -> bool,
    ) -> SubscriptionFields {
        let mut fields = SubscriptionFields::default();
        if named("title") {
            fields.title = self.required("subscription.title", &given.title, SHORT);
        }
        if named("endpoint") {
            fields.endpoint = self.required("subscription.endpoint", &given.endpoint, ENDPOINT);
        }
        if named("filter") {
            fields.filter = Some(self.event_filter(given.filter, policies));
        }
        if named("include_text") {
            fields.texts = Some(given.include_text);
        }
        if named("dead_letters") {
            fields.after_giving_up = self.choice_or(
                "subscription.dead_letters",
                given.dead_letters,
                AfterGivingUp::Skip,
            );
        }
        if named("contact_email") {
            let contact = self.email("subscription.contact_email", &given.contact_email);
            fields.contact_email = Some(contact);
        }
        fields
    }
}

/// Reads what a new subscription is to be, with who creates it.
///
/// # Errors
/// INVALID_ARGUMENT with every violation.
pub(crate) fn new_subscription(
    mut check: Check,
    request: v1::CreateSubscriptionRequest,
    acting: &str,
    policies: &PolicyBook,
) -> Result<(SubscriptionFields, String), Problem> {
    let actor = check.actor(acting);
    let given = request.subscription.unwrap_or_default();
    let fields = check.subscription_fields(given, policies, |_| true);
    let actor = check.finish(actor)?;
    Ok((fields, actor))
}

impl SubscriptionUpdate {
    /// # Errors
    /// INVALID_ARGUMENT with every violation.
    pub(crate) fn of(
        mut check: Check,
        request: v1::UpdateSubscriptionRequest,
        acting: &str,
        policies: &PolicyBook,
    ) -> Result<Self, Problem> {
        let actor = check.actor(acting);
        let given = request.subscription.unwrap_or_default();
        let id = check.subscription("subscription.name", &given.name);
        let version = check.etag_at("subscription.etag", &given.etag);
        let paths = request.update_mask.unwrap_or_default().paths;
        if paths.is_empty() {
            check.violation("update_mask", "is required");
        }
        for (place, path) in paths.iter().enumerate() {
            if !FIELDS.contains(&path.as_str()) {
                let wanted = format!("must be one of {}", FIELDS.join(", "));
                check.violation(format!("update_mask.paths[{place}]"), wanted);
            }
        }
        let named = |field: &str| paths.iter().any(|path| path == field);
        let fields = check.subscription_fields(given, policies, named);
        let (id, actor) = check.finish(id.zip(actor))?;
        Ok(SubscriptionUpdate {
            id,
            version,
            actor,
            fields,
        })
    }
}

/// Reads which subscription is meant, and who acts.
///
/// # Errors
/// INVALID_ARGUMENT with every violation.
pub(crate) fn subscription_act(
    mut check: Check,
    name: &str,
    acting: &str,
) -> Result<(Uuid, String), Problem> {
    let id = check.subscription("name", name);
    let actor = check.actor(acting);
    check.finish(id.zip(actor))
}

impl DeliveriesList {
    /// # Errors
    /// INVALID_ARGUMENT with every violation.
    pub(crate) fn of(
        mut check: Check,
        mut request: v1::ListDeliveriesRequest,
    ) -> Result<Self, Problem> {
        let size = check.page_size(request.page_size, 100);
        let token = std::mem::take(&mut request.page_token);
        request.page_size = 0;
        // What is left is the filter.
        let digest = FilterDigest::of("ListDeliveries", &request.encode_to_vec());
        let after = check.page_token(&token, digest);
        let id = check.subscription("parent", &request.parent);
        let only = check.choice_if_any("filter", request.filter);
        let id = check.finish(id)?;
        Ok(DeliveriesList {
            id,
            only,
            size,
            after,
            digest,
        })
    }
}

impl Replay {
    /// # Errors
    /// INVALID_ARGUMENT with every violation.
    pub(crate) fn of(
        mut check: Check,
        mut request: v1::ReplayDeliveriesRequest,
        acting: &str,
    ) -> Result<Self, Problem> {
        let actor = check.actor(acting);
        let id = check.subscription("name", &request.name);
        let token = std::mem::take(&mut request.page_token);
        request.actor.clear();
        let digest = FilterDigest::of("ReplayDeliveries", &request.encode_to_vec());
        let after = check.page_token(&token, digest);
        let since = check.any_time("start_time", request.start_time);
        let until = check.any_time("end_time", request.end_time);
        if since
            .zip(until)
            .is_some_and(|(since, until)| since >= until)
        {
            check.violation("end_time", "must lie after start_time");
        }
        let kinds: Vec<EventKind> = check.distinct("kinds", &request.kinds);
        let filtered = request.include_delivered
            || request.start_time.is_some()
            || request.end_time.is_some()
            || !request.kinds.is_empty();
        if request.events.len() > MOST_ITEMS {
            let wanted = format!("must have at most {MOST_ITEMS} items");
            check.violation("events", wanted);
        } else if !request.events.is_empty() && filtered {
            check.violation("events", "must not be given together with a filter");
        }
        let mut events = Vec::new();
        for (place, name) in request.events.iter().enumerate().take(MOST_ITEMS) {
            match event_named(name) {
                Some(event) => events.push(event),
                None => {
                    let wanted = "must be complaints/{id}/events/{number}, with an id that is not a tracking number";
                    check.violation(format!("events[{place}]"), wanted);
                }
            }
        }
        let which = if events.is_empty() {
            ReplayWhich::Filter {
                include_delivered: request.include_delivered,
                since,
                until,
                kinds,
                after,
                digest,
            }
        } else {
            ReplayWhich::Events(events)
        };
        let (id, actor) = check.finish(id.zip(actor))?;
        Ok(Replay { id, actor, which })
    }
}

/// An event by the name that the service gives it.
fn event_named(name: &str) -> Option<(Uuid, i64)> {
    let parts: Vec<&str> = name.split('/').collect();
    match parts.as_slice() {
        ["complaints", id, collection, number] if *collection == EVENTS => {
            let complaint: Uuid = id.parse().ok()?;
            let sequence: i64 = number.parse().ok()?;
            let canonical = sequence > 0 && sequence.to_string() == *number;
            (canonical && complaint.to_string() == *id).then_some((complaint, sequence))
        }
        _ => None,
    }
}
