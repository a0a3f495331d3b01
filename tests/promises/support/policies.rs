//! Codes of practice under which what is issued counts as told.
//!
//! Most promises are about other things than whether a text has reached the customer: the services of the tests trust another
//! system to deliver. Those about delivery serve the built-in policies as they are ([`Service::delivering`](super::service::Service)).

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::LazyLock,
};

use redress::{
    calendar::CalendarBook,
    policy::{Policy, PolicyBook},
};

const JIVE: &str = include_str!("../../../policies/ca-jive.toml");

/// The text of a policy, under which what is issued counts as told.
pub(crate) fn trusting(text: &str) -> String {
    format!("told = \"issued\"\n{text}")
}

/// A folder with the policy of the built-in brand, which trusts.
pub(crate) fn trusting_dir() -> &'static Path {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        // One for every process: each writes the same text, and none reads what another one is writing.
        let name = format!("trusting-policies-{}", process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("ca-jive.toml"), trusting(JIVE)).expect("a file");
        folder
    });
    &FOLDER
}

/// The policy of the built-in brand, which trusts.
pub(crate) fn trusting_policy() -> Policy {
    let calendars = CalendarBook::builtin().expect("the built-in calendars");
    parsed(&calendars)
}

fn parsed(calendars: &CalendarBook) -> Policy {
    let policy = Policy::parse("ca-jive.toml", &trusting(JIVE), calendars);
    policy.expect("the built-in policy")
}

/// The built-in policies, of which that of the built-in brand trusts.
pub(crate) fn trusting_book(calendars: &CalendarBook) -> PolicyBook {
    let mut book = PolicyBook::builtin(calendars).expect("the built-in policies");
    let refused = book.take_up(vec![parsed(calendars)]);
    assert_eq!(refused, []);
    book
}
