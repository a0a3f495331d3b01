//! The bus to which `redress serve` publishes events, as options.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::outbox::bus::{KafkaSettings, KafkaTls, Sasl, SaslMechanism};

/// Where events are published to Kafka, if at all.
#[derive(Debug, Default, Args)]
pub struct KafkaArgs {
    /// The brokers of a Kafka cluster, as HOST:PORT, separated by commas. Every event is published as a CloudEvent in JSON: in order
    /// for each complaint, at least once, and without what was said or written.
    #[arg(
        long,
        env = "REDRESS_KAFKA_BROKERS",
        value_name = "BROKERS",
        value_delimiter = ',',
        requires = "kafka_topic"
    )]
    pub kafka_brokers: Vec<String>,

    /// The topic, which must exist. The whole log is published to it, from the beginning.
    #[arg(
        long,
        env = "REDRESS_KAFKA_TOPIC",
        value_name = "TOPIC",
        requires = "kafka_brokers"
    )]
    pub kafka_topic: Option<String>,

    /// Use TLS for the connections to the brokers.
    #[arg(long, env = "REDRESS_KAFKA_TLS", requires = "kafka_brokers")]
    pub kafka_tls: bool,

    /// The certificate authorities, in PEM, to trust for the brokers instead of the machine's. This and the other Kafka files are
    /// read again for each connection.
    #[arg(
        long,
        env = "REDRESS_KAFKA_CA_FILE",
        value_name = "FILE",
        requires = "kafka_tls"
    )]
    pub kafka_ca_file: Option<PathBuf>,

    /// A client certificate for the brokers, in PEM.
    #[arg(
        long,
        env = "REDRESS_KAFKA_CLIENT_CERT_FILE",
        value_name = "FILE",
        requires = "kafka_client_key_file",
        requires = "kafka_tls"
    )]
    pub kafka_client_cert_file: Option<PathBuf>,

    /// The private key of that certificate in PEM, not encrypted.
    #[arg(
        long,
        env = "REDRESS_KAFKA_CLIENT_KEY_FILE",
        value_name = "FILE",
        requires = "kafka_client_cert_file"
    )]
    pub kafka_client_key_file: Option<PathBuf>,

    /// The user that publishes the events.
    #[arg(
        long,
        env = "REDRESS_KAFKA_USER",
        value_name = "NAME",
        requires = "kafka_password_file"
    )]
    pub kafka_user: Option<String>,

    /// A file with that user's password.
    #[arg(
        long,
        env = "REDRESS_KAFKA_PASSWORD_FILE",
        value_name = "FILE",
        requires = "kafka_user"
    )]
    pub kafka_password_file: Option<PathBuf>,

    /// The SASL mechanism.
    #[arg(
        long,
        env = "REDRESS_KAFKA_SASL",
        value_name = "MECHANISM",
        default_value = "scram-sha-512"
    )]
    pub kafka_sasl: KafkaSasl,
}

/// How a password is presented to a broker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum KafkaSasl {
    /// PLAIN: the password itself is sent.
    Plain,
    /// By SCRAM-SHA-256.
    #[value(name = "scram-sha-256")]
    ScramSha256,
    /// By SCRAM-SHA-512.
    #[default]
    #[value(name = "scram-sha-512")]
    ScramSha512,
}

impl KafkaArgs {
    /// Where events are published; `None`: nowhere.
    pub(super) fn settings(self) -> Option<KafkaSettings> {
        let topic = self.kafka_topic?;
        let identity = self.kafka_client_cert_file.zip(self.kafka_client_key_file);
        let tls = KafkaTls {
            authorities: self.kafka_ca_file,
            identity,
        };
        let mechanism = match self.kafka_sasl {
            KafkaSasl::Plain => SaslMechanism::Plain,
            KafkaSasl::ScramSha256 => SaslMechanism::ScramSha256,
            KafkaSasl::ScramSha512 => SaslMechanism::ScramSha512,
        };
        let sasl = self.kafka_user.zip(self.kafka_password_file);
        Some(KafkaSettings {
            brokers: self.kafka_brokers,
            topic,
            tls: self.kafka_tls.then_some(tls),
            sasl: sasl.map(|(user, password_file)| Sasl {
                mechanism,
                user,
                password_file,
            }),
        })
    }
}
