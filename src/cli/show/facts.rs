//! What is known of a complaint, as lines of a name and a value.

use crate::{
    client::{Worded, Zone, word, words},
    proto::v1,
    terminal::one_line,
};

/// The lines, in the order in which they are read; what is not known has none.
pub(super) fn facts(complaint: &v1::Complaint, zone: &Zone) -> Vec<(&'static str, String)> {
    let mut lines = Lines(Vec::new());
    if let Some(customer) = &complaint.customer {
        lines.customer(customer);
    }
    lines.matter(complaint);
    lines.dates(complaint, zone);
    lines.standing(complaint, zone);
    lines.0
}

/// Whether the complaint is urgent, and why if that is known.
fn urgency(complaint: &v1::Complaint) -> String {
    let reasons = complaint.customer.as_ref();
    let reasons = reasons.map(|customer| listed::<v1::UrgencyReason>(&customer.urgency_reasons));
    match (complaint.urgent, reasons.as_deref().unwrap_or_default()) {
        (false, _) => String::new(),
        (true, "") => ", urgent".to_owned(),
        (true, reasons) => format!(", urgent ({reasons})"),
    }
}

fn listed<E: Worded>(numbers: &[i32]) -> String {
    let told: Vec<String> = numbers.iter().map(|number| words::<E>(*number)).collect();
    told.join(", ")
}

