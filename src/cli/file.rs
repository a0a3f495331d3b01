//! `redress file`.

use clap::Args;
use uuid::Uuid;

use super::{
    Failure, acts::unclear, any_spelling::AnySpelling, connection::Connection, json::Json,
    label::label,
};
use crate::{
    client::{CallError, api_time, instant, words},
    proto::v1,
    terminal::{Terminal, Tone},
};

/// A complaint to file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  redress file --channel phone --name 'Robin Sample' --language fr --service internet --category billing \\
    --description 'Charged twice in April' --wanted 'A credit' --acknowledge
  redress file --channel mail --name 'Robin Sample' --service wireless --category service-delivery \\
    --description 'No coverage at home' --received 2026-05-07T10:00 --region CA-QC --label team=north \\
    --need large-print --urgency-reason safety

A call that failed without an answer prints the --request-id with which it is safe to repeat.")]
pub struct FileArgs {
    /// The brand that the customer deals with [default: the only one there is].
    #[arg(long)]
    pub brand: Option<String>,
    /// How it came in.
    #[arg(long, value_parser = AnySpelling::<v1::Channel>::new())]
    pub channel: v1::Channel,
    /// The customer's full name.
    #[arg(long)]
    pub name: String,
    /// The customer's e-mail address.
    #[arg(long)]
    pub email: Option<String>,
    /// The customer's telephone number; without a + it is read as one of the brand's country.
    #[arg(long)]
    pub phone: Option<String>,
    /// The customer's postal address.
    #[arg(long)]
    pub address: Option<String>,
    /// The customer's account number.
    #[arg(long, value_name = "NUMBER")]
    pub account: Option<String>,
    /// How the customer prefers to be contacted.
    #[arg(long, value_name = "MEANS", value_parser = AnySpelling::<v1::ContactMeans>::new())]
    pub preferred_means: Option<v1::ContactMeans>,
    /// What the customer needs in order to communicate; may be repeated.
    #[arg(long = "need", value_name = "NEED", value_parser = AnySpelling::<v1::AccessibilityNeed>::new(), value_delimiter = ',')]
    pub needs: Vec<v1::AccessibilityNeed>,
    /// The kind of customer.
    #[arg(long, value_parser = AnySpelling::<v1::CustomerType>::new(), default_value = "consumer")]
    pub customer_type: v1::CustomerType,
    /// The language in which the customer is answered [default: the brand's default language].
    #[arg(long, value_parser = AnySpelling::<v1::Language>::new())]
    pub language: Option<v1::Language>,
    /// The service complained about.
    #[arg(long, value_parser = AnySpelling::<v1::ServiceKind>::new())]
    pub service: v1::ServiceKind,
    /// What the complaint is about.
    #[arg(long, value_parser = AnySpelling::<v1::IssueCategory>::new())]
    pub category: v1::IssueCategory,
    /// What happened, in the customer's words.
    #[arg(long)]
    pub description: String,
    /// What the customer wants.
    #[arg(long)]
    pub wanted: Option<String>,
    /// When it reached the provider, for example 2026-05-07T10:00 [default: now].
    #[arg(long, value_name = "TIME")]
    pub received: Option<String>,
    /// When the customer first contacted the provider about the matter [default: when it was received].
    #[arg(long, value_name = "TIME")]
    pub first_contact: Option<String>,
    /// Urgent: a matter of hardship, disconnection or safety.
    #[arg(long)]
    pub urgent: bool,
    /// Why it is urgent; implies --urgent; may be repeated.
    #[arg(long = "urgency-reason", value_name = "REASON", value_parser = AnySpelling::<v1::UrgencyReason>::new(), value_delimiter = ',')]
    pub urgency_reasons: Vec<v1::UrgencyReason>,
    /// The region where the customer is served, in ISO 3166-2, for example CA-QC.
    #[arg(long)]
    pub region: Option<String>,
    /// A label, for example team=north; may be repeated. Not personal data.
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label)]
    pub labels: Vec<v1::Label>,
    /// A reference to a case in another system; may be repeated. Not personal data.
    #[arg(long = "case-reference", value_name = "REFERENCE")]
    pub case_references: Vec<String>,
    /// File an enquiry, not yet a complaint.
    #[arg(long)]
    pub enquiry: bool,
    /// Acknowledge it at the same time, as on a call.
    #[arg(long, conflicts_with = "enquiry")]
    pub acknowledge: bool,
    /// The person or team to assign it to.
    #[arg(long)]
    pub assignee: Option<String>,
    /// The policy to apply [default: the brand's own].
    #[arg(long)]
    pub policy: Option<String>,
    /// Who files it; recorded in the audit trail [default: the subject of the token or certificate, else `cli`].
    #[arg(long, env = "REDRESS_ACTOR", value_name = "NAME")]
    pub actor: Option<String>,
    /// Makes the call safe to repeat [default: a new one].
    #[arg(long, value_name = "UUID")]
    pub request_id: Option<Uuid>,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

