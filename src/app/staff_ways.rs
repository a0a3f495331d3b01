//! By what staff are told what they have to know.

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

/// How staff are told what they have to know.
#[derive(Debug, Clone)]
pub struct StaffConfig {
    /// Who they are.
    pub directory: DirectoryFile,
    /// Where they open a complaint.
    pub url: Option<ComplaintUrl>,
    /// By what they are told.
    pub ways: StaffWays,
}

/// What mail to staff leaves by, with its sender, and what requests leave by.
pub(super) type Carriers = (Option<(Mailer, Mailbox)>, Option<Egress>);

/// By what staff are told.
#[derive(Debug, Clone)]
pub enum StaffWays {
    /// By what the service sends by itself.
    Own {
        /// What proves that webhooks are ours; none to send none.
        webhook: Option<Secret>,
    },
    /// By something else.
    Other(Arc<dyn StaffPost>),
}

impl StaffWays {
    /// Whether webhooks are sent by the service itself.
    pub(super) fn has_webhooks(&self) -> bool {
        match self {
            StaffWays::Own { webhook } => webhook.is_some(),
            StaffWays::Other(_) => false,
        }
    }

    /// What sends, by what mail and requests leave by.
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

/// How long a receiver of a webhook may take.
const WITHIN: Duration = Duration::from_secs(20);

/// What the service itself sends messages to staff by. By what it has not, nobody can be told anything.
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
