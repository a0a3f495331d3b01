//! The means of sending messages to staff.

use std::{sync::Arc, time::Duration};

use crate::{
    dispatch::{
        mail::{Mail, Mailbox, Mailer},
        staff::{
            ComplaintUrl, DirectoryFile, PostError, Posted, StaffLetter, StaffPost, StaffWebhook,
        },
    },
    domain::notice::Language,
    outbox::egress::{Destination, Egress, SendError},
    standard_webhooks::Secret,
    store::StaffMeans,
};

/// Settings for staff messages.
#[derive(Debug, Clone)]
pub struct StaffConfig {
    /// The staff directory.
    pub directory: DirectoryFile,
    /// Links to complaints.
    pub url: Option<ComplaintUrl>,
    /// The means of sending.
    pub ways: StaffWays,
}

/// The mailer with its sender, and the egress for webhooks.
pub(super) type Carriers = (Option<(Mailer, Mailbox)>, Option<Egress>);

/// The means of sending messages to staff.
#[derive(Debug, Clone)]
pub enum StaffWays {
    /// The service sends them itself.
    Own {
        /// Signs webhooks. `None`: no webhooks are sent.
        webhook: Option<Secret>,
    },
    /// Something else sends them.
    Other(Arc<dyn StaffPost>),
}

impl StaffWays {
    /// Whether the service itself sends webhooks.
    pub(super) fn has_webhooks(&self) -> bool {
        match self {
            StaffWays::Own { webhook } => webhook.is_some(),
            StaffWays::Other(_) => false,
        }
    }

    /// The sender of messages, given the mailer and the egress.
    pub(super) fn post(self, (mail, egress): Carriers) -> Arc<dyn StaffPost> {
        match self {
            StaffWays::Other(post) => post,
            StaffWays::Own { webhook } => Arc::new(StaffCarriers {
                mail,
                webhook: egress.zip(webhook),
            }),
        }
    }
}

/// How long a webhook's receiver may take.
const WITHIN: Duration = Duration::from_secs(20);

/// Sends staff messages itself. Means that are not configured fail.
#[derive(Debug)]
struct StaffCarriers {
    mail: Option<(Mailer, Mailbox)>,
    webhook: Option<(Egress, Secret)>,
}

impl StaffPost for StaffCarriers {
    fn send<'a>(&'a self, letter: &'a StaffLetter) -> Posted<'a> {
        Box::pin(async move {
            match (letter.means, &self.mail, &self.webhook) {
                (StaffMeans::Mail, Some((mailer, from)), _) => by_mail(mailer, from, letter).await,
                (StaffMeans::Webhook, _, Some((egress, secret))) => {
                    by_webhook(egress, secret, letter).await
                }
                (means, ..) => {
                    let why = format!("the service has nothing to send a {means} by");
                    Err(PostError::Never(why))
                }
            }
        })
    }
}

async fn by_mail(mailer: &Mailer, from: &Mailbox, letter: &StaffLetter) -> Result<(), PostError> {
    let mail = Mail {
        id: format!("staff.{}", letter.id),
        from: from.clone(),
        reply_to: None,
        to: Mailbox {
            name: Some(letter.name.clone()),
            address: letter.address.clone(),
        },
        return_path: from.address.clone(),
        subject: letter.subject.clone(),
        text: letter.text.clone(),
        language: Language::English,
        at: letter.at,
    };
    let sent = mailer.send(&mail).await;
    sent.map_err(|error| {
        let why = error.to_string();
        if error.is_permanent() {
            PostError::Never(why)
        } else {
            PostError::NotNow(why)
        }
    })
}

async fn by_webhook(
    egress: &Egress,
    secret: &Secret,
    letter: &StaffLetter,
) -> Result<(), PostError> {
    let to = Destination::parse(&letter.address);
    let to = to.map_err(|error| PostError::Never(error.to_string()))?;
    let StaffWebhook { headers, body } = StaffWebhook::of(letter, secret);
    match egress.post(&to, headers, body, WITHIN).await {
        Ok(answer) if answer.status.is_success() => Ok(()),
        Ok(answer) => Err(PostError::NotNow(format!(
            "the receiver answered {}",
            answer.status.as_u16()
        ))),
        Err(SendError::Forbidden(why)) => Err(PostError::Never(why.to_string())),
        Err(error) => Err(PostError::NotNow(error.to_string())),
    }
}