impl FileArgs {
    fn request(&self, request_id: Uuid) -> Result<v1::FileComplaintRequest, Failure> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let time = |given: &Option<String>| {
            let given = given.as_deref();
            given
                .map(|time| self.connection.time_zone.read(time))
                .transpose()
        };
        Ok(v1::FileComplaintRequest {
            request_id: request_id.to_string(),
            actor: self.connection.actor(self.actor.as_deref()),
            brand: text(&self.brand),
            channel: self.channel.into(),
            customer: Some(v1::Customer {
                full_name: self.name.clone(),
                email: text(&self.email),
                phone: text(&self.phone),
                postal_address: text(&self.address),
                account_number: text(&self.account),
                preferred_means: self.preferred_means.unwrap_or_default().into(),
                accessibility_needs: numbers(&self.needs),
                urgency_reasons: numbers(&self.urgency_reasons),
                ..v1::Customer::default()
            }),
            customer_type: self.customer_type.into(),
            language: self.language.unwrap_or_default().into(),
            issues: vec![v1::Issue {
                service: self.service.into(),
                category: self.category.into(),
                description: self.description.clone(),
                desired_outcome: text(&self.wanted),
                ..v1::Issue::default()
            }],
            received_time: time(&self.received)?.map(api_time),
            first_contact_time: time(&self.first_contact)?.map(api_time),
            enquiry: self.enquiry,
            urgent: self.urgent || !self.urgency_reasons.is_empty(),
            region: text(&self.region),
            labels: self.labels.clone(),
            case_references: self.case_references.clone(),
            policy: text(&self.policy),
            assignee: text(&self.assignee),
            acknowledgement: self.acknowledge.then(v1::Acknowledgement::default),
            ..v1::FileComplaintRequest::default()
        })
    }
}

fn numbers<E: Copy + Into<i32>>(values: &[E]) -> Vec<i32> {
    values.iter().map(|value| (*value).into()).collect()
}

/// Files it, and prints what the customer is to be told.
pub(super) async fn run(args: FileArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let request_id = args.request_id.unwrap_or_else(Uuid::new_v4);
    let request = args.request(request_id)?;
    let mut client = args.connection.complaints().await?;
    let complaint = client.file_complaint(request).await;
    let complaint = complaint
        .map_err(|status| unclear(CallError::from(status), request_id))?
        .into_inner();
    if args.connection.json {
        let value = Json::new()?.value("Complaint", &complaint)?;
        terminal.line(format_args!("{value:#}"))?;
        return Ok(());
    }
    terminal.toned(Tone::Strong, &complaint.tracking_number)?;
    let zone = &args.connection.time_zone;
    match instant(complaint.promised_time) {
        Some(promised) => terminal.line(format_args!(
            "An outcome is promised by {}.",
            zone.long(promised)
        ))?,
        None => terminal.line(format_args!(
            "It is {}; no date has been promised yet.",
            words::<v1::State>(complaint.state)
        ))?,
    }
    Ok(())
}
