//! A mail relay that does as it is told.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use redress::dispatch::mail::{MailSettings, Means, Patience, RelaySettings};
use tokio::{
    io::{
        AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader,
    },
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::watchdog;

/// What it does with a mail.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    Take,
    /// Refuses the addressee with these words.
    Refuse(&'static str),
    /// Refuses the message, once it has it, with these words.
    RefuseMessage(&'static str),
    /// Says nothing any more.
    Hang,
    /// Closes the line where the answer to the addressee is awaited.
    Drop,
    /// Takes the message, and closes the line before it says so.
    TakeAndDrop,
    /// Takes the message, and never says so.
    TakeAndHang,
}

/// What it has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The rest of MAIL FROM: the address in its brackets, and whatever is said with it.
    pub(crate) from: String,
    pub(crate) to: String,
    /// As it came, with line feeds alone.
    pub(crate) message: String,
}

impl Taken {
    /// The value of a header as it stands there, unfolded.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let head = self.message.split("\n\n").next().unwrap_or_default();
        let unfolded = head.replace("\n ", " ").replace("\n\t", " ");
        let mut lines = unfolded.lines();
        let prefix = format!("{name}: ");
        lines.find_map(|line| line.strip_prefix(&prefix).map(str::to_owned))
    }
}

pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    _running: DropGuard,
}

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<Answer>>,
    greeting: Mutex<Option<&'static str>>,
    /// Who has to sign in: `\0user\0password`.
    credentials: Mutex<Option<String>>,
    extensions: Mutex<Vec<&'static str>>,
    taken: Mutex<Vec<Taken>>,
    tried: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
    opened: AtomicUsize,
}

impl Relay {
    pub(crate) async fn start() -> Self {
        Self::start_behind(None).await
    }

    /// One that speaks TLS from the first byte.
    pub(crate) async fn start_behind(tls: Option<TlsAcceptor>) -> Self {
        watchdog::watch();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (shared, running) = (Arc::new(Shared::default()), CancellationToken::new());
        let (theirs, down) = (Arc::clone(&shared), running.clone());
        tokio::spawn(running.clone().run_until_cancelled_owned(async move {
            while let Ok((line, _)) = listener.accept().await {
                let (shared, tls) = (Arc::clone(&theirs), tls.clone());
                tokio::spawn(down.clone().run_until_cancelled_owned(async move {
                    let now = shared.open.fetch_add(1, Ordering::SeqCst) + 1;
                    shared.most_open.fetch_max(now, Ordering::SeqCst);
                    shared.opened.fetch_add(1, Ordering::SeqCst);
                    match tls {
                        None => shared.serve(line).await,
                        Some(tls) => match tls.accept(line).await {
                            Ok(line) => shared.serve(line).await,
                            Err(error) => Err(error),
                        },
                    }
                    .ok();
                    shared.open.fetch_sub(1, Ordering::SeqCst);
                }));
            }
        }));
        Relay {
            address,
            shared,
            _running: running.drop_guard(),
        }
    }

    /// What it does with the next mails; it takes those that follow.
    pub(crate) fn does(&self, answers: impl IntoIterator<Item = Answer>) {
        self.shared.script.lock().unwrap().extend(answers);
    }

    /// How it greets from now on.
    pub(crate) fn greets(&self, greeting: &'static str) {
        *self.shared.greeting.lock().unwrap() = Some(greeting);
    }

    /// Lets in nobody else from now on.
    pub(crate) fn lets_in(&self, user: &str, password: &str) {
        let credentials = STANDARD.encode(format!("\0{user}\0{password}"));
        *self.shared.credentials.lock().unwrap() = Some(credentials);
    }

