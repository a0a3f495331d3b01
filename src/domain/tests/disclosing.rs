//! What is disclosed of a customer, and from when.

use super::{
    commands::{acknowledge, command, erase, withdraw},
    story::{MONDAY, Story, filing, jive, t},
};
use crate::domain::{CommandKind, Customer, ErasureReason};

#[test]
fn account_data_and_copies_go_to_nobody_whose_identity_was_not_checked() {
    let customer = Customer {
        account_number: Some("A-1".to_owned()),
        ..filing().customer
    };
    let mut story = Story::open(&filing(), t(MONDAY), jive()).unwrap();
    let account = |story: &Story| {
        let complaint = &story.case.complaint;
        let account = complaint.disclosed_account(&customer).map(str::to_owned);
        (account, complaint.may_be_handed_out())
    };
    assert_eq!(account(&story), (None, false));
    story.does(command(CommandKind::VerifyIdentity, &story));
    assert_eq!(account(&story), (Some("A-1".to_owned()), true));
}

#[test]
fn what_is_left_after_an_erasure_is_handed_out_whoever_asks() {
    let mut story = Story::open(&filing(), t(MONDAY), jive()).unwrap();
    story.does(acknowledge());
    story.does(withdraw());
    assert!(!story.case.complaint.may_be_handed_out());
    story.does(erase(ErasureReason::Request));
    assert!(story.case.complaint.may_be_handed_out());
}
