//! Kafka by rskafka: no C dependency, and the same TLS library as everywhere else.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures_util::future::try_join_all;
use hyper_rustls::ConfigBuilderExt as _;
use rskafka::{
    BackoffConfig,
    chrono::DateTime,
    client::{
        Client, ClientBuilder, Credentials, SaslConfig,
        partition::{Compression, PartitionClient, UnknownTopicHandling},
    },
    record::Record,
};
use tokio_rustls::rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use super::{
    partition,
    sink::{BusMessage, Sink, SinkError},
};

/// The most bytes sent to a partition at once: brokers accept one megabyte by default.
const BATCH: usize = 512 * 1024;
/// How long the library retries by itself. After that the caller retries, and counts it.
const INSISTS: Duration = Duration::from_secs(4);

/// Which topic of which cluster.
#[derive(Debug, Clone)]
pub struct KafkaSettings {
    /// Some of its brokers, as `host:port`.
    pub brokers: Vec<String>,
    /// The topic, which must exist.
    pub topic: String,
    /// TLS settings. `None`: plaintext.
    pub tls: Option<KafkaTls>,
    /// Credentials, if the brokers want any.
    pub sasl: Option<Sasl>,
}

/// TLS settings for the brokers. All files are PEM.
#[derive(Debug, Clone, Default)]
pub struct KafkaTls {
    /// The certificate authorities to trust, instead of the system's.
    pub authorities: Option<PathBuf>,
    /// The client certificate and its private key.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// SASL credentials.
#[derive(Debug, Clone)]
pub struct Sasl {
    /// The SASL mechanism.
    pub mechanism: SaslMechanism,
    /// The user name.
    pub user: String,
    /// A file with the password, read for each connection so that the password can be rotated.
    pub password_file: PathBuf,
}

/// How the client authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaslMechanism {
    /// The password itself.
    Plain,
    /// SCRAM-SHA-256.
    ScramSha256,
    /// SCRAM-SHA-512.
    ScramSha512,
}

/// A Kafka topic. Connects when there is something to publish, and reconnects after each failure.
#[derive(Debug)]
pub struct Kafka {
    settings: KafkaSettings,
    connected: Option<Topic>,
}

/// A connected topic.
#[derive(Debug)]
struct Topic {
    client: Client,
    name: String,
    /// The numbers of its partitions, in order.
    partitions: Vec<i32>,
    /// The partitions that have been published to.
    open: BTreeMap<i32, PartitionClient>,
}

fn failed(what: impl std::fmt::Display) -> SinkError {
    SinkError(what.to_string())
}

fn read(file: &Path) -> Result<Vec<u8>, SinkError> {
    fs::read(file).map_err(|error| failed(format_args!("{}: {error}", file.display())))
}

impl KafkaTls {
    fn config(&self) -> Result<ClientConfig, SinkError> {
        let builder = ClientConfig::builder();
        let builder = match &self.authorities {
            None => builder.with_native_roots().map_err(failed)?,
            Some(file) => {
                let mut roots = RootCertStore::empty();
                for authority in certificates(file)? {
                    roots.add(authority).map_err(failed)?;
                }
                builder.with_root_certificates(roots)
            }
        };
        let Some((certificate, key)) = &self.identity else {
            return Ok(builder.with_no_client_auth());
        };
        let pem = read(key)?;
        let unusable = |_| failed(format_args!("{} holds no private key", key.display()));
        let secret = PrivateKeyDer::from_pem_slice(&pem).map_err(unusable)?;
        let config = builder.with_client_auth_cert(certificates(certificate)?, secret);
        config.map_err(failed)
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, SinkError> {
    let none = || failed(format_args!("{} holds no certificate", file.display()));
    let pem = read(file)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(none()),
    }
}

impl Sasl {
    fn config(&self) -> Result<SaslConfig, SinkError> {
        let password = String::from_utf8(read(&self.password_file)?);
        let password = password.map_err(|_| {
            failed(format_args!(
                "{} holds no text",
                self.password_file.display()
            ))
        })?;
        // Editors add a line break at the end.
        let password = password.trim_end_matches(['\r', '\n']).to_owned();
        let credentials = Credentials::new(self.user.clone(), password);
        Ok(match self.mechanism {
            SaslMechanism::Plain => SaslConfig::Plain(credentials),
            SaslMechanism::ScramSha256 => SaslConfig::ScramSha256(credentials),
            SaslMechanism::ScramSha512 => SaslConfig::ScramSha512(credentials),
        })
    }
}

impl KafkaSettings {
    /// A client builder, from the files as they are now.
    fn builder(&self) -> Result<ClientBuilder, SinkError> {
        let mut builder = ClientBuilder::new(self.brokers.clone())
            .client_id("redress")
            .backoff_config(BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(1),
                base: 2.0,
                deadline: Some(INSISTS),
            });
        if let Some(tls) = &self.tls {
            builder = builder.tls_config(Arc::new(tls.config()?));
        }
        if let Some(sasl) = &self.sasl {
            builder = builder.sasl_config(sasl.config()?);
        }
        Ok(builder)
    }
}