    /// What it can do besides, from now on.
    pub(crate) fn offers(&self, extensions: &[&'static str]) {
        *self.shared.extensions.lock().unwrap() = extensions.to_vec();
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.shared.taken.lock().unwrap().clone()
    }

    pub(crate) fn tried(&self) -> usize {
        self.shared.tried.load(Ordering::SeqCst)
    }

    /// How many lines were open at once, at most, and how many in all.
    pub(crate) fn lines(&self) -> (usize, usize) {
        let read = |count: &AtomicUsize| count.load(Ordering::SeqCst);
        (read(&self.shared.most_open), read(&self.shared.opened))
    }

    /// Settings with which a service uses this relay, with short timeouts.
    pub(crate) fn settings(&self) -> MailSettings {
        self.settings_by(&format!("smtp://{}", self.address))
    }

    pub(crate) fn settings_by(&self, url: &str) -> MailSettings {
        MailSettings {
            means: Means::Relay(RelaySettings {
                url: url.parse().unwrap(),
                password_file: None,
                ca_file: None,
                patience: Patience {
                    connect: Duration::from_secs(5),
                    command: Duration::from_millis(500),
                    message: Duration::from_secs(5),
                },
            }),
            per_second: 10_000.try_into().unwrap(),
        }
    }
}

impl Shared {
    async fn serve(&self, line: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
        let mut line = BufReader::new(line);
        let greeting = self.greeting.lock().unwrap().unwrap_or("220 relay.example");
        say(&mut line, greeting).await?;
        let (mut from, mut to, mut answer) = (String::new(), String::new(), Answer::Take);
        let mut signed_in = self.credentials.lock().unwrap().is_none();
        loop {
            let Some(command) = read(&mut line).await? else {
                return Ok(());
            };
            let words = command.to_ascii_uppercase();
            let reply = if words.starts_with("EHLO") {
                let extensions = self.extensions.lock().unwrap().clone();
                let mut lines = vec!["250-relay.example".to_owned()];
                lines.extend(extensions.iter().map(|more| format!("250-{more}")));
                lines.push("250 AUTH PLAIN".to_owned());
                lines.join("\r\n")
            } else if let Some(credentials) = command.strip_prefix("AUTH PLAIN ") {
                signed_in = self.credentials.lock().unwrap().as_deref() == Some(credentials);
                let word = if signed_in {
                    "235 2.7.0 in"
                } else {
                    "535 5.7.8 out"
                };
                word.to_owned()
            } else if words.starts_with("MAIL FROM:") {
                from = command["MAIL FROM:".len()..].to_owned();
                answer = self
                    .script
                    .lock()
                    .unwrap()
                    .pop_front()
                    .unwrap_or(Answer::Take);
                self.tried.fetch_add(1, Ordering::SeqCst);
                let word = if signed_in {
                    "250 ok"
                } else {
                    "530 5.7.0 sign in first"
                };
                word.to_owned()
            } else if words.starts_with("RCPT TO:") {
                to = command["RCPT TO:".len()..]
                    .trim_matches(['<', '>'])
                    .to_owned();
                match answer {
                    Answer::Refuse(words) => words.to_owned(),
                    Answer::Hang => std::future::pending().await,
                    Answer::Drop => return Ok(()),
                    _ => "250 ok".to_owned(),
                }
            } else if words == "DATA" {
                say(&mut line, "354 go on").await?;
                let mut message = String::new();
                loop {
                    match read(&mut line).await? {
                        None => return Ok(()),
                        Some(end) if end == "." => break,
                        Some(text) => {
                            message.push_str(text.strip_prefix('.').unwrap_or(&text));
                            message.push('\n');
                        }
                    }
                }
                if let Answer::RefuseMessage(words) = answer {
                    words.to_owned()
                } else {
                    let (from, to) = (from.clone(), to.clone());
                    let taken = Taken { from, to, message };
                    self.taken.lock().unwrap().push(taken);
                    match answer {
                        Answer::TakeAndDrop => return Ok(()),
                        Answer::TakeAndHang => std::future::pending().await,
                        _ => {}
                    }
                    "250 2.0.0 taken".to_owned()
                }
            } else if words == "QUIT" {
                return say(&mut line, "221 bye").await;
            } else {
                "250 ok".to_owned()
            };
            say(&mut line, &reply).await?;
        }
    }
}

async fn say(line: &mut (impl AsyncWrite + Unpin), words: &str) -> std::io::Result<()> {
    line.write_all(format!("{words}\r\n").as_bytes()).await?;
    line.flush().await
}

/// A line, without its end. `None`: nothing comes any more.
async fn read(line: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::new();
    line.read_until(b'\n', &mut bytes).await?;
    let text = String::from_utf8(bytes).expect("mail is text");
    let whole = text.strip_suffix("\r\n");
    assert!(
        whole.is_some() || text.is_empty(),
        "a line ends in CR LF: {text:?}"
    );
    assert!(
        !whole.is_some_and(|text| text.contains(['\r', '\n'])),
        "{text:?}"
    );
    Ok(whole.map(str::to_owned))
}
