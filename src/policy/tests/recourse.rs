//! What a file says of the independent body.

use super::*;
use crate::policy::{CustomerType, ServiceKind};

#[test]
fn a_body_with_a_phone_says_what_a_call_costs_and_one_without_says_nothing_of_calls() {
    let free = "toll_free = true\n";
    let body = "body.en]";
    refused(
        free,
        "",
        body,
        "say with toll_free whether a call to it is free",
    );
    let both = "toll_free = true\nphone_cost = \"a cent\"\n";
    refused(free, both, body, "so phone_cost does not apply");
    let charged = "toll_free = false\nphone_cost = \" \"\n";
    refused(free, charged, body, "`phone_cost` is empty: leave it out");
    let phones = ["1-888-221-1687", "1 888 221-1687"];
    let silent = phones.iter().fold(JIVE.to_owned(), |text, phone| {
        text.replace(&format!("phone = \"{phone}\"\n"), "")
    });
    let refusal = parse(&silent).map(drop).unwrap_err();
    assert!(refusal.reason.contains("has no phone"), "{refusal}");
    let rules = parse(&silent.replace(free, "")).unwrap().recourse;
    assert_eq!(
        (&rules.body["en"].phone, rules.body["en"].toll_free),
        (&None, None)
    );
}

/// A body may have another number for those who speak another language.
#[test]
fn the_cost_of_a_call_goes_with_the_number_of_each_language() {
    let french = "phone = \"1 888 221-1687\"\ntoll_free = true\n";
    let charged =
        "phone = \"514 555-0142\"\ntoll_free = false\nphone_cost = \"un appel à Montréal\"\n";
    assert!(JIVE.contains(french));
    let rules = parse(&JIVE.replacen(french, charged, 1)).unwrap().recourse;
    let [english, french] = ["en", "fr"].map(|language| &rules.body[language]);
    assert_eq!(
        (english.toll_free, &english.phone_cost),
        (Some(true), &None)
    );
    assert_eq!(french.toll_free, Some(false));
    assert_eq!(french.phone_cost.as_deref(), Some("un appel à Montréal"));
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
