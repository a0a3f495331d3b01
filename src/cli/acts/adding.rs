//! What is added to a complaint: `redress add-issue` and `redress add-reference`.

use clap::Args;

use super::{
    act::{Act, Said},
    typed::Typed,
};
use crate::{
    cli::{Failure, any_spelling::AnySpelling},
    proto::v1,
};

pub(super) const ISSUE_HELP: &str = "\
A complaint has at most 50 issues. An issue cannot be removed.

Example:
  redress add-issue RD-DCNNM-Y6G1W --service tv --category billing --description 'The box is charged twice, too.'";

pub(super) const REFERENCE_HELP: &str = "\
A complaint has at most 200 references. A reference is part of the audit trail: it cannot be removed, and must not be personal data.

Example:
  redress add-reference RD-DCNNM-Y6G1W CRM-4711";

/// Another issue.
#[derive(Debug, Args)]
pub struct AddIssue {
    /// The service complained about.
    #[arg(long, value_parser = AnySpelling::<v1::ServiceKind>::new())]
    service: v1::ServiceKind,
    /// What the issue is about.
    #[arg(long, value_parser = AnySpelling::<v1::IssueCategory>::new())]
    category: v1::IssueCategory,
    /// What happened, in the customer's words; - reads it from standard input.
    #[arg(long, value_name = "TEXT")]
    description: Typed,
    /// What the customer wants.
    #[arg(long, value_name = "TEXT")]
    wanted: Option<String>,
}

impl Act for AddIssue {
    type Request = v1::AddIssueRequest;

    fn request(&self, _: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::AddIssueRequest {
            issue: Some(v1::Issue {
                service: self.service.into(),
                category: self.category.into(),
                description: self.description.text()?,
                desired_outcome: self.wanted.clone().unwrap_or_default(),
                ..v1::Issue::default()
            }),
            ..Default::default()
        })
    }
}

/// A reference to a case in another system.
#[derive(Debug, Args)]
pub struct AddReference {
    /// The reference.
    #[arg(value_name = "REFERENCE")]
    case_reference: String,
}

impl Act for AddReference {
    type Request = v1::AddCaseReferenceRequest;

    fn request(&self, _: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::AddCaseReferenceRequest {
            case_reference: self.case_reference.clone(),
            ..Default::default()
        })
    }
}
