#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::*;
use crate::{domain::notice::Language, intake::check::tests::check};

fn request(paths: &[&str], complaint: v1::Complaint) -> v1::UpdateComplaintRequest {
    v1::UpdateComplaintRequest {
        complaint: Some(v1::Complaint {
            name: "complaints/01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
            ..complaint
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }),
        actor: "ada".to_owned(),
        ..Default::default()
    }
}

fn read(request: v1::UpdateComplaintRequest) -> Correction {
    let mut check = check();
    let work = request.work(&mut check);
    assert!(check.fields().is_empty(), "{:?}", check.fields());
    let Some(Work::Change { command, .. }) = work else {
        panic!("{work:?}");
    };
    let Command::Update(correction) = *command else {
        panic!("{command:?}");
    };
    *correction
}

fn refused(request: v1::UpdateComplaintRequest) -> Vec<String> {
    let mut check = check();
    request.work(&mut check);
    check.fields().iter().map(ToString::to_string).collect()
}

#[test]
fn only_what_the_mask_names_is_read() {
    let given = v1::Complaint {
        language: v1::Language::French.into(),
        urgent: true,
        customer_type: 99,
        customer: Some(v1::Customer {
            email: "ada@example.org".to_owned(),
            phone: "none".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let correction = read(request(&["language", "customer.email"], given));
    assert_eq!(correction.language, Some(Language::French));
    assert_eq!(correction.urgent, None);
    assert_eq!(correction.customer_type, None);
    let email = Some(Some("ada@example.org".to_owned()));
    assert_eq!(correction.customer.email, email);
    assert_eq!(correction.customer.phone, None);
}

#[test]
fn what_is_named_and_not_set_is_emptied() {
    let correction = read(request(
        &[
            "urgent",
            "region",
            "labels",
            "customer.phone",
            "customer.representative",
        ],
        v1::Complaint::default(),
    ));
    assert_eq!(correction.urgent, Some(false));
    assert_eq!(correction.region, Some(None));
    assert!(correction.labels.unwrap().is_empty());
    assert_eq!(correction.customer.phone, Some(None));
    assert_eq!(correction.customer.representative, Some(None));
}

#[test]
fn the_whole_customer_is_all_of_its_fields() {
    let given = v1::Complaint {
        customer: Some(v1::Customer {
            full_name: "Ada".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let customer = read(request(&["customer"], given)).customer;
    assert_eq!(customer.full_name.as_deref(), Some("Ada"));
    assert_eq!(customer.email, Some(None));
    assert_eq!(customer.accessibility_needs, Some(Vec::new()));
    assert_eq!(customer.preferred_means, Some(None));
}

#[test]
fn a_mask_names_what_can_be_corrected_and_what_cannot_be_is_refused() {
    let nothing = v1::Complaint::default;
    assert_eq!(refused(request(&[], nothing())), ["update_mask"]);
    for path in ["state", "*", "customer.nobody", "issues", "promised_time"] {
        assert_eq!(
            refused(request(&[path], nothing())),
            ["update_mask.paths[0]"]
        );
    }
    let required = ["customer_type", "language", "customer.full_name"];
    let at: Vec<_> = required
        .iter()
        .map(|path| format!("complaint.{path}"))
        .collect();
    assert_eq!(refused(request(&required, nothing())), at);
}
