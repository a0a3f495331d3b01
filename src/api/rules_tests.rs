//! The rules stand in the files of the API, and nowhere else.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use prost_reflect::prost::Message as _;
use prost_types::{FileDescriptorSet, MethodOptions};

use super::*;

/// The API with another method in it, which has these options.
fn with_method(name: &str, options: Option<MethodOptions>) -> Result<Rules, RulesError> {
    let mut files = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let mut names = files.file.iter_mut();
    let file = names
        .find(|file| file.name() == "redress/v1/brand.proto")
        .unwrap();
    let service = &mut file.service[0];
    let mut method = service.method[0].clone();
    method.name = Some(name.to_owned());
    method.options = options;
    service.method.push(method);
    // Decoded by the crate of the messages, what extends them is lost: the rules of all others are taken from where they are.
    let pool = DescriptorPool::decode(files.encode_to_vec().as_slice()).unwrap();
    let service = pool.get_service_by_name("redress.v1.BrandService").unwrap();
    let added = service
        .methods()
        .find(|method| method.name() == name)
        .unwrap();
    rule_of(&pool, &added).map(|rule| Rules(BTreeMap::from([(name.to_owned(), Arc::new(rule))])))
}

#[test]
fn a_method_without_a_rule_is_named_and_nothing_starts() {
    Rules::read().unwrap();
    let refused = with_method("ForgetBrand", None).unwrap_err();
    let RulesError::Missing { method } = &refused else {
        panic!("{refused}")
    };
    assert_eq!(method, "redress.v1.BrandService.ForgetBrand");
    let said = refused.to_string();
    assert!(
        said.contains("ForgetBrand") && said.contains("redress.v1.rule"),
        "{said}"
    );
    assert!(with_method("ForgetBrand", Some(MethodOptions::default())).is_err());
}

#[test]
fn every_role_is_known_on_both_sides() {
    let numbers = 1..=i32::try_from(Role::ALL.len()).unwrap();
    let known: Vec<Role> = numbers
        .map(|number| known(v1::CallerRole::try_from(number).unwrap()).unwrap())
        .collect();
    assert_eq!(known, Role::ALL);
    assert!(v1::CallerRole::try_from(i32::try_from(Role::ALL.len()).unwrap() + 1).is_err());
    assert_eq!(super::known(v1::CallerRole::Unspecified), None);
}

/// What the table in the files of the API has to be.
fn table(rules: &Rules) -> String {
    let mut table = String::from(
        "# Who may call what\n\n\
         Made from the option `(redress.v1.rule)` of each method; `access.proto` says what it means. Do not edit: a test compares \
         this file with the rules, and prints what it has to be.\n\n\
         ✓ may call it · ✎ may call it, and name somebody else as `actor` · ◐ may call it, and gets it without personal data · ▲ may also \
         give an `override_reason`; with ✎ only in the name of somebody else\n\n\
         | method |",
    );
    for role in Role::ALL {
        table += &format!(" {role} |");
    }
    table += "\n|---|";
    table += &":-:|".repeat(Role::ALL.len());
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    for service in pool.services() {
        for method in service.methods() {
            let rule = rules.of_method(method.name()).unwrap();
            table += &format!("\n| {}.{} |", service.name(), method.name());
            for role in Role::ALL {
                table += match role {
                    _ if !rule.roles.contains(&role) => " ",
                    _ if rule.act_for_others.contains(&role) => " ✎",
                    _ if rule.personal_data && !role.sees_personal_data() => " ◐",
                    _ => " ✓",
                };
                if rule.override_promise_bound.contains(&role) {
                    table += "▲";
                }
                table += " |";
            }
        }
    }
    table + "\n"
}

#[test]
fn the_table_of_rules_is_what_the_rules_say() {
    let wanted = table(&Rules::read().unwrap());
    let written = std::fs::read_to_string("proto/redress/v1/RULES.md").unwrap_or_default();
    assert!(
        written == wanted,
        "proto/redress/v1/RULES.md has to be:\n{wanted}"
    );
}