struct Lines(Vec<(&'static str, String)>);

impl Lines {
    fn line(&mut self, name: &'static str, value: impl AsRef<str>) {
        // Some of it is what somebody once typed.
        let value = one_line(value.as_ref());
        if !matches!(value.as_str(), "" | "-") {
            self.0.push((name, value));
        }
    }

    fn customer(&mut self, customer: &v1::Customer) {
        self.line("customer", &customer.full_name);
        if let Some(representative) = &customer.representative {
            let v1::Representative {
                full_name,
                authority,
            } = representative;
            self.line("represented by", format!("{full_name} ({authority})"));
        }
        self.line("email", &customer.email);
        self.line("phone", &customer.phone);
        self.line("address", &customer.postal_address);
        self.line("account", &customer.account_number);
        let means = words::<v1::ContactMeans>(customer.preferred_means);
        self.line("prefers", means);
        let needs = listed::<v1::AccessibilityNeed>(&customer.accessibility_needs);
        self.line("needs", needs);
    }

    fn matter(&mut self, complaint: &v1::Complaint) {
        let channel = words::<v1::Channel>(complaint.channel);
        let language = word::<v1::Language>(complaint.language);
        let urgent = urgency(complaint);
        self.line("came by", format!("{channel}, in {language}{urgent}"));
        self.line("brand", &complaint.brand);
        self.line("region", &complaint.region);
        for issue in &complaint.issues {
            let service = words::<v1::ServiceKind>(issue.service);
            let category = words::<v1::IssueCategory>(issue.category);
            let about = format!("{service}, {category}: {}", issue.description);
            self.line("about", about.trim_end_matches([':', ' ']));
            self.line("wanted", &issue.desired_outcome);
        }
        let labels = complaint.labels.iter();
        let labels: Vec<String> = labels
            .map(|label| format!("{}={}", label.key, label.value))
            .collect();
        self.line("labels", labels.join(" "));
        self.line("references", complaint.case_references.join(", "));
        for link in &complaint.links {
            let kind = words::<v1::LinkKind>(link.kind);
            self.line("linked", format!("{kind} {}", link.tracking_number));
        }
        for attachment in &complaint.attachments {
            let (kind, size) = (&attachment.media_type, attachment.size_bytes);
            let digest: String = attachment
                .sha256
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            self.line(
                "attached",
                format!("{kind}, {size} bytes, SHA-256 {digest}"),
            );
        }
    }

    fn dates(&mut self, complaint: &v1::Complaint, zone: &Zone) {
        self.line("handler", &complaint.assignee);
        if complaint.first_contact_time != complaint.received_time {
            let first = zone.long_or_dash(complaint.first_contact_time);
            self.line("first contact", first);
        }
        self.line("received", zone.long_or_dash(complaint.received_time));
        self.line("promised", zone.long_or_dash(complaint.promised_time));
        if complaint.first_promised_time != complaint.promised_time {
            let first = zone.long_or_dash(complaint.first_promised_time);
            self.line("first promised", first);
        }
    }

    fn standing(&mut self, complaint: &v1::Complaint, zone: &Zone) {
        if let Some(pause) = &complaint.pause {
            let reason = words::<v1::PauseReason>(pause.reason);
            let end = zone.long_or_dash(pause.end_time);
            self.line("paused", format!("{reason}, until {end}"));
        }
        let reasons = listed::<v1::EscalationReason>(&complaint.escalation_reasons);
        self.line("may be escalated", reasons);
        if let Some(referral) = &complaint.referral {
            self.line("referral", words::<v1::ReferralStage>(referral.stage));
            self.line("reported", words::<v1::ReferralAnswer>(referral.answer));
            if let Some(request) = &referral.document_request {
                let asked = zone.long_or_dash(request.requested_time);
                self.line("documents asked", asked);
            }
            if let Some(findings) = &referral.findings {
                self.line("findings", standing_of(findings));
            }
        }
        if complaint.closed_time.is_some() {
            let reason = words::<v1::ClosureReason>(complaint.closure_reason);
            let closed = zone.long_or_dash(complaint.closed_time);
            self.line("closed", format!("{closed}, {reason}"));
        }
        let (policy, version) = (&complaint.policy, &complaint.policy_version);
        self.line("policy", format!("{policy} version {version}"));
    }
}

fn standing_of(findings: &v1::Findings) -> &'static str {
    match (findings.provider_must_act, findings.carried_out_time) {
        (false, _) => "nothing to carry out",
        (true, None) => "to be carried out",
        (true, Some(_)) => "carried out",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::client::api_time;

    fn told(complaint: &v1::Complaint) -> Vec<String> {
        let zone = "America/Toronto".parse().unwrap();
        let facts = facts(complaint, &zone).into_iter();
        facts
            .map(|(name, value)| format!("{name}: {value}"))
            .collect()
    }

    #[test]
    fn a_complaint_is_told_with_all_that_is_known_of_it() {
        let at = |text: &str| Some(api_time(text.parse().unwrap()));
        let complaint = v1::Complaint {
            channel: v1::Channel::Phone.into(),
            language: v1::Language::French.into(),
            urgent: true,
            brand: "jive".to_owned(),
            region: "CA-QC".to_owned(),
            labels: vec![
                v1::Label {
                    key: "outage".to_owned(),
                    value: "O-17".to_owned(),
                },
                v1::Label {
                    key: "team".to_owned(),
                    value: "north".to_owned(),
                },
            ],
            case_references: vec!["CRM-1".to_owned(), "CRM-2".to_owned()],
            links: vec![v1::ComplaintLink {
                kind: v1::LinkKind::DuplicatedBy.into(),
                tracking_number: "RD-DCNNM-Y6G1W".to_owned(),
                ..v1::ComplaintLink::default()
            }],
            attachments: vec![v1::Attachment {
                number: 1,
                sha256: vec![0x0a; 32],
                size_bytes: 12_345,
                media_type: "application/pdf".to_owned(),
                ..v1::Attachment::default()
            }],
            first_contact_time: at("2026-05-01T14:00:00Z"),
            received_time: at("2026-05-12T21:00:00Z"),
            closed_time: at("2026-05-20T21:00:00Z"),
            closure_reason: v1::ClosureReason::NoAnswer.into(),
            policy: "ca-jive".to_owned(),
            policy_version: "0a1b2c3d4e5f".to_owned(),
            customer: Some(v1::Customer {
                full_name: "Robin\nSample".to_owned(),
                preferred_means: v1::ContactMeans::TextMessage.into(),
                accessibility_needs: vec![
                    v1::AccessibilityNeed::LargePrint.into(),
                    v1::AccessibilityNeed::PlainLanguage.into(),
                ],
                urgency_reasons: vec![v1::UrgencyReason::Safety.into()],
                ..v1::Customer::default()
            }),
            ..v1::Complaint::default()
        };
        let digest = "0a".repeat(32);
        assert_eq!(
            told(&complaint),
            [
                "customer: Robin Sample",
                "prefers: text message",
                "needs: large print, plain language",
                "came by: phone, in fr, urgent (safety)",
                "brand: jive",
                "region: CA-QC",
                "labels: outage=O-17 team=north",
                "references: CRM-1, CRM-2",
                "linked: duplicated by RD-DCNNM-Y6G1W",
                &format!("attached: application/pdf, 12345 bytes, SHA-256 {digest}"),
                "first contact: Fri 1 May 2026 10:00 EDT",
                "received: Tue 12 May 2026 17:00 EDT",
                "closed: Wed 20 May 2026 17:00 EDT, no answer",
                "policy: ca-jive version 0a1b2c3d4e5f",
            ]
        );
    }

    #[test]
    fn what_is_not_known_of_a_complaint_has_no_line() {
        let received = Some(api_time("2026-05-12T21:00:00Z".parse().unwrap()));
        let complaint = v1::Complaint {
            channel: v1::Channel::Form.into(),
            language: v1::Language::English.into(),
            first_contact_time: received,
            received_time: received,
            ..v1::Complaint::default()
        };
        let names: Vec<&str> = facts(&complaint, &"America/Toronto".parse().unwrap())
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["came by", "received", "policy"]);
    }
}
