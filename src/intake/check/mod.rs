//! What can be said of a request by itself: whether it has the right form. What depends on the complaint, the policy or
//! the present time is decided by the domain.
//!
//! A [`Check`] goes on after a violation, so that the caller hears of all of them at once. Its methods return what they
//! read, or `None` after noting why it cannot be; [`Check::finish`] refuses the request if anything was noted.

mod brand;
mod choice;
mod contact;
mod name;
mod resource;
mod sorting;
mod text;
mod time;

use std::sync::Arc;

use jiff::Timestamp;

pub(crate) use self::{
    choice::{Choice, Direction},
    name::{COLLECTION, EVENTS, NOTICES, staff_name},
    resource::{ClockName, POLICIES, PolicyName},
    text::{LINE, SENTENCES, SHORT, STORY, TextRule},
};
use super::problem::{Problem, Violation};
use crate::{
    access::{Caller, Scope},
    brand::BrandBook,
};

/// The largest page; a request for more gets this many.
const LARGEST_PAGE: i32 = 1_000;

/// The check of one request of a caller.
#[derive(Debug)]
pub(crate) struct Check {
    now: Timestamp,
    brands: Arc<BrandBook>,
    caller: Caller,
    violations: Vec<Violation>,
}

impl Check {
    /// Begins; `now` bounds the times in the request. Of the brands, it may name those of the caller's scope: to the caller,
    /// there are no others.
    pub(crate) fn at(now: Timestamp, brands: &Arc<BrandBook>, caller: &Caller) -> Self {
        Check {
            now,
            brands: brands.of(caller.scope().brands.as_ref()),
            caller: caller.clone(),
            violations: Vec::new(),
        }
    }

    /// The present, as the request is judged by.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Which complaints the caller may see.
    pub(crate) fn scope(&self) -> &Scope {
        self.caller.scope()
    }

    /// Notes a violation: the field by its path in the request, and what is wanted of it. Never repeats what the caller
    /// sent, which may be personal.
    pub(crate) fn violation(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.violations.push(Violation {
            field: field.into(),
            description: description.into(),
        });
    }

    /// What was read, if nothing was noted.
    ///
    /// # Errors
    /// INVALID_ARGUMENT with every violation.
    pub(crate) fn finish<T>(self, read: Option<T>) -> Result<T, Problem> {
        match read {
            Some(read) if self.violations.is_empty() => Ok(read),
            _ => Err(Problem::invalid(self.violations)),
        }
    }

    /// How many items a page holds: `default` for zero.
    pub(crate) fn page_size(&mut self, size: i32, default: u16) -> usize {
        if size < 0 {
            self.violation("page_size", "must not be negative");
        }
        match usize::try_from(size.min(LARGEST_PAGE)) {
            Ok(size) if size > 0 => size,
            _ => usize::from(default),
        }
    }

    /// An amount of money in cents, where one was given.
    pub(crate) fn amount(&mut self, field: &str, cents: Option<i64>) -> Option<i64> {
        if cents.is_some_and(|cents| cents < 0) {
            self.violation(field, "must not be negative");
        }
        cents
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;

    /// A check at noon on the first day of autumn 2026.
    pub(crate) fn check() -> Check {
        crate::watchdog::watch();
        let brands = Arc::new(BrandBook::builtin().unwrap());
        Check::at(
            "2026-09-23T12:00:00Z".parse().unwrap(),
            &brands,
            &Caller::Anyone,
        )
    }

    impl Check {
        /// The fields that were refused, in order.
        pub(crate) fn fields(&self) -> Vec<&str> {
            self.violations
                .iter()
                .map(|violation| violation.field.as_str())
                .collect()
        }

        /// The only violation's description.
        pub(crate) fn only(&self) -> &str {
            assert_eq!(self.violations.len(), 1, "{:?}", self.violations);
            &self.violations[0].description
        }
    }

    #[test]
    fn a_page_has_a_default_and_a_bound_and_is_never_negative() {
        let mut check = check();
        assert_eq!(check.page_size(0, 50), 50);
        assert_eq!(check.page_size(1, 50), 1);
        assert_eq!(check.page_size(1_000, 50), 1_000);
        assert_eq!(check.page_size(i32::MAX, 50), 1_000);
        assert!(check.fields().is_empty());
        check.page_size(-1, 50);
        assert_eq!(check.fields(), ["page_size"]);
    }

    #[test]
    fn an_invoice_may_be_nothing_but_not_negative() {
        let mut check = check();
        assert_eq!(check.amount("cents", None), None);
        assert_eq!(check.amount("cents", Some(0)), Some(0));
        assert!(check.fields().is_empty());
        check.amount("cents", Some(-1));
        assert_eq!(check.fields(), ["cents"]);
    }
}
