//! A brand file as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::pack::Contact;
use crate::{
    domain::{
        ContactMeans,
        notice::{Language, NoticeKind},
    },
    policy::Channel,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BrandFile {
    pub(super) name: Spanned<String>,
    pub(super) title: Spanned<String>,
    pub(super) source: Spanned<String>,
    pub(super) policy: Spanned<String>,
    pub(super) tracking_prefix: Spanned<String>,
    pub(super) home_region: Spanned<String>,
    pub(super) languages: Spanned<Vec<Spanned<Language>>>,
    pub(super) default_language: Spanned<Language>,
    pub(super) means: Spanned<Vec<Spanned<Channel>>>,
    pub(super) mail_sender: Option<Spanned<String>>,
    pub(super) notices_by: Option<Spanned<Vec<Spanned<ContactMeans>>>>,
    pub(super) contact: BTreeMap<Spanned<Language>, Spanned<Contact>>,
    /// Texts of its own, in place of the built-in ones.
    #[serde(default)]
    pub(super) texts: BTreeMap<Spanned<Language>, BTreeMap<NoticeKind, Spanned<String>>>,
    /// Wording that texts share, in place of the built-in one or beside it.
    #[serde(default)]
    pub(super) fragments: BTreeMap<Spanned<Language>, BTreeMap<Spanned<String>, Spanned<String>>>,
}
