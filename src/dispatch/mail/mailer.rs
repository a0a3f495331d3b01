//! What sends mail, by whichever means.

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

/// How mail leaves.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// By what.
    pub means: Means,
    /// How many mails leave in a second, at most.
    pub per_second: NonZeroU32,
}

/// By what mail leaves.
#[derive(Debug, Clone)]
pub enum Means {
    /// A relay, which passes it on to whoever it is for.
    Relay(RelaySettings),
    /// A folder, in which each mail becomes a file `….eml`.
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

/// How long a folder may take, in place of a relay.
const FOLDER: Duration = Duration::from_secs(30);

/// How many mails are sent at once, each over a line of its own.
const AT_ONCE: usize = 4;

/// Sends mail. Cheap to clone; all clones share the lines to the relay and keep its pace together.
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

/// The right to send one mail now: no more are sent at once, or in a second, than there are of these.
#[derive(Debug)]
pub struct Turn {
    inner: Arc<Inner>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Mailer {
    /// Reads what it needs. Within a runtime of tokio.
    ///
    /// # Errors
    /// When a file cannot be read, or the folder cannot be made. That a relay is away is no error here.
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

    /// Waits until a mail may be sent; those who wait get their turns in order. Whoever reads what the mail says does so
    /// afterwards, so that it is true when it leaves.
    pub async fn turn(&self) -> Turn {
        let place = Arc::clone(&self.0.places).acquire_owned().await;
        self.0.pace.turn().await;
        Turn {
            inner: Arc::clone(&self.0),
            // The places are never closed.
            _place: place.ok(),
        }
    }

    /// Sends a mail when its turn has come.
    ///
    /// # Errors
    /// As [`Turn::send`].
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.turn().await.send(mail).await
    }
}

impl Turn {
    /// Sends a mail. `Ok` says that the relay has it, which is not to say that it was delivered.
    ///
    /// The same mail may be sent again, for example if it is not known what became of it: it is the same message then, under the
    /// same `Message-ID`.
    ///
    /// # Errors
    /// Why it is not known to have been taken, and whether it makes sense to try again.
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
