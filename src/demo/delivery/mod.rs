//! Deliveries to customers, staff and systems, and what happens at the receiving end.

mod contact_centre;
mod crm;
mod desk;
mod letter;
mod mail_system;
mod operator;
mod receiver;
mod signature;
mod tally;

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use tokio::task::JoinSet;

pub(super) use self::tally::{Counts, Tally};
use self::{
    crm::Crm, desk::Desk, letter::new_letters, mail_system::MailSystem, operator::Operator,
    receiver::Receiver,
};
use super::{
    aside::Asides,
    error::DemoError,
    home::Home,
    script::{HARBOUR, JIVE, NO_SUCH_MAILBOX},
    time::{ATTENTION, StoryTime},
};
use crate::{
    app::SecretKey,
    calendar::Calendar,
    client::{self, CallError, SubscriptionClient, Target, Zone},
    dispatch::mail::ReturnPaths,
    outbox::egress::EgressAllow,
    proto::v1,
};

/// How often to check for mail.
const LOOK: Duration = Duration::from_millis(20);
/// How long deliveries in flight at the story's end may take.
const LAST: Duration = Duration::from_secs(20);

/// The receivers of the service's events.
#[derive(Debug)]
pub(super) struct Receivers {
    contact_centre: Receiver,
    crm: Receiver,
}

impl Receivers {
    /// Starts them, each on its own port.
    pub(super) async fn start(time: &Arc<StoryTime>) -> Result<Self, DemoError> {
        let start = async || Receiver::start(Arc::clone(time)).await;
        Ok(Receivers {
            contact_centre: start().await.map_err(DemoError::Receiver)?,
            crm: start().await.map_err(DemoError::Receiver)?,
        })
    }

    /// The value of `--egress-allow` that lets the service reach them.
    pub(super) fn allowed(&self) -> Result<Vec<EgressAllow>, DemoError> {
        let receivers = [&self.contact_centre, &self.crm].into_iter();
        let allowed = receivers.map(|it| format!("http://{}", it.address()).parse());
        let allowed: Result<Vec<EgressAllow>, _> = allowed.collect();
        allowed.map_err(|error| DemoError::Delivery(error.to_string()))
    }
}

/// The dependencies of the deliveries.
#[derive(Debug)]
pub(super) struct Setting<'a> {
    pub(super) target: &'a Target,
    pub(super) key: &'a SecretKey,
    pub(super) home: &'a Home,
    pub(super) time: Arc<StoryTime>,
    pub(super) calendar: &'a Calendar,
    pub(super) asides: Asides,
    pub(super) actor: &'static str,
}

/// All receivers, while the story runs.
#[derive(Debug)]
pub(super) struct Deliveries {
    parts: JoinSet<DemoError>,
    tally: Tally,
    operators: Vec<Operator>,
}

impl Deliveries {
    /// Creates the subscriptions, and starts all receivers.
    pub(super) async fn begin(
        setting: &Setting<'_>,
        receivers: Receivers,
    ) -> Result<Self, DemoError> {
        let Receivers {
            contact_centre,
            crm,
        } = receivers;
        let (time, tally) = (&setting.time, Tally::default());
        let mut client = client::connect_subscriptions(setting.target).await?;
        let events = v1::EventFilter {
            brand: JIVE.to_owned(),
            kinds: contact_centre::KINDS.map(i32::from).to_vec(),
            ..v1::EventFilter::default()
        };
        let wanted = (contact_centre::TITLE, events);
        let centre = subscribe(&mut client, setting, &contact_centre, wanted).await?;
        let events = v1::EventFilter {
            brand: HARBOUR.to_owned(),
            ..v1::EventFilter::default()
        };
        let wanted = (crm::TITLE, events);
        let operator = subscribe(&mut client, setting, &crm, wanted).await?;

        let mut parts = JoinSet::new();
        let listening = (Arc::clone(time), setting.asides.clone(), tally.clone());
        parts.spawn(contact_centre::listen(contact_centre, listening));
        let zone: TimeZone = setting.calendar.zone().clone();
        let crm = Crm {
            receiver: crm,
            operator: operator.clone(),
            time: Arc::clone(time),
            zone,
            asides: setting.asides.clone(),
            tally: tally.clone(),
        };
        parts.spawn(crm.play());
        let mail_system = MailSystem {
            returned: setting.home.returned(),
            paths: ReturnPaths::new(setting.key.derive(ReturnPaths::PURPOSE)),
            client: client::connect_dispatches(setting.target).await?,
            complaints: client::connect(setting.target).await?,
            time: Arc::clone(time),
            asides: setting.asides.clone(),
            tally: tally.clone(),
        };
        let desk = Desk {
            time: Arc::clone(time),
            asides: setting.asides.clone(),
            tally: tally.clone(),
        };
        let post = Post {
            folder: setting.home.mail().to_path_buf(),
            time: Arc::clone(time),
            tally: tally.clone(),
        };
        parts.spawn(post.carry(desk, mail_system));
        let mornings = desk::mornings(setting.calendar)?;
        let (time, read) = (Arc::clone(time), tally.clone());
        parts.spawn(async move {
            desk::wait_for_digests(mornings, time, read).await;
            std::future::pending().await
        });
        Ok(Deliveries {
            parts,
            tally,
            operators: vec![centre, operator],
        })
    }

