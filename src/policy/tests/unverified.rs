//! What the packs mark as unverified, and the table of it.

use std::collections::BTreeSet;

use super::*;
use crate::policy::PolicyBook;

const README: &str = include_str!("../../../policies/README.md");

/// A policy, and the clock or section of it in which something stands.
type Place = (String, String);

/// Where the built-in files say "unverified": in the clock whose table it is, in another section, or ahead of all of them.
fn marked() -> BTreeSet<Place> {
    let book = PolicyBook::builtin(calendars()).unwrap();
    let mut marked = BTreeSet::new();
    for policy in book.current() {
        let mut place = "the file".to_owned();
        let mut clock_begins = false;
        for line in policy.text.lines() {
            if line == "[[clock]]" {
                clock_begins = true;
            } else if let Some(section) = line.strip_prefix('[') {
                let end = section.find(['.', ']']).unwrap();
                place = section[..end].to_owned();
            } else if let Some(name) = line.strip_prefix("name = \"")
                && std::mem::take(&mut clock_begins)
            {
                place = name.trim_end_matches('"').to_owned();
            }
            if line.to_lowercase().contains("unverified") {
                marked.insert((policy.name().to_owned(), place.clone()));
            }
        }
    }
    marked
}

/// The cells of the rows of the table, without backticks.
fn rows() -> Vec<Vec<String>> {
    let (_, section) = README.split_once("## What is unverified").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells = |row: &str| {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().replace('`', "")).collect()
    };
    rows.map(cells).collect()
}

#[test]
fn whatever_a_pack_calls_unverified_has_its_row_and_every_row_its_place() {
    let mut listed = BTreeSet::new();
    for row in rows() {
        let [pack, place, what, why] = &row[..] else {
            panic!("four cells: {row:?}");
        };
        assert!(!what.is_empty() && !why.is_empty(), "{row:?}");
        let new = listed.insert((pack.clone(), place.clone()));
        assert!(new, "{pack} {place} stands there twice");
    }
    let marked = marked();
    assert!(marked.len() > 10, "{marked:?}");
    let missing: Vec<_> = marked.difference(&listed).collect();
    let idle: Vec<_> = listed.difference(&marked).collect();
    assert!(
        missing.is_empty() && idle.is_empty(),
        "without a row: {missing:?}; without a place: {idle:?}"
    );
}

#[test]
fn every_built_in_file_stands_in_the_table_of_packs() {
    let book = PolicyBook::builtin(calendars()).unwrap();
    for policy in book.current() {
        let name = policy.places.file.strip_prefix("policies/").unwrap();
        assert!(README.contains(&format!("({name})")), "{name} has no link");
    }
}
