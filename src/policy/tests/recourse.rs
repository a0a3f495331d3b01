//! What a file says of the independent body.

use super::*;
use crate::policy::{CustomerType, ServiceKind};

#[test]
fn a_body_with_a_phone_says_whether_a_call_is_free_and_one_without_says_nothing_of_calls() {
    let from_level = "1\nsource = \"CCTS, annual report";
    refused(
        "toll_free = true",
        "",
        from_level,
        "say with toll_free whether a call to it is free",
    );
    let phones = ["1-888-221-1687", "1 888 221-1687"];
    let silent = phones.iter().fold(JIVE.to_owned(), |text, phone| {
        text.replace(&format!("phone = \"{phone}\"\n"), "")
    });
    let refusal = parse(&silent).map(drop).unwrap_err();
    assert!(refusal.reason.contains("has no phone"), "{refusal}");
    let silent = silent.replacen("toll_free = true", "", 1);
    let rules = parse(&silent).unwrap().recourse;
    assert!(!rules.toll_free && rules.body["en"].phone.is_none());
}

#[test]
fn what_the_body_has_in_one_language_it_has_in_all_and_nothing_is_empty() {
    let french = "phone = \"1 888 221-1687\"\n";
    refused(french, "", "body.en]", "`phone` is given in some languages");
    let empty = "fax = \"\"\n";
    refused(
        "fax = \"1 877 782-2924\"\n",
        empty,
        "body.en]",
        "`fax` is empty: leave it out",
    );
    let more = format!("{french}time_limit = \"dans l’année\"\n");
    refused(french, &more, "body.en]", "`time_limit` is given in some");
}

#[test]
fn the_customers_and_services_of_the_body_agree() {
    let customers = "customers = [\"consumer\", \"small_business\"]";
    refused(customers, "customers = []", "[]", "at least one kind");
    let consumers = "customers = [\"consumer\"]";
    refused(customers, consumers, "250000", "so they have no limit");
    let tv = "consumer_only = [\"tv\"]";
    let other = "consumer_only = [\"other\"]";
    refused(tv, other, "\"other\"]", "`other` is not among services");
    let rules = parse(JIVE).unwrap().recourse;
    let television = |customer| rules.services_for(customer).contains(&ServiceKind::Tv);
    assert!(television(CustomerType::Consumer));
    assert!(!television(CustomerType::SmallBusiness));
}
