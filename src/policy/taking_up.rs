//! Files that are put into use together.

use std::sync::Arc;

use super::{book::PolicyBook, cross_checks, error::PolicyError, version::Policy};
use crate::calendar::CalendarBook;

/// The files of `policies/`, as this program was built with them.
macro_rules! built_in {
    ($($file:literal),* $(,)?) => {
        [$((concat!("policies/", $file), include_str!(concat!("../../policies/", $file)))),*]
    };
}

const BUILTIN: &[(&str, &str)] = &built_in![
    "au-acma-2018.toml",
    "au-acma-2025-june.toml",
    "au-acma-2025-august.toml",
    "au-acma.toml",
    "ca-ccts.toml",
    "ca-ccts-proposed.toml",
    "ca-fcac.toml",
    "ca-jive.toml",
    "es-2009.toml",
    "es.toml",
    "fr.toml",
    "ie-comreg-2018.toml",
    "ie-comreg.toml",
    "uk-fca.toml",
    "uk-ofcom-8-weeks.toml",
    "uk-ofcom.toml",
    "us-fcc.toml",
];

impl PolicyBook {
    /// The built-in policies. Tests try their terms in the built-in calendars; they are used with any others.
    ///
    /// # Errors
    /// When a built-in file is wrong.
    pub fn builtin(calendars: &CalendarBook) -> Result<PolicyBook, PolicyError> {
        let policies = BUILTIN
            .iter()
            .map(|(file, text)| Policy::parse_kept(file, text, calendars));
        let mut book = PolicyBook::default();
        let refused = book.take_up(policies.collect::<Result<_, _>>()?);
        book.shelve();
        match refused.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(book),
        }
    }

    /// Puts files into use that belong together, in place of everything that is in use under their names. A file that does
    /// not fit with the others, or with what else is in use, is left out; the errors say which, and where.
    pub fn take_up(&mut self, policies: Vec<Policy>) -> Vec<PolicyError> {
        let mut policies: Vec<Arc<Policy>> = policies.into_iter().map(Arc::new).collect();
        let mut refused = Vec::new();
        loop {
            let mut book = self.clone();
            for policy in &policies {
                book.take_out_of_use(policy.name());
            }
            for policy in &policies {
                book.use_from_now_on(Arc::clone(policy));
            }
            let Some(misfit) = cross_checks::first_misfit(&book, &policies) else {
                *self = book;
                return refused;
            };
            policies.remove(misfit.file);
            refused.push(misfit.error);
        }
    }
}
