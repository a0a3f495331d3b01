//! Searches for complaints.

use super::{
    ComplaintApi,
    convert::{self, name_of},
    page,
    personal::{Hand, Of, Personal},
    problems,
};
use crate::{
    access::{Caller, PersonalKind},
    domain::{ComplaintRef, Criterion},
    intake::{Choice as _, Problem, Searched, page_token::token},
    proto::v1,
    store::{FoundComplaint, Search},
};

/// A page of what was found.
#[derive(Debug)]
pub(super) struct SearchPage {
    complaints: Vec<Of<v1::Complaint>>,
    /// Whether it was found by personal data: then that it was found is one.
    personal: bool,
    /// What stands beside the complaints.
    rest: v1::SearchComplaintsResponse,
}

impl Personal for SearchPage {
    fn each(&mut self, hand: &mut dyn Hand) {
        if self.personal {
            let complaints = self.complaints.iter().zip(&mut self.rest.matches);
            for (complaint, found) in complaints {
                hand.place(
                    complaint.complaint,
                    PersonalKind::PersonSearch,
                    &mut found.fields,
                );
            }
        }
        self.complaints.each(hand);
    }
}

impl From<SearchPage> for v1::SearchComplaintsResponse {
    fn from(page: SearchPage) -> Self {
        v1::SearchComplaintsResponse {
            complaints: page.complaints.into_iter().map(Into::into).collect(),
            ..page.rest
        }
    }
}

impl ComplaintApi {
    pub(super) async fn search_complaints(
        &self,
        caller: &Caller,
        request: v1::SearchComplaintsRequest,
    ) -> Result<SearchPage, Problem> {
        let policies = self.policies();
        let Searched {
            mut search,
            customer_of,
            personal,
            mask,
            size,
            after,
            digest,
        } = Searched::of(self.check_of(caller), request, &policies)?;
        if personal && !caller.sees_personal_data() {
            return Err(problems::personal_search());
        }
        if let Some(which) = customer_of {
            self.narrow_to_customer_of(which, &mut search).await?;
        }
        let (extent, with_personal) = (page::extent(size), mask.wants_personal_data());
        let found = self.reader.search(search, after, extent, with_personal);
        let page = found.await.map_err(|error| problems::of_store(&error))?;
        let rows = page.items.into_iter().map(|(place, read)| {
            let id = place.id;
            let read = self.unreadable.told(read, || name_of(id));
            let row = read.map(|FoundComplaint { stored, by }| {
                let complaint = Of {
                    complaint: id,
                    message: mask.apply(convert::stored(&stored, &policies))?,
                };
                let found = v1::SearchMatch {
                    complaint: name_of(id),
                    fields: by.into_iter().map(|kind| kind.number()).collect(),
                };
                Ok::<_, Problem>((complaint, found))
            });
            match row {
                Ok(row) => Ok((place, Ok(row?))),
                Err(name) => Ok((place, Err(name))),
            }
        });
        let rows = rows.collect::<Result<Vec<_>, Problem>>()?;
        let weight = |row: &Result<(Of<v1::Complaint>, v1::SearchMatch), String>| match row {
            Ok((complaint, found)) => page::weight(&complaint.message) + page::weight(found),
            Err(name) => name.len(),
        };
        let (rows, mut next_page_token) = page::fill(rows, page.more, digest, weight);
        let mut stopped_early = false;
        if let Some(place) = page.stopped_at.filter(|_| next_page_token.is_empty()) {
            next_page_token = token(place, digest);
            stopped_early = true;
        }
        let (rows, unreachable) = page::divide(rows);
        let (complaints, matches) = rows.into_iter().unzip();
        Ok(SearchPage {
            complaints,
            personal,
            rest: v1::SearchComplaintsResponse {
                next_page_token,
                matches,
                stopped_early,
                unreachable,
                ..v1::SearchComplaintsResponse::default()
            },
        })
    }

    /// Wants the customer of a complaint beside what is searched for.
    async fn narrow_to_customer_of(
        &self,
        which: ComplaintRef,
        search: &mut Search,
    ) -> Result<(), Problem> {
        let field = "customer_of";
        let stored = self.reader.complaint_with_personal(which, &search.scope);
        let stored = stored.await.map_err(|error| problems::of_store(&error))?;
        let stored = stored.ok_or_else(|| problems::not_found_in(field))?;
        let mut customers = stored.personal.iter().filter_map(|p| p.customer.as_ref());
        let criteria = customers.next_back().map(Criterion::customer);
        let criteria = criteria.filter(|criteria| !criteria.is_empty());
        let brand = &stored.complaint.brand;
        let wanted = search.brands.remove(brand);
        // The customers of other brands are others.
        search.brands.clear();
        if let Some((mut wanted, criteria)) = wanted.zip(criteria) {
            wanted.extend(criteria);
            search.brands.insert(brand.clone(), wanted);
        }
        Ok(())
    }
}
