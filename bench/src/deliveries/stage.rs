//! A Postgres with two services, each of which sends: one where much waits to be sent, and one that tells of what happens.

use std::{fs, path::Path};

use redress::{
    client::{Client, SubscriptionClient, Target, Token, connect_subscriptions},
    embedded::PrivatePostgres,
    proto::v1,
};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use super::receiver::Receiver;
use crate::{
    error::BenchError,
    load::{ACTOR, connect},
    service::Service,
    stage,
};

/// The databases of both services.
const DATABASES: [&str; 2] = ["draining", "telling"];
/// Any key will do: 32 bytes.
const KEY: &str = "cmVkcmVzcy1iZW5jaC1yZWRyZXNzLWJlbmNoLXJlZHI=";
/// No receiver is anywhere else.
const LOOPBACK: &str = "http://127.0.0.1/32";
/// How many mails a second may leave: far more than there are.
const MAILS: &str = "1000";

/// One of the services.
#[derive(Debug)]
pub(super) struct Sender {
    service: Service,
    /// Its database.
    pub(super) url: String,
}

/// Everything.
#[derive(Debug)]
pub(super) struct Stage {
    // Fields drop in this order: the services before their databases, and those before their folder.
    /// Without a relay, so that nothing is written but what is filed.
    pub(super) draining: Sender,
    /// With one.
    pub(super) telling: Sender,
    postgres: PrivatePostgres,
    _folder: TempDir,
}

impl Stage {
    pub(super) async fn set(
        parent: &Path,
        relay: String,
        ports: &[u16],
    ) -> Result<Stage, BenchError> {
        let parent = parent.to_owned();
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        spawn_blocking(move || {
            let (folder, postgres) = stage::postgres(&parent, &DATABASES)?;
            let key = folder.path().join("key");
            fs::write(&key, KEY).map_err(|source| BenchError::io("write", &key, source))?;
            let sending = [
                "--secret-key-file",
                &key.display().to_string(),
                "--egress-allow",
                LOOPBACK,
                "--egress-ports",
                &ports.join(","),
            ]
            .map(str::to_owned);
            let mailing = ["--mail-relay", &relay, "--max-mails-per-second", MAILS];
            let mailing = [sending.to_vec(), mailing.map(str::to_owned).into()].concat();
            let [draining, telling] = DATABASES.map(|database| postgres.url(database));
            let start = |url: String, options: &[String]| {
                let service = Service::start_with(&url, folder.path(), options)?;
                Ok::<_, BenchError>(Sender { service, url })
            };
            Ok(Stage {
                draining: start(draining, &sending)?,
                telling: start(telling, &mailing)?,
                postgres,
                _folder: folder,
            })
        })
        .await?
    }

    /// Writes out what the measurement before has left behind.
    pub(super) async fn settle(&self) -> Result<(), BenchError> {
        stage::execute(
            "checkpoint",
            DATABASES.map(|database| self.postgres.url(database)),
        )
        .await
    }

    /// Such as `17.5`.
    pub(super) fn server_version(&self) -> &str {
        self.postgres.version()
    }

    /// Takes everything down, in order.
    pub(super) async fn strike(self) -> Result<(), BenchError> {
        spawn_blocking(move || {
            self.draining.service.stop()?;
            self.telling.service.stop()?;
            Ok(self.postgres.stop()?)
        })
        .await?
    }
}

impl Sender {
    pub(super) async fn clients(&self, callers: usize) -> Result<Vec<Client>, BenchError> {
        Ok(connect(&self.service.address, callers).await?)
    }

    pub(super) async fn subscriptions(&self) -> Result<Subscriptions, BenchError> {
        let target = Target::at(&self.service.address, Token::none());
        Ok(Subscriptions(connect_subscriptions(&target).await?))
    }
}

/// What is done with the subscriptions of a service.
#[derive(Debug)]
pub(super) struct Subscriptions(SubscriptionClient);

impl Subscriptions {
    /// Has events sent to a receiver: of these kinds or, where there are none, all. Returns the subscription's name.
    pub(super) async fn create(
        &mut self,
        to: &Receiver,
        kinds: &[v1::EventKind],
    ) -> Result<String, BenchError> {
        let subscription = v1::Subscription {
            title: "Benchmark".to_owned(),
            endpoint: to.url(),
            filter: Some(v1::EventFilter {
                kinds: kinds.iter().map(|kind| i32::from(*kind)).collect(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let request = v1::CreateSubscriptionRequest {
            subscription: Some(subscription),
            actor: ACTOR.to_owned(),
        };
        let created = self.0.create_subscription(request).await?.into_inner();
        Ok(created.subscription.unwrap_or_default().name)
    }

    pub(super) async fn pause(&mut self, name: &str) -> Result<(), BenchError> {
        let request = v1::PauseSubscriptionRequest {
            name: name.to_owned(),
            actor: ACTOR.to_owned(),
        };
        self.0.pause_subscription(request).await?;
        Ok(())
    }

    pub(super) async fn resume(&mut self, name: &str) -> Result<(), BenchError> {
        let request = v1::ResumeSubscriptionRequest {
            name: name.to_owned(),
            actor: ACTOR.to_owned(),
        };
        self.0.resume_subscription(request).await?;
        Ok(())
    }

    pub(super) async fn delete(&mut self, name: &str) -> Result<(), BenchError> {
        let request = v1::DeleteSubscriptionRequest {
            name: name.to_owned(),
            actor: ACTOR.to_owned(),
        };
        self.0.delete_subscription(request).await?;
        Ok(())
    }
}
