//! The mail system of an addressee who is gone. It returns undeliverable mail, which is then processed as `redress bounce` does.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use super::{letter::Letter, tally::Tally};
use crate::{
    client::{self, BounceReport, CallError, Client, DispatchClient},
    demo::{
        aside::Asides,
        error::DemoError,
        time::{ATTENTION, StoryTime},
    },
    dispatch::mail::{NoticeName, ReturnPaths},
    proto::v1::event::Fact,
    terminal::Tone,
    time_source::TimeSource as _,
};

/// The actor of its reports.
const ACTOR: &str = "mail-system";
/// The interval between checks whether a mail is recorded, and their number.
const BETWEEN: Duration = Duration::from_millis(20);
const MOST: usize = 500;

/// Handles returned mail.
pub(super) struct MailSystem {
    /// Where returned mail is kept for people to look at.
    pub(super) returned: PathBuf,
    pub(super) paths: ReturnPaths,
    pub(super) client: DispatchClient,
    pub(super) complaints: Client,
    pub(super) time: Arc<StoryTime>,
    pub(super) asides: Asides,
    pub(super) tally: Tally,
}

impl MailSystem {
    /// Returns a mail to its return path.
    pub(super) async fn refuse(&mut self, letter: &Letter) -> Result<(), DemoError> {
        let message = notification(letter);
        let name = letter.file.file_name().unwrap_or_default();
        let file = self.returned.join(name);
        let written = fs::create_dir_all(&self.returned).and_then(|()| fs::write(&file, &message));
        written.map_err(|source| DemoError::File {
            file: file.clone(),
            source,
        })?;
        let report = BounceReport::read(message.as_bytes(), None, &self.paths);
        let report = report.map_err(|error| {
            DemoError::Delivery(format!("what returned cannot be read: {error}"))
        })?;
        self.sent(report.notice()).await?;
        let now = self.time.now();
        let words = format!(
            "no such mailbox (5.1.1): {}; the mail returns to",
            letter.to
        );
        let quoted = vec![letter.return_path.clone()];
        self.asides
            .quote(now, Tone::Bad, "mail system", words, quoted);
        let described = report.described();
        let sent = report.send(&mut self.client, ACTOR.to_owned()).await;
        sent.map_err(CallError::from)?;
        self.asides
            .tell(now, Tone::Plain, "redress bounce", described);
        self.tally.count(|counts| counts.bounced += 1);
        Ok(())
    }
}

impl MailSystem {
    /// Waits until the notice is recorded as sent: the mail is in the folder a moment earlier.
    async fn sent(&mut self, notice: &NoticeName) -> Result<(), DemoError> {
        let name = client::resource_name(notice.complaint.as_str());
        let end = format!("/{}", notice.notice);
        for _ in 0..MOST {
            self.time.attend(ATTENTION);
            let events = client::all_events(&mut self.complaints, &name).await?.items;
            let mut facts = events.into_iter().filter_map(|event| event.fact);
            if facts.any(|fact| matches!(fact, Fact::NoticeSent(it) if it.notice.ends_with(&end))) {
                return Ok(());
            }
            tokio::time::sleep(BETWEEN).await;
        }
        let words = "a mail was sent, and that is not on record";
        Err(DemoError::Delivery(words.to_owned()))
    }
}

/// A delivery status notification (RFC 3464), as mail systems write them.
fn notification(letter: &Letter) -> String {
    let Letter {
        to,
        return_path,
        subject,
        ..
    } = letter;
    let domain = to.rsplit('@').next().unwrap_or_default();
    let subject = subject.replace(|c: char| !c.is_ascii(), "?");
    let lines = [
        "Return-Path: <>",
        &format!("From: Mail Delivery System <MAILER-DAEMON@mx.{domain}>"),
        &format!("To: {return_path}"),
        "Subject: Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=\"report\"",
        "",
        "--report",
        "Content-Type: text/plain",
        "",
        &format!("Your message to {to} could not be delivered: there is no such mailbox."),
        "",
        "--report",
        "Content-Type: message/delivery-status",
        "",
        &format!("Reporting-MTA: dns; mx.{domain}"),
        "",
        &format!("Final-Recipient: rfc822; {to}"),
        "Action: failed",
        "Status: 5.1.1",
        &format!("Diagnostic-Code: smtp; 550 5.1.1 <{to}>: no such mailbox"),
        "",
        "--report",
        "Content-Type: text/rfc822-headers",
        "",
        &format!("Return-Path: <{return_path}>"),
        &format!("To: {to}"),
        &format!("Subject: {subject}"),
        "",
        "--report--",
        "",
    ];
    lines.join("\r\n")
}
