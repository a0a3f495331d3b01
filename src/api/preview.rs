//! What a planned act would tell the customer.

use super::{
    ComplaintApi, convert,
    personal::{Hand, Personal, named},
    problems,
};
use crate::{
    access::{Caller, PersonalKind},
    brand::Brand,
    dispatch::mail,
    domain::{Complaint, ContactMeans, Customer, Notice, NoticeState},
    intake::{Choice as _, Planned, Problem},
    proto::v1,
};

impl Personal for v1::PreviewNoticesResponse {
    fn each(&mut self, hand: &mut dyn Hand) {
        let complaint = named(&self.complaint);
        for notice in &mut self.notices {
            for words in [&mut notice.subject, &mut notice.text, &mut notice.html] {
                hand.place(complaint, PersonalKind::NoticeText, words);
            }
            hand.place(
                complaint,
                PersonalKind::NoticeAddressee,
                &mut notice.addressee,
            );
            hand.place(complaint, PersonalKind::Customer, &mut notice.address);
        }
    }
}

impl ComplaintApi {
    /// Whoever may not act may not see either what would come of it.
    pub(super) async fn preview_notices(
        &self,
        caller: &Caller,
        request: v1::PreviewNoticesRequest,
    ) -> Result<v1::PreviewNoticesResponse, Problem> {
        let planned = Planned::of(self.check_of(caller), request)?;
        self.permitted(caller, planned.method())?;
        let acting = self.acting_by(caller, planned.method(), &planned.header())?;
        let envelope = planned.envelope(acting, self.check_of(caller))?;
        let preview = self.engine.preview(&self.reader, envelope).await;
        let preview = preview.map_err(|error| problems::of_engine(&error))?;
        let (complaint, customer) = (&preview.complaint, preview.customer.as_ref());
        let brands = self.engine.rules().brands();
        let brand = brands.get(&complaint.brand).map(|brand| &**brand);
        let notices = preview.notices.into_iter();
        Ok(v1::PreviewNoticesResponse {
            complaint: convert::name_of(complaint.id),
            notices: notices
                .map(|notice| message(complaint, brand, customer, notice))
                .collect(),
        })
    }
}

fn message(
    complaint: &Complaint,
    brand: Option<&Brand>,
    customer: Option<&Customer>,
    notice: Notice,
) -> v1::PreviewedNotice {
    let title = brand.map_or("", |brand| brand.title.as_str());
    let shown = mail::shown(title, complaint.tracking_number.as_str(), &notice);
    let fate = notice.fate.as_ref();
    let means = fate.and_then(|fate| fate.means);
    let waits = fate.is_some_and(|fate| fate.state == NoticeState::Waiting);
    let goes_by = means.filter(|_| waits);
    let address = goes_by.and_then(|means| customer?.address(means));
    v1::PreviewedNotice {
        kind: notice.kind.number(),
        text_version: notice.text_version,
        language: notice.language.number(),
        state: fate.map_or(0, |fate| fate.state.number()),
        means: means.map_or(0, ContactMeans::number),
        failure: fate
            .and_then(|fate| fate.failure)
            .map_or(0, |it| it.number()),
        subject: shown.subject,
        html: match goes_by {
            Some(ContactMeans::Email) => shown.html,
            _ => String::new(),
        },
        text: shown.text,
        address: address.unwrap_or_default().to_owned(),
        addressee: notice.addressee.unwrap_or_default(),
    }
}