impl Kafka {
    /// A topic. Does not connect yet.
    ///
    /// # Errors
    /// When a file cannot be used.
    pub fn new(settings: KafkaSettings) -> Result<Kafka, SinkError> {
        settings.builder()?;
        Ok(Kafka {
            settings,
            connected: None,
        })
    }

    async fn connect(&self) -> Result<Topic, SinkError> {
        let client = self.settings.builder()?.build().await.map_err(failed)?;
        let name = &self.settings.topic;
        let topics = client.list_topics().await.map_err(failed)?;
        let topic = topics.into_iter().find(|topic| topic.name == *name);
        let topic = topic.filter(|topic| !topic.partitions.is_empty());
        let topic = topic.ok_or_else(|| {
            failed(format_args!(
                "there is no topic {name}, or it is not to be seen by this user"
            ))
        })?;
        Ok(Topic {
            client,
            name: topic.name,
            partitions: topic.partitions.into_iter().collect(),
            open: BTreeMap::new(),
        })
    }
}

impl Sink for Kafka {
    async fn publish(&mut self, messages: Vec<BusMessage>) -> Result<(), SinkError> {
        // Put back only on success: after a cancellation or a failure, the next call reconnects.
        let mut topic = match self.connected.take() {
            Some(topic) => topic,
            None => self.connect().await?,
        };
        topic.publish(messages).await?;
        self.connected = Some(topic);
        Ok(())
    }
}

impl Topic {
    async fn publish(&mut self, messages: Vec<BusMessage>) -> Result<(), SinkError> {
        let mut batches: BTreeMap<i32, Batches> = BTreeMap::new();
        for message in messages {
            let partition = partition::of(message.key.as_bytes(), self.partitions.len());
            let partition = self.partitions.get(partition).copied();
            let batches = batches.entry(partition.unwrap_or_default()).or_default();
            batches.add(message);
        }
        for partition in batches.keys() {
            if !self.open.contains_key(partition) {
                let handling = UnknownTopicHandling::Error;
                let client = self
                    .client
                    .partition_client(&self.name, *partition, handling);
                self.open.insert(*partition, client.await.map_err(failed)?);
            }
        }
        let open = &self.open;
        let sent = batches.into_iter().filter_map(|(partition, batches)| {
            let client = open.get(&partition)?;
            Some(async move {
                for batch in batches.0 {
                    let sent = client.produce(batch, Compression::NoCompression);
                    sent.await.map_err(failed)?;
                }
                Ok::<_, SinkError>(())
            })
        });
        try_join_all(sent).await?;
        Ok(())
    }
}

/// The records of one partition, in order, in batches small enough for brokers.
#[derive(Debug, Default)]
struct Batches(Vec<Vec<Record>>, usize);

impl Batches {
    fn add(&mut self, message: BusMessage) {
        let record = record(message);
        let size = record.approximate_size();
        match self.0.last_mut() {
            Some(batch) if self.1 + size <= BATCH => {
                batch.push(record);
                self.1 += size;
            }
            _ => {
                self.0.push(vec![record]);
                self.1 = size;
            }
        }
    }
}

fn record(message: BusMessage) -> Record {
    let content_type = b"application/cloudevents+json; charset=UTF-8".to_vec();
    Record {
        key: Some(message.key.into_bytes()),
        value: Some(message.body),
        headers: BTreeMap::from([("content-type".to_owned(), content_type)]),
        timestamp: DateTime::from_timestamp_micros(message.at.as_microsecond()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn message(body: usize) -> BusMessage {
        BusMessage {
            key: "k".to_owned(),
            body: vec![b'x'; body],
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_is_sent_at_once_is_of_a_size_that_brokers_take_and_in_order() {
        let mut batches = Batches::default();
        let sizes = [BATCH / 2, BATCH / 3, BATCH / 2, BATCH * 2, 7];
        for size in sizes {
            batches.add(message(size));
        }
        let lengths: Vec<Vec<usize>> = batches
            .0
            .iter()
            .map(|batch| {
                batch
                    .iter()
                    .map(|it| it.value.as_ref().unwrap().len())
                    .collect()
            })
            .collect();
        let [a, b, c, d, e] = sizes;
        assert_eq!(lengths, [vec![a, b], vec![c], vec![d], vec![e]]);
    }

    #[test]
    fn a_password_is_told_to_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let password_file = folder.path().join("password");
        fs::write(&password_file, "hunter2\n").unwrap();
        let settings = KafkaSettings {
            brokers: vec!["127.0.0.1:1".to_owned()],
            topic: "events".to_owned(),
            tls: None,
            sasl: Some(Sasl {
                mechanism: SaslMechanism::Plain,
                user: "redress".to_owned(),
                password_file,
            }),
        };
        let config = settings.sasl.as_ref().unwrap().config().unwrap();
        assert!(
            format!("{config:?}").contains(r#""hunter2""#),
            "as it is used"
        );
        let kafka = Kafka::new(settings).unwrap();
        assert!(!format!("{kafka:?}").contains("hunter2"));
    }
}
