//! Sends mail through a relay or into a folder.

use std::{io, num::NonZeroU32, path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    compose::compose,
    error::MailError,
    folder::Folder,
    letter::Mail,
    pace::Pace,
    relay::{Relay, RelaySettings},
};

/// How mail is sent.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// The transport.
    pub means: Means,
    /// The most mails sent per second.
    pub per_second: NonZeroU32,
}

/// The transport of mail.
#[derive(Debug, Clone)]
pub enum Means {
    /// A relay, which forwards it.
    Relay(RelaySettings),
    /// A folder that gets each mail as a file `….eml`.
    Folder(PathBuf),
}

/// Why no mail can be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// A file that the relay needs.
    #[error("the mail relay's password or certificate authorities cannot be read: {0}")]
    Relay(#[source] io::Error),
    /// The folder.
    #[error("the folder for mail cannot be created: {0}")]
    Folder(#[source] io::Error),
}

/// How long writing to a folder may take.
const FOLDER: Duration = Duration::from_secs(30);

/// How many mails are sent at once, each over its own connection.
const AT_ONCE: usize = 4;

/// Sends mail. Cheap to clone; clones share connections and the rate limit.
#[derive(Debug, Clone)]
pub struct Mailer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    way: Way,
    pace: Pace,
    places: Arc<Semaphore>,
    longest: Duration,
}

#[derive(Debug)]
enum Way {
    Relay(Relay),
    Folder(Folder),
}

/// A permit to send one mail now, subject to the limits on concurrency and rate.
#[derive(Debug)]
pub struct Turn {
    inner: Arc<Inner>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Mailer {
    /// Reads the files it needs. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// When a file cannot be read, or the folder cannot be created. An unreachable relay is not an error here.
    pub fn start(settings: MailSettings) -> Result<Self, MailerError> {
        let (way, longest) = match settings.means {
            Means::Relay(relay) => {
                let longest = relay.patience.in_all();
                let relay = Relay::prepare(relay).map_err(MailerError::Relay)?;
                relay.tidy_up();
                (Way::Relay(relay), longest)
            }
            Means::Folder(path) => {
                let folder = Folder::open(&path).map_err(MailerError::Folder)?;
                (Way::Folder(folder), FOLDER)
            }
        };
        Ok(Mailer(Arc::new(Inner {
            way,
            pace: Pace::per_second(settings.per_second),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            longest,
        })))
    }

    /// How long [`Turn::send`] may take.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.0.longest
    }

    /// Waits for a permit to send a mail, in first-come order. Read the text of the mail afterwards, so that it is current when
    /// sent.
    pub async fn turn(&self) -> Turn {
        let place = Arc::clone(&self.0.places).acquire_owned().await;
        self.0.pace.turn().await;
        Turn {
            inner: Arc::clone(&self.0),
            // The semaphore is never closed.
            _place: place.ok(),
        }
    }

    /// Waits for a permit, then sends a mail.
    ///
    /// # Errors
    /// As [`Turn::send`].
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.turn().await.send(mail).await
    }
}

impl Turn {
    /// Sends a mail. `Ok` means that the relay accepted it, not that it was delivered.
    ///
    /// The same mail may be sent again, for example when the outcome is unknown: the message and its `Message-ID` stay the same.
    ///
    /// # Errors
    /// Why it is not known to be accepted, and whether a retry can help.
    pub async fn send(self, mail: &Mail) -> Result<(), MailError> {
        let composed = compose(mail)?;
        match &self.inner.way {
            Way::Relay(relay) => relay.send(&composed).await,
            Way::Folder(folder) => {
                let (folder, id) = (folder.clone(), mail.id.clone());
                let put = move || folder.put(&id, &composed.as_delivered());
                let put = tokio::task::spawn_blocking(put).await;
                put.unwrap_or(Err(MailError::BrokeOff))
            }
        }
    }
}
