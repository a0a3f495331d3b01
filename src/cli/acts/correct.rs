//! `redress correct`.

use clap::{Args, ValueEnum};

use super::act::{Act, Said};
use crate::{
    cli::{Failure, any_spelling::AnySpelling},
    proto::v1,
};

pub(super) const HELP: &str = "\
Corrections apply from now on: the next notice is in the new language, and the next letter goes to the new address. Notices that were \
sent stay as they are, and what was recorded before stays in the log. Making a complaint urgent sets the shorter targets of the \
policy. An account number, an e-mail address and other personal data on the command line may stay in the shell's history.

Examples:
  redress correct RD-DCNNM-Y6G1W --email robin@example.org --language fr
  redress correct RD-DCNNM-Y6G1W --urgent --urgency-reason disconnection
  redress correct RD-DCNNM-Y6G1W --clear phone";

/// Corrections of the customer's and the complaint's data.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Correct {
    /// The kind of customer.
    #[arg(long, value_parser = AnySpelling::<v1::CustomerType>::new())]
    customer_type: Option<v1::CustomerType>,
    /// The language in which the customer is answered.
    #[arg(long, value_parser = AnySpelling::<v1::Language>::new())]
    language: Option<v1::Language>,
    /// It is urgent.
    #[arg(long, conflicts_with = "not_urgent")]
    urgent: bool,
    /// It is not urgent.
    #[arg(long, conflicts_with = "urgency_reasons")]
    not_urgent: bool,
    /// Why it is urgent, in place of what was recorded; may be repeated.
    #[arg(long = "urgency-reason", value_name = "REASON", value_parser = AnySpelling::<v1::UrgencyReason>::new(), value_delimiter = ',')]
    urgency_reasons: Vec<v1::UrgencyReason>,
    /// The region where the customer is served, in ISO 3166-2, for example CA-QC.
    #[arg(long)]
    region: Option<String>,
    /// The customer's full name.
    #[arg(long)]
    name: Option<String>,
    /// The customer's e-mail address.
    #[arg(long)]
    email: Option<String>,
    /// The customer's telephone number; without a + it is read as one of the brand's country.
    #[arg(long)]
    phone: Option<String>,
    /// The customer's postal address.
    #[arg(long)]
    address: Option<String>,
    /// The customer's account number.
    #[arg(long, value_name = "NUMBER")]
    account: Option<String>,
    /// Who acts on the customer's behalf.
    #[arg(long, value_name = "NAME", requires = "authority")]
    representative: Option<String>,
    /// The evidence of that person's authority, for example a signed form and its date.
    #[arg(long, value_name = "TEXT", requires = "representative")]
    authority: Option<String>,
    /// How the customer prefers to be contacted.
    #[arg(long, value_name = "MEANS", value_parser = AnySpelling::<v1::ContactMeans>::new())]
    preferred_means: Option<v1::ContactMeans>,
    /// What the customer needs in order to communicate, in place of what was recorded; may be repeated.
    #[arg(long = "need", value_name = "NEED", value_parser = AnySpelling::<v1::AccessibilityNeed>::new(), value_delimiter = ',')]
    needs: Vec<v1::AccessibilityNeed>,
    /// What is to be empty from now on; may be repeated.
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    clear: Vec<Clear>,
}

/// What can be emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Clear {
    /// The region.
    Region,
    /// The e-mail address.
    Email,
    /// The telephone number.
    Phone,
    /// The postal address.
    Address,
    /// The account number.
    Account,
    /// Who acts on the customer's behalf.
    Representative,
    /// How the customer prefers to be contacted.
    PreferredMeans,
    /// What the customer needs in order to communicate.
    Needs,
    /// Why it is urgent.
    UrgencyReasons,
}

impl Clear {
    const fn path(self) -> &'static str {
        match self {
            Clear::Region => "region",
            Clear::Email => "customer.email",
            Clear::Phone => "customer.phone",
            Clear::Address => "customer.postal_address",
            Clear::Account => "customer.account_number",
            Clear::Representative => "customer.representative",
            Clear::PreferredMeans => "customer.preferred_means",
            Clear::Needs => "customer.accessibility_needs",
            Clear::UrgencyReasons => "customer.urgency_reasons",
        }
    }
}

impl Correct {
    /// The fields that are corrected, by their paths in a complaint.
    fn paths(&self) -> Vec<String> {
        let given = [
            ("customer_type", self.customer_type.is_some()),
            ("language", self.language.is_some()),
            ("urgent", self.urgent || self.not_urgent),
            ("region", self.region.is_some()),
            ("customer.full_name", self.name.is_some()),
            ("customer.email", self.email.is_some()),
            ("customer.phone", self.phone.is_some()),
            ("customer.postal_address", self.address.is_some()),
            ("customer.account_number", self.account.is_some()),
            ("customer.representative", self.representative.is_some()),
            ("customer.preferred_means", self.preferred_means.is_some()),
            ("customer.accessibility_needs", !self.needs.is_empty()),
            ("customer.urgency_reasons", !self.urgency_reasons.is_empty()),
        ];
        let given = given.iter().filter(|(_, is_given)| *is_given);
        let cleared = self.clear.iter().map(|clear| clear.path());
        let paths = given.map(|(path, _)| *path).chain(cleared);
        paths.map(str::to_owned).collect()
    }
}

impl Act for Correct {
    type Request = v1::UpdateComplaintRequest;

    fn request(&self, _: &Said<'_>) -> Result<Self::Request, Failure> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let representative = self.representative.as_ref().map(|name| v1::Representative {
            full_name: name.clone(),
            authority: text(&self.authority),
        });
        Ok(v1::UpdateComplaintRequest {
            complaint: Some(v1::Complaint {
                customer_type: self.customer_type.unwrap_or_default().into(),
                language: self.language.unwrap_or_default().into(),
                urgent: self.urgent,
                region: text(&self.region),
                customer: Some(v1::Customer {
                    full_name: text(&self.name),
                    email: text(&self.email),
                    phone: text(&self.phone),
                    postal_address: text(&self.address),
                    account_number: text(&self.account),
                    representative,
                    preferred_means: self.preferred_means.unwrap_or_default().into(),
                    accessibility_needs: self.needs.iter().map(|need| (*need).into()).collect(),
                    urgency_reasons: self.urgency_reasons.iter().map(|it| (*it).into()).collect(),
                }),
                ..v1::Complaint::default()
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: self.paths(),
            }),
            ..Default::default()
        })
    }
}
