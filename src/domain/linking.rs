//! Linking a complaint to another one, and parting them again. What is decided here is one side of it: the other side is
//! [`Command::counterpart`], which is decided of the other complaint and committed together with it.

use super::{
    casework::room_for_another,
    command::Command,
    complaint::{Complaint, ComplaintRef},
    decision::Refusal,
    decision_builder::Draft,
    event::Fact,
    field::Field,
    link::{Link, LinkKind},
};

/// The most complaints that one may be linked to: all of them are written with each of its changes.
const MOST_LINKS: usize = 50;

impl Command {
    /// The second complaint that it changes, if it changes two.
    #[must_use]
    pub const fn other(&self) -> Option<&ComplaintRef> {
        match self {
            Command::Link { other, .. } | Command::Unlink { other } => Some(other),
            _ => None,
        }
    }

    /// What happens to the second complaint when this happens to `first`.
    #[must_use]
    pub fn counterpart(&self, first: &Complaint) -> Option<Command> {
        let other = ComplaintRef::Id(first.id);
        match self {
            Command::Link { kind, .. } => Some(Command::Link {
                other,
                kind: kind.reverse(),
            }),
            Command::Unlink { .. } => Some(Command::Unlink { other }),
            _ => None,
        }
    }
}

/// Links it to the other complaint.
pub(super) fn link(draft: &mut Draft<'_>, kind: LinkKind) -> Result<(), Refusal> {
    let complaint = &draft.case.complaint;
    let other = another(draft)?;
    if complaint.brand != other.brand {
        return Err(Refusal::OtherBrand);
    }
    if let Some(link) = complaint.link_to(other.id) {
        return Err(Refusal::AlreadyLinked { kind: link.kind });
    }
    room_for_another(Field::Links, complaint.links.len(), MOST_LINKS)?;
    room_for_another(Field::LinksOfOther, other.links.len(), MOST_LINKS)?;
    let link = Link {
        kind,
        complaint: other.id,
        tracking_number: other.tracking_number.clone(),
    };
    draft.record(Fact::Linked { link })
}

/// Parts it from the other complaint.
pub(super) fn unlink(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let other = another(draft)?;
    let link = draft.case.complaint.link_to(other.id).cloned();
    let link = link.ok_or(Refusal::NotLinked)?;
    draft.record(Fact::Unlinked { link })
}

/// The second complaint, which is not the first.
fn another<'a>(draft: &Draft<'a>) -> Result<&'a Complaint, Refusal> {
    let other = draft.context.other;
    let another = other.filter(|other| other.id != draft.case.complaint.id);
    another.ok_or(Refusal::BadValue {
        field: Field::OtherComplaint,
        why: "must be another complaint",
    })
}