    /// The deliveries so far.
    pub(super) fn tally(&self) -> Tally {
        self.tally.clone()
    }

    /// A handle that knows what is in flight.
    pub(super) fn under_way(&self) -> UnderWay {
        UnderWay(self.operators.clone())
    }

    /// Runs until something fails, and returns why.
    pub(super) async fn failed(&mut self) -> DemoError {
        match self.parts.join_next().await {
            Some(Ok(error)) => error,
            Some(Err(broke_off)) => broke_off.into(),
            // They run until they fail.
            None => std::future::pending().await,
        }
    }
}

/// Knows which events are in flight.
#[derive(Debug)]
pub(super) struct UnderWay(Vec<Operator>);

impl UnderWay {
    /// Waits until all of them have arrived.
    pub(super) async fn arrives(&self) -> Result<(), DemoError> {
        let waiting = async {
            for operator in &self.0 {
                while !operator.nothing_waits().await? {}
            }
            Ok(())
        };
        let late = || DemoError::Delivery("not every event reached its receiver".to_owned());
        let waited = tokio::time::timeout(LAST, waiting).await;
        waited.unwrap_or_else(|_| Err(late()))
    }
}

/// Creates a subscription; the service verifies the receiver first.
async fn subscribe(
    client: &mut SubscriptionClient,
    setting: &Setting<'_>,
    receiver: &Receiver,
    (title, filter): (&str, v1::EventFilter),
) -> Result<Operator, DemoError> {
    let request = v1::CreateSubscriptionRequest {
        subscription: Some(v1::Subscription {
            title: title.to_owned(),
            endpoint: receiver.endpoint(),
            filter: Some(filter),
            ..v1::Subscription::default()
        }),
        actor: setting.actor.to_owned(),
    };
    let created = client.create_subscription(request).await;
    let created = created.map_err(CallError::from)?.into_inner();
    receiver.learn(created.secret);
    Ok(Operator {
        client: client.clone(),
        subscription: created.subscription.unwrap_or_default().name,
        zone: Zone::from(setting.calendar.zone().clone()),
    })
}

/// Checks the folder, and passes new mail on to whoever it is for.
struct Post {
    folder: PathBuf,
    time: Arc<StoryTime>,
    tally: Tally,
}

impl Post {
    async fn carry(self, desk: Desk, mut mail_system: MailSystem) -> DemoError {
        let mut known = BTreeSet::new();
        loop {
            if let Err(error) = self.look(&mut known, &desk, &mut mail_system).await {
                return error;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn look(
        &self,
        known: &mut BTreeSet<PathBuf>,
        desk: &Desk,
        mail_system: &mut MailSystem,
    ) -> Result<(), DemoError> {
        let letters = new_letters(&self.folder, known);
        let letters = letters.map_err(|source| DemoError::File {
            file: self.folder.clone(),
            source,
        })?;
        for letter in letters {
            self.time.attend(ATTENTION);
            if letter.is_to_staff() {
                desk.reads(&letter);
                continue;
            }
            if letter.to == NO_SUCH_MAILBOX {
                mail_system.refuse(&letter).await?;
            }
            self.tally.count(|counts| {
                *counts.letters.entry(letter.language).or_default() += 1;
            });
        }
        Ok(())
    }
}
