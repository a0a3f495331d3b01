//! A mail relay that takes everything, and notes when.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use redress::time_source::{SystemTime, TimeSource as _};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::error::BenchError;

type Arrivals = Arc<Mutex<HashMap<String, Timestamp>>>;

/// A relay on loopback. It ends when it is dropped.
#[derive(Debug)]
pub(super) struct Relay {
    address: SocketAddr,
    arrivals: Arrivals,
    serving: JoinHandle<()>,
}

impl Relay {
    pub(super) async fn start() -> Result<Relay, BenchError> {
        let failed = |source| BenchError::io("listen on", "127.0.0.1", source);
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let arrivals = Arrivals::default();
        let noted = Arc::clone(&arrivals);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let arrivals = Arc::clone(&noted);
                // Whoever closes the line has said all there is to say.
                tokio::spawn(async move {
                    let _ = serve(stream, &arrivals).await;
                });
            }
        });
        Ok(Relay {
            address,
            arrivals,
            serving,
        })
    }

    pub(super) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// When each mail was taken first, by its `Message-ID` up to the `@`.
    pub(super) fn arrivals(&self) -> HashMap<String, Timestamp> {
        let arrivals = self.arrivals.lock();
        arrivals.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(stream: TcpStream, arrivals: &Arrivals) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut line = BufReader::new(stream);
    line.write_all(b"220 relay.example\r\n").await?;
    let mut command = String::new();
    loop {
        command.clear();
        if line.read_line(&mut command).await? == 0 {
            return Ok(());
        }
        let answer: &[u8] = match command.get(..4).unwrap_or_default() {
            "DATA" => {
                line.write_all(b"354 go on\r\n").await?;
                let id = message(&mut line).await?;
                let at = SystemTime.now();
                let mut arrivals = arrivals.lock().unwrap_or_else(PoisonError::into_inner);
                arrivals.entry(id).or_insert(at);
                b"250 taken\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            _ => b"250 relay.example\r\n",
        };
        line.write_all(answer).await?;
    }
}

/// Reads a message to its end, and returns what its `Message-ID` has before the `@`.
async fn message(line: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let (mut id, mut text) = (String::new(), String::new());
    loop {
        text.clear();
        if line.read_line(&mut text).await? == 0 || text == ".\r\n" {
            return Ok(id);
        }
        if let Some(given) = text.strip_prefix("Message-ID: <") {
            let name = given.split('@').next();
            name.unwrap_or_default().clone_into(&mut id);
        }
    }
}
