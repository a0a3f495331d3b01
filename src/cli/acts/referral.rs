//! What happens at the independent body: `redress refer` and `redress referral`.

use clap::Args;

use super::{
    act::{Act, Said},
    typed::Typed,
};
use crate::{
    cli::{Failure, any_spelling::AnySpelling},
    proto::v1,
};

pub(super) const REFER_HELP: &str = "\
A referral cannot be undone. What follows at the body is recorded by `redress referral`.

Example:
  redress refer RD-DCNNM-Y6G1W --reference CCTS-123456";

pub(super) const STAGE_HELP: &str = "\
A stage that was reached cannot be taken back.

Example:
  redress referral stage RD-DCNNM-Y6G1W conciliation";

pub(super) const REPORT_HELP: &str = "\
The report is submitted once; another one only answers a request of the body.

Example:
  redress referral report RD-DCNNM-Y6G1W --answer unresolved --report - < report.txt";

pub(super) const REQUEST_HELP: &str = "\
A request that is made while another one is open adds to it.

Example:
  redress referral request RD-DCNNM-Y6G1W --request 'The recording of the call.' --due 2026-06-02T17:00";

pub(super) const DOCUMENTS_HELP: &str = "\
This answers the body's open request, if there is one.

Example:
  redress referral documents RD-DCNNM-Y6G1W --documents 'The recording of the call.'";

pub(super) const FINDINGS_HELP: &str = "\
Later findings replace earlier ones. What they require stays due when the complaint is closed.

Example:
  redress referral findings RD-DCNNM-Y6G1W --findings 'The provider pays a credit.' --must-act --due 2026-06-30T17:00";

pub(super) const CARRIED_OUT_HELP: &str = "\
It cannot be undone.

Example:
  redress referral carried-out RD-DCNNM-Y6G1W --at 2026-06-26T10:00";

/// A referral.
#[derive(Debug, Args)]
pub struct Refer {
    /// The body's reference. Not personal data.
    #[arg(long, value_name = "REFERENCE")]
    reference: Option<String>,
    /// When it was brought to the body [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Refer {
    type Request = v1::ReferComplaintRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::ReferComplaintRequest {
            body_reference: self.reference.clone().unwrap_or_default(),
            referred_time: said.time(self.at.as_ref())?,
            ..Default::default()
        })
    }
}

/// A later stage of the body's process.
#[derive(Debug, Args)]
pub struct Stage {
    /// The stage.
    #[arg(value_name = "STAGE", value_parser = AnySpelling::<v1::ReferralStage>::new())]
    stage: v1::ReferralStage,
    /// When it was reached [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Stage {
    type Request = v1::RecordReferralStageRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::RecordReferralStageRequest {
            stage: self.stage.into(),
            stage_time: said.time(self.at.as_ref())?,
            ..Default::default()
        })
    }
}

/// The provider's report to the body.
#[derive(Debug, Args)]
pub struct Report {
    /// The steps taken with the customer, and the provider's response; - reads them from standard input.
    #[arg(long, value_name = "TEXT")]
    report: Typed,
    /// The provider's answer in the report.
    #[arg(long, value_parser = AnySpelling::<v1::ReferralAnswer>::new())]
    answer: v1::ReferralAnswer,
    /// When it went to the body [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Report {
    type Request = v1::SubmitReferralReportRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::SubmitReferralReportRequest {
            report: self.report.text()?,
            answer: self.answer.into(),
            submitted_time: said.time(self.at.as_ref())?,
            ..Default::default()
        })
    }
}

/// A request of the body for documents.
#[derive(Debug, Args)]
pub struct DocumentRequest {
    /// What the body asks for; - reads it from standard input.
    #[arg(long, value_name = "TEXT")]
    request: Typed,
    /// The body's deadline [default: set by the policy].
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
    /// When the body asked [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for DocumentRequest {
    type Request = v1::RecordDocumentRequestRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::RecordDocumentRequestRequest {
            request: self.request.text()?,
            requested_time: said.time(self.at.as_ref())?,
            due_time: said.time(self.due.as_ref())?,
            ..Default::default()
        })
    }
}

/// Documents for the body.
#[derive(Debug, Args)]
pub struct Documents {
    /// What was submitted; - reads it from standard input.
    #[arg(long, value_name = "TEXT")]
    documents: Typed,
    /// When they went to the body [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Documents {
    type Request = v1::SubmitDocumentsRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::SubmitDocumentsRequest {
            documents: self.documents.text()?,
            submitted_time: said.time(self.at.as_ref())?,
            ..Default::default()
        })
    }
}

/// Findings of the body.
#[derive(Debug, Args)]
pub struct Findings {
    /// The findings; - reads them from standard input.
    #[arg(long, value_name = "TEXT")]
    findings: Typed,
    /// The findings require the provider to act.
    #[arg(long)]
    must_act: bool,
    /// The body's deadline [default: set by the policy].
    #[arg(long, value_name = "TIME", requires = "must_act")]
    due: Option<String>,
    /// When the body issued them [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Findings {
    type Request = v1::RecordFindingsRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::RecordFindingsRequest {
            findings: self.findings.text()?,
            findings_time: said.time(self.at.as_ref())?,
            provider_must_act: self.must_act,
            due_time: said.time(self.due.as_ref())?,
            ..Default::default()
        })
    }
}

/// The findings were carried out.
#[derive(Debug, Args)]
pub struct CarriedOut {
    /// When they were carried out [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for CarriedOut {
    type Request = v1::ConfirmFindingsCarriedOutRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::ConfirmFindingsCarriedOutRequest {
            carried_out_time: said.time(self.at.as_ref())?,
            ..Default::default()
        })
    }
}
