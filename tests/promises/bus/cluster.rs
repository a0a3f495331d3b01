//! A cluster of Kafka in memory, with a consumer, as a process of its own: `tests/bus/cluster.py`.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};

pub(super) const TOPIC: &str = "complaints";

/// A cluster that runs. It ends with the pipe to it, and so with this process however that ends.
pub(super) struct Cluster {
    pub(super) brokers: Vec<String>,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// What a consumer got.
#[derive(Debug, Clone)]
pub(super) struct Got {
    pub(super) partition: i64,
    pub(super) key: String,
    pub(super) content_type: String,
    pub(super) event: Value,
}

impl Cluster {
    pub(super) fn start() -> Cluster {
        let python = env::var_os("REDRESS_BUS_PYTHON");
        let python = python.expect("a Python with confluent-kafka, which `.ci/run bus` installs");
        let mut child = Command::new(python)
            .args(["tests/bus/cluster.py", TOPIC])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the cluster starts");
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut cluster = Cluster {
            brokers: Vec::new(),
            child,
            input,
            output,
        };
        let said = cluster.said();
        let brokers = said["brokers"].as_array().unwrap().iter();
        cluster.brokers = brokers.map(|it| it.as_str().unwrap().to_owned()).collect();
        cluster
    }

    fn said(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("the cluster says {line:?}"))
    }

    /// All that is on the topic once there are so many different events: the messages of each key in the order of its partition.
    pub(super) fn read(&mut self, events: usize) -> Vec<Got> {
        self.ask(&json!({"read": events, "seconds": 90, "linger": true}))
    }

    /// As soon as there are so many different events.
    pub(super) fn arrive(&mut self, events: usize) {
        let got = self.ask(&json!({"read": events, "seconds": 90, "linger": false}));
        assert!(got.len() >= events, "{} came", got.len());
    }

    fn ask(&mut self, wanted: &Value) -> Vec<Got> {
        writeln!(self.input, "{wanted}").unwrap();
        let said = self.said();
        let got = said.as_array().unwrap().iter().map(|message| Got {
            partition: message["partition"].as_i64().unwrap(),
            key: message["key"].as_str().unwrap().to_owned(),
            content_type: message["headers"]["content-type"]
                .as_str()
                .unwrap()
                .to_owned(),
            event: serde_json::from_str(message["value"].as_str().unwrap()).unwrap(),
        });
        got.collect()
    }

    /// All of its brokers fall silent, and keep their connections.
    pub(super) fn falls_silent(&self) {
        self.signal(Signal::SIGSTOP);
    }

    pub(super) fn comes_back(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap());
        kill(pid, signal).expect("a signal to our own process");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.comes_back();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The sequences of each complaint, in the order in which each came first; and how many messages came again.
pub(super) fn first_of_each(got: &[Got]) -> (BTreeMap<String, Vec<i64>>, usize) {
    let (mut seen, mut again) = (BTreeMap::<String, Vec<i64>>::new(), 0);
    for message in got {
        let sequence = message.event["sequence"].as_str().unwrap();
        let sequence: i64 = sequence.parse().unwrap();
        let sequences = seen.entry(message.key.clone()).or_default();
        if sequences.contains(&sequence) {
            again += 1;
        } else {
            sequences.push(sequence);
        }
    }
    (seen, again)
}
