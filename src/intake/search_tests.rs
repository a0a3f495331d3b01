#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::{
    calendar::CalendarBook,
    intake::{check::tests::check, page_token::token},
};

fn policies() -> PolicyBook {
    PolicyBook::builtin(&CalendarBook::builtin().unwrap()).unwrap()
}

fn search(request: v1::SearchComplaintsRequest) -> Result<Searched, Problem> {
    Searched::of(check(), request, &policies())
}

fn violated(request: v1::SearchComplaintsRequest) -> Vec<String> {
    let problem = search(request).unwrap_err();
    let fields = problem.violations.iter();
    fields.map(|violation| violation.field.clone()).collect()
}

fn by_name() -> v1::SearchComplaintsRequest {
    v1::SearchComplaintsRequest {
        name: "Ada".to_owned(),
        ..Default::default()
    }
}

#[test]
fn a_search_needs_something_to_go_by_and_takes_all_of_it() {
    let nothing = v1::SearchComplaintsRequest {
        brand: "jive".to_owned(),
        open: true,
        name: "  ".to_owned(),
        ..Default::default()
    };
    assert_eq!(violated(nothing), ["name"]);
    let several = v1::SearchComplaintsRequest {
        phone: "(514) 555-0142".to_owned(),
        email: "Ada@Example.com".to_owned(),
        postal_code: "k1a 0b1".to_owned(),
        ..by_name()
    };
    let several = search(several).unwrap();
    assert!(several.personal);
    assert_eq!(several.search.brands["jive"].len(), 4);
    let reference = v1::SearchComplaintsRequest {
        case_reference: "T-1".to_owned(),
        ..Default::default()
    };
    assert!(!search(reference).unwrap().personal);
}

#[test]
fn what_cannot_be_searched_for_is_refused_by_its_field() {
    for (field, request) in [
        (
            "phone",
            v1::SearchComplaintsRequest {
                phone: "514 555".to_owned(),
                ..Default::default()
            },
        ),
        (
            "account_number",
            v1::SearchComplaintsRequest {
                account_number: "--".to_owned(),
                ..Default::default()
            },
        ),
        (
            "name",
            v1::SearchComplaintsRequest {
                name: "...".to_owned(),
                ..Default::default()
            },
        ),
        (
            "tracking_number",
            v1::SearchComplaintsRequest {
                tracking_number: "RD-11111-11112".to_owned(),
                ..Default::default()
            },
        ),
        (
            "customer_of",
            v1::SearchComplaintsRequest {
                customer_of: "ada".to_owned(),
                ..Default::default()
            },
        ),
        (
            "open",
            v1::SearchComplaintsRequest {
                open: true,
                states: vec![v1::State::Closed.into()],
                ..by_name()
            },
        ),
        (
            "received_before",
            v1::SearchComplaintsRequest {
                received_from: Some(prost_types::Timestamp::default()),
                received_before: Some(prost_types::Timestamp::default()),
                ..by_name()
            },
        ),
        (
            "brand",
            v1::SearchComplaintsRequest {
                brand: "jibe".to_owned(),
                ..by_name()
            },
        ),
        (
            "policy",
            v1::SearchComplaintsRequest {
                policy: "none".to_owned(),
                ..by_name()
            },
        ),
    ] {
        assert_eq!(violated(request), [field]);
    }
}

#[test]
fn a_page_token_belongs_to_what_was_searched_for() {
    let place = ListPlace::of(uuid::Uuid::from_u128(7));
    let first = search(by_name()).unwrap();
    let token = token(place, first.digest);
    let with = |request: v1::SearchComplaintsRequest| v1::SearchComplaintsRequest {
        page_token: token.clone(),
        page_size: 7,
        ..request
    };
    assert_eq!(search(with(by_name())).unwrap().after, Some(place));
    let other = v1::SearchComplaintsRequest {
        name: "Bea".to_owned(),
        ..Default::default()
    };
    assert_eq!(violated(with(other)), ["page_token"]);
}
