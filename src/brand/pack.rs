//! A brand as it is used.

use std::{collections::BTreeMap, fmt, sync::Arc};

use rlibphonenumber::{PhoneNumber, PhoneNumberFormat, Region};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        ContactMeans, TrackingPrefix,
        notice::{Language, NoticeTexts},
    },
    policy::Channel,
};

/// One version of one brand, checked and complete.
#[derive(Clone)]
pub struct Brand {
    /// Which version it is.
    pub reference: BrandRef,
    /// The name that customers know.
    pub title: String,
    /// Where its texts and contact data come from.
    pub source: String,
    /// The policy of what is filed with it, where a filing names none.
    pub policy: String,
    /// What its tracking numbers begin with.
    pub tracking_prefix: TrackingPrefix,
    /// The region that a telephone number without a country code belongs to.
    pub home_region: Region,
    /// The languages in which it writes to customers.
    pub languages: Vec<Language>,
    /// The language of a customer who names none; one of [`Self::languages`].
    pub default_language: Language,
    /// The channels that it offers to its customers.
    pub means: Vec<Channel>,
    /// The address that its mail is sent from; `None`: it sends none.
    pub mail_sender: Option<String>,
    /// The means by which it writes to its customers, the first one first where the customer has no wish.
    pub notices_by: Vec<ContactMeans>,
    /// How its customers reach it, in each of its languages.
    pub contact: BTreeMap<Language, Contact>,
    /// What it tells its customers.
    pub texts: Arc<NoticeTexts>,
    /// The file's text, kept so that every version can be read again.
    pub text: String,
}

/// One version of one brand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BrandRef {
    /// The brand's name.
    pub name: String,
    /// The digest of its text.
    pub version: String,
}

impl fmt::Display for BrandRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

/// How customers who read one language reach a brand. What it does not have is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The telephone number as it is printed.
    pub phone: Option<String>,
    /// The postal address, on one line.
    pub mail: Option<String>,
    /// The address on the web, without a scheme.
    pub web: Option<String>,
    /// The mail address that answers to its mail go to; `None`: to the one that the mail is sent from.
    pub reply_to: Option<String>,
}

impl Contact {
    /// What there is for a letter to name, by the name under which a text marks it.
    pub(crate) fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("phone", &self.phone),
            ("mail", &self.mail),
            ("web", &self.web),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}

impl fmt::Debug for Brand {
    /// Its version: the rest follows from it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Brand").field(&self.reference).finish()
    }
}

impl Brand {
    /// What callers name it by, for example `jive`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.reference.name
    }

    /// The two letters of its home region.
    #[must_use]
    pub fn region_code(&self) -> String {
        self.home_region.as_region_str().as_str().to_owned()
    }

    /// The digest of its text.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.reference.version
    }

    /// A telephone number as its customers write it, in E.164 form: without a country code it is one of the home region.
    /// `None`: it is no number, or has an extension, for which the form has no place.
    #[must_use]
    pub fn e164(&self, number: &str) -> Option<String> {
        e164(number, self.home_region)
    }
}

pub(super) fn e164(number: &str, home: Region) -> Option<String> {
    let number = PhoneNumber::parse(number, Some(home)).ok()?;
    // Most numbers are of the home region: asked of one country, not of all that share its code.
    let valid = number.is_valid_for_region(home) || number.is_valid();
    let fits = number.extension.is_none() && valid;
    fits.then(|| number.format_as(PhoneNumberFormat::E164).into_owned())
}
