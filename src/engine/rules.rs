//! What decisions are made from.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError, RwLock},
};

use crate::{
    calendar::CalendarBook,
    domain::{Case, notice::NoticeTexts},
    policy::{Policy, PolicyBook, PolicyRef},
    store::{StoreError, Transaction},
};

/// The policies, the calendars they count in, and the approved texts.
#[derive(Debug)]
pub struct Rules {
    policies: RwLock<Arc<PolicyBook>>,
    calendars: CalendarBook,
    /// The policy of a filing that names none.
    pub default_policy: String,
    /// The approved texts.
    pub texts: NoticeTexts,
}

impl Rules {
    /// Puts them together.
    #[must_use]
    pub fn new(
        policies: PolicyBook,
        calendars: CalendarBook,
        default_policy: String,
        texts: NoticeTexts,
    ) -> Self {
        Rules {
            policies: RwLock::new(Arc::new(policies)),
            calendars,
            default_policy,
            texts,
        }
    }

    /// The policies that are known now.
    #[must_use]
    pub fn policies(&self) -> Arc<PolicyBook> {
        Arc::clone(&self.policies.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The policies, with those that these complaints keep. A replica of a newer version may have brought one that this
    /// process did not find when it started: it is read from where that replica kept it.
    pub(super) fn policies_for(
        &self,
        cases: &[Case],
        transaction: &mut Transaction<'_>,
    ) -> Result<Arc<PolicyBook>, StoreError> {
        let book = self.policies();
        let kept = cases.iter().flat_map(|case| {
            let complaint = &case.complaint;
            complaint.beside.iter().chain([&complaint.policy])
        });
        let missing: BTreeSet<&PolicyRef> = kept.filter(|kept| book.get(kept).is_none()).collect();
        if missing.is_empty() {
            return Ok(book);
        }
        let mut learnt = Vec::new();
        for PolicyRef { name, version } in missing {
            let Some(text) = transaction.policy_text(name, version)? else {
                continue;
            };
            match Policy::parse_kept(&format!("{name}@{version}"), &text, &self.calendars) {
                Ok(policy) => learnt.push(policy),
                Err(error) => {
                    tracing::error!(%error, "a policy of another version of this service cannot be read");
                }
            }
        }
        let mut current = self
            .policies
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let mut book = PolicyBook::clone(&current);
        for policy in learnt {
            tracing::info!(
                policy = policy.name(),
                version = policy.version(),
                "a policy was learnt from the database"
            );
            book.insert_former(policy);
        }
        *current = Arc::new(book);
        Ok(Arc::clone(&current))
    }
}
